"""What leaves: releases, and the numbers under which people and conversations are published."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotators.models import Annotator, Consent
from collection.models import Study, Task, User
from exports.reasons import sentence
from exports.simulated import named
from sampling.models import CandidateSet


def csv_beside_parquet() -> list[str]:
    """Return the kinds of files that a release has beside Parquet where nobody asked for others."""
    return ["csv"]


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: User) -> "ReleaseQuerySet":
        """Restrict to releases of studies this researcher works on."""
        return self.filter(study__in=Study.objects.visible_to(user))

    def requested(self) -> "ReleaseQuerySet":
        return self.filter(status=Release.Status.REQUESTED)

    def silent(self, *, now: datetime) -> "ReleaseQuerySet":
        """Restrict to releases whose worker let its lease run out."""
        return self.filter(status=Release.Status.RUNNING, lease_until__lt=now)

    def held_with(self, token: str) -> "ReleaseQuerySet":
        return self.filter(status=Release.Status.RUNNING, token=token)


class Release(models.Model):
    """A job that writes a dataset, and its versioned, checksummed result."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("waiting")  # a worker may claim it
        RUNNING = "running", _("being written")  # claimed: token and lease say by whom and how long
        DONE = "done", _("ready")  # the folder is complete; its manifest was written last
        FAILED = "failed", _("failed")  # `failure` says why

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="releases")
    version = models.PositiveIntegerField()
    formats = models.JSONField(default=list)
    # The kinds of files it has beside Parquet: "csv", "jsonl".
    beside_parquet = models.JSONField(default=csv_beside_parquet)
    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    # What was recorded after this moment is left to the next release. Kept when a release is begun again.
    snapshot_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # How often a worker has begun: claims, not completions.
    claims = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    # A code of exports.reasons.
    failure = models.CharField(max_length=40, blank=True)
    failure_detail = models.TextField(blank=True)
    # What MANIFEST.json says: files with sizes and checksums, row counts, configuration and its hash.
    manifest = models.JSONField(null=True, blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="releases_of_a_study_are_numbered"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(manifest__isnull=False), name="a_finished_release_has_a_manifest"
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(token__isnull=False, lease_until__isnull=False),
                name="a_release_being_written_has_a_token_and_a_lease",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(failure=""), name="a_failed_release_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.study} {self.version}"

    @property
    def is_withheld(self) -> bool:
        """Whether somebody in it has withdrawn since, or keeps more to themselves: it is not given to anybody."""
        return self.people.no_longer_agreeing().exists()

    @property
    def is_done(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def has_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def is_under_way(self) -> bool:
        """Whether something will still happen to it by itself."""
        return self.status in (self.Status.REQUESTED, self.Status.RUNNING)

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0

    @property
    def failure_sentence(self) -> str:
        return sentence(self.failure)

    @property
    def folder(self) -> Path:
        """Where the finished files are. Named by number alone: no text that somebody wrote becomes a path."""
        return Path(settings.RELEASES_DIR) / str(self.pk)

    @property
    def manifest_name(self) -> str:
        """What the manifest is called in the folder."""
        return named("MANIFEST.json", simulated=self.study.is_dry_run)

    @property
    def files(self) -> list[dict[str, Any]]:
        """The files that the manifest lists: name, bytes, sha256."""
        return list(self.manifest["files"]) if self.manifest else []

    @property
    def tables(self) -> list[tuple[str, int]]:
        """The tables, and how many lines each has."""
        return sorted(self.manifest["rows"].items()) if self.manifest else []

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file["bytes"] for file in self.files)


class ReleasedPersonQuerySet(models.QuerySet["ReleasedPerson"]):
    def no_longer_agreeing(self) -> "ReleasedPersonQuerySet":
        """Restrict to people who do not agree any more to what was published of them."""
        agreeing = Consent.objects.in_force().filter(annotator=models.OuterRef("annotator"), publication=True)
        verbatim = Q(verbatim=False) | models.Exists(agreeing.filter(verbatim=True))
        return self.exclude(models.Exists(agreeing) & verbatim)


class ReleasedPerson(models.Model):
    """Who is in a release, with how much: so that it is known what is to be taken back when they leave."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="people")
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="+")
    # Whether their own texts are in it.
    verbatim = models.BooleanField()
    # Lines that are theirs.
    conversations = models.PositiveIntegerField()
    turns = models.PositiveIntegerField()

    objects = ReleasedPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "annotator"], name="a_person_is_in_a_release_once"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} in {self.release}"


class PublishedAnnotator(models.Model):
    """The number under which a person appears in all releases of a study."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    # Kept when the person withdraws: their number must never be given to somebody else.
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "annotator"], name="a_person_has_one_number_per_study"),
            models.UniqueConstraint(fields=["study", "number"], name="published_annotators_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"annotator {self.number}"


class PublishedConversation(models.Model):
    """The number under which a task appears in all releases of its study."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="published_conversations_are_numbered")]

    def __str__(self) -> str:
        return f"conversation {self.number}"


class PublishedSet(models.Model):
    """The number under which a candidate set appears in all releases of its study."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    candidate_set = models.OneToOneField(CandidateSet, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="published_sets_are_numbered")]

    def __str__(self) -> str:
        return f"candidate set {self.number}"
