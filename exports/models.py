"""What leaves: releases, and the numbers under which people and conversations are published."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.timesince import timeuntil
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

    def under_way(self) -> "ReleaseQuerySet":
        return self.filter(status__in=UNDER_WAY)

    def all_parts_written(self) -> "ReleaseQuerySet":
        """Restrict to releases that only need their manifest."""
        undone = Shard.objects.filter(release=models.OuterRef("pk")).exclude(status=Shard.Status.DONE)
        return self.filter(~models.Exists(undone), status=Release.Status.WRITING)

    def silent(self, *, now: datetime) -> "ReleaseQuerySet":
        """Restrict to releases whose worker let its lease run out."""
        return self.filter(status__in=HELD, lease_until__lt=now)

    def with_progress(self) -> "ReleaseQuerySet":
        """Add how many rows are written, in shards that were carried over and in others."""
        return self.annotate(
            rows_done=_sum_of_shards(Shard.objects.all()),
            rows_carried=_sum_of_shards(Shard.objects.filter(carried=True)),
        )


def _sum_of_shards(shards: "models.QuerySet[Shard]") -> Coalesce:
    sums = shards.filter(release=models.OuterRef("pk")).order_by().values("release").annotate(all=Sum("rows"))
    return Coalesce(models.Subquery(sums.values("all"), output_field=models.BigIntegerField()), 0)


class Release(models.Model):
    """A job that writes a dataset, and its versioned, checksummed result."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("waiting")  # a worker may claim it
        PLANNING = "planning", _("being prepared")  # claimed: people and numbers are fixed, shards laid out
        WRITING = "writing", _("being written")  # its shards are claimed one by one, by as many workers as there are
        FINISHING = "finishing", _("being finished")  # claimed: all shards are there, the manifest is written last
        DONE = "done", _("ready")  # the folder is complete; its manifest was written last
        FAILED = "failed", _("failed")  # `failure` says why
        CANCELLED = "cancelled", _("cancelled")  # somebody did not want it any more

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="releases")
    # Counts all releases of the study; part of their addresses.
    version = models.PositiveIntegerField()
    # Releases of one line call people and conversations by the same numbers: 1.0, 1.1, then 2.0 with fresh ones.
    line = models.PositiveIntegerField(default=1)
    place = models.PositiveIntegerField(default=0)
    formats = models.JSONField(default=list)
    # What was asked for beside the formats: kinds of files (exports.formats).
    options = models.JSONField(default=dict)
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
    # How often a worker has begun to plan or to finish it: claims, not completions.
    claims = models.PositiveSmallIntegerField(default=0)
    # When the first shard could be written.
    laid_out_at = models.DateTimeField(null=True, blank=True)
    rows_total = models.PositiveBigIntegerField(null=True, blank=True)
    # What happened to it, in order: {"at": …, "what": a code of exports.reasons, "who": a worker}.
    log = models.JSONField(default=list)
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
                condition=~Q(status__in=["planning", "finishing"]) | Q(token__isnull=False, lease_until__isnull=False),
                name="a_release_in_hand_has_a_token_and_a_lease",
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
        return self.status in UNDER_WAY

    @property
    def is_being_written(self) -> bool:
        return self.status in (self.Status.PLANNING, self.Status.WRITING, self.Status.FINISHING)

    @property
    def label(self) -> str:
        """What people call it: 1.0, 1.1, 2.0."""
        return f"{self.line}.{self.place}"

    @cached_property
    def rows_done(self) -> int:
        """Rows that are written. `with_progress` reads it for many releases at once."""
        return self.shards.aggregate(all=Coalesce(Sum("rows"), 0))["all"]

    @cached_property
    def rows_carried(self) -> int:
        """Rows of shards that an earlier release had written."""
        return self.shards.filter(carried=True).aggregate(all=Coalesce(Sum("rows"), 0))["all"]

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0

    @property
    def time_left_in_words(self) -> str:
        """For people who look at it now, in the language of the page; a minute at least. Empty while not known."""
        now = timezone.now()
        left = self.time_left(now=now)
        return "" if left is None else timeuntil(now + max(left, timedelta(minutes=1)), now)

    def time_left(self, *, now: datetime) -> timedelta | None:
        """Return how long the writing will take from now on, if it goes on as before; None while that is not known."""
        written = self.rows_done - self.rows_carried
        if self.status != self.Status.WRITING or not written or self.laid_out_at is None or self.rows_total is None:
            return None
        return (now - self.laid_out_at) * (max(0, self.rows_total - self.rows_done) / written)

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


