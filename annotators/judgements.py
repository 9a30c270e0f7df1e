"""What was decided about a person's standing, by a rule or by a researcher, and what the person says to it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StandingChange(models.Model):
    """One decision about a person. Machines flag or pause; everything else takes a researcher (decision 55)."""

    class Kind(models.TextChoices):
        FLAGGED = "flagged", _("flagged")  # a rule was hit: a researcher should look; the person goes on
        PAUSED = "paused", _("paused")  # no new tasks until a researcher has looked
        RESUMED = "resumed", _("let go on")  # a researcher has looked; misses are counted anew from here
        ENDED = "ended", _("ended")  # a researcher gives the person no more tasks, for good

    class Rule(models.TextChoices):
        NONE = "", _("a researcher decided")
        ATTENTION = "attention", _("attention checks missed")
        REPEAT = "repeat", _("other choices when asked again")
        TIMING = "timing", _("faster than others in the same language on the same kind of device")

    annotator = models.ForeignKey("annotators.Annotator", on_delete=models.CASCADE, related_name="standing_changes")
    kind = models.CharField(max_length=10, choices=Kind)
    rule = models.CharField(max_length=10, choices=Rule, blank=True)
    # What the rule counted: {"missed": 2, "of": 5}.
    numbers = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # In the person's language. What a rule has to say is said by the page.
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(by=None) & ~Q(rule="")) | (Q(by__isnull=False) & Q(rule="")),
                name="a_rule_or_a_researcher_decides",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(kind__in=["flagged", "paused"]), name="machines_flag_or_pause"
            ),
            models.CheckConstraint(
                condition=Q(by=None) | ~Q(kind__in=["paused", "ended"]) | ~Q(reason=""),
                name="who_stops_a_person_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} {self.kind} {self.rule}"


class Appeal(models.Model):
    """What a person says to being paused or ended."""

    annotator = models.ForeignKey("annotators.Annotator", on_delete=models.CASCADE, related_name="appeals")
    text = models.TextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    # A researcher's answer, in the person's language.
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator"], condition=Q(answered_at=None), name="one_open_appeal_each")
        ]

    def __str__(self) -> str:
        return f"appeal of {self.annotator_id}"
