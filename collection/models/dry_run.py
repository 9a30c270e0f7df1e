"""Dry runs: simulated people work through a copy of a study before anybody is paid."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collection.dry_run_reasons import sentence
from collection.models.study import Study, User


class DryRunQuerySet(models.QuerySet["DryRun"]):
    def visible_to(self, user: User) -> "DryRunQuerySet":
        """Restrict to those of studies that this researcher works on."""
        return self.filter(of__in=Study.objects.visible_to(user))

    def under_way(self) -> "DryRunQuerySet":
        return self.filter(state__in=[DryRun.State.REQUESTED, DryRun.State.RUNNING])

    def silent(self, *, now: datetime) -> "DryRunQuerySet":
        """Restrict to those whose worker let its lease run out."""
        return self.filter(state=DryRun.State.RUNNING, lease_until__lt=now)

    def held_with(self, token: str) -> "DryRunQuerySet":
        return self.filter(state=DryRun.State.RUNNING, token=token)


class DryRun(models.Model):
    """So many simulated people in a copy of a study, and what came of it."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("waiting")  # a worker may claim it
        RUNNING = "running", _("under way")  # claimed: token and lease say by whom and how long
        DONE = "done", _("finished")  # `result` says what came of it
        FAILED = "failed", _("failed")  # `failure` says why

    of = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="dry_runs")
    # The copy that the people work in; none before it is made.
    study = models.OneToOneField(Study, on_delete=models.PROTECT, null=True, blank=True, related_name="dry_run")
    people = models.PositiveIntegerField()
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    people_done = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # A code of collection.dry_run_reasons, with a detail after a space.
    failure = models.TextField(blank=True)
    # What collection.simulation.summary says, with the quotas and the overlap that were reached.
    result = models.JSONField(null=True, blank=True)

    objects = DryRunQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["of"], condition=Q(state__in=["requested", "running"]), name="one_dry_run_of_a_study_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(token__isnull=False, lease_until__isnull=False),
                name="a_dry_run_under_way_has_a_token_and_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result__isnull=False), name="a_finished_dry_run_has_a_result"
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="a_failed_dry_run_says_why"),
        ]

    def __str__(self) -> str:
        return f"dry run {self.pk} of {self.of}"

    @property
    def is_under_way(self) -> bool:
        """Whether something will still happen to it by itself."""
        return self.state in {self.State.REQUESTED, self.State.RUNNING}

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

    @property
    def has_failed(self) -> bool:
        return self.state == self.State.FAILED

    @property
    def failure_sentence(self) -> str:
        """Why it failed, in words."""
        return sentence(self.failure)

    @property
    def figures(self) -> dict[str, Any]:
        """What came of it; empty before its end."""
        return self.result or {}