UNDER_WAY = (
    Release.Status.REQUESTED,
    Release.Status.PLANNING,
    Release.Status.WRITING,
    Release.Status.FINISHING,
)
HELD = (Release.Status.PLANNING, Release.Status.FINISHING)


class ShardQuerySet(models.QuerySet["Shard"]):
    def requested(self) -> "ShardQuerySet":
        # No join: an update would look for its rows in a subquery then, and tell two workers that they won.
        being_written = Release.objects.filter(status=Release.Status.WRITING)
        return self.filter(status=Shard.Status.REQUESTED, release__in=being_written)

    def silent(self, *, now: datetime) -> "ShardQuerySet":
        """Restrict to shards whose worker let its lease run out."""
        return self.filter(status=Shard.Status.WRITING, lease_until__lt=now)


class Shard(models.Model):
    """A part of a table of a release: what one worker writes at a time."""

    class Status(models.TextChoices):
        REQUESTED = "requested"  # a worker may claim it, while its release is being written
        WRITING = "writing"  # claimed: token and lease say by whom and how long
        DONE = "done"  # its files are in the store

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="shards")
    table = models.CharField(max_length=40)
    # In the names of its files. Kept from release to release of a line, as are the numbers that it spans.
    number = models.PositiveIntegerField()
    along: Any = models.CharField(max_length=16)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    # What the card counts, as formats.table.Tally gives it.
    tally = models.JSONField(default=dict)
    # name, bytes, sha256 of each.
    files = models.JSONField(default=list)
    # Whether nothing changed in it since the release of the line before: its files are those.
    carried = models.BooleanField(default=False)

    objects = ShardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "table", "number"], name="shards_of_a_table_are_numbered"),
            models.CheckConstraint(
                condition=~Q(status="writing") | Q(token__isnull=False, lease_until__isnull=False),
                name="a_shard_being_written_has_a_token_and_a_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.number} of {self.release}"


class ReleasedPersonQuerySet(models.QuerySet["ReleasedPerson"]):
    def no_longer_agreeing(self) -> "ReleasedPersonQuerySet":
        """Restrict to people who do not agree any more to what was published of them."""
        agreeing = Consent.objects.in_force().filter(annotator=models.OuterRef("annotator"), publication=True)
        verbatim = Q(verbatim=False) | models.Exists(agreeing.filter(verbatim=True))
        # The first of what they agreed to, as scope.Person keeps it.
        sensitive = ~Q(says__agreed__0=True) | models.Exists(agreeing.filter(sensitive=True))
        return self.exclude(models.Exists(agreeing) & verbatim & sensitive)


class ReleasedPerson(models.Model):
    """Who is in a release, with how much: so that it is known what is to be taken back when they leave."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="people")
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="+")
    # Whether their own texts are in it.
    verbatim = models.BooleanField()
    # Everything that is published about them, as scope.Person takes it: fixed when the release is laid out.
    says = models.JSONField(default=dict)
    # Lines that are theirs.
    conversations = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)

    objects = ReleasedPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "annotator"], name="a_person_is_in_a_release_once"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} in {self.release}"


class BalancedConversation(models.Model):
    """A conversation in the balanced subset of a release."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="balanced")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    # Whether its item has at least ten people of the subset.
    of_ten = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "task"], name="a_conversation_is_balanced_once")]

    def __str__(self) -> str:
        return f"{self.task} in {self.release}"


class PublishedAnnotator(models.Model):
    """The number under which a person appears in all releases of a line."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    line = models.PositiveIntegerField(default=1)
    # Kept when the person withdraws: their number must never be given to somebody else.
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "line", "annotator"], name="a_person_has_one_number_per_line"),
            models.UniqueConstraint(fields=["study", "line", "number"], name="annotators_of_a_line_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"annotator {self.number}"


class PublishedConversation(models.Model):
    """The number under which a task appears in all releases of a line."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    line = models.PositiveIntegerField(default=1)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "line", "task"], name="a_task_has_one_number_per_line"),
            models.UniqueConstraint(fields=["study", "line", "number"], name="conversations_of_a_line_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.number}"


class PublishedSet(models.Model):
    """The number under which a candidate set appears in all releases of a line."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    line = models.PositiveIntegerField(default=1)
    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.PROTECT, related_name="published")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "line", "candidate_set"], name="a_set_has_one_number_per_line"),
            models.UniqueConstraint(fields=["study", "line", "number"], name="sets_of_a_line_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"candidate set {self.number}"
