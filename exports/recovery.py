"""Releases that nobody writes although somebody should: their worker fell silent, or their job was lost."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from exports import storage
from exports.models import Release, Shard

MOST_CLAIMS = 5
"""Workers that may fall silent over one release before it is taken for the cause."""

LOST = timedelta(minutes=1)
"""After how long a job is taken for lost. A job too many does no harm: the release can be claimed only once."""

LATE = timedelta(minutes=10)
"""How long after its end a release may still get files of a worker that has not found out."""


@transaction.atomic
def free_silent(*, now: datetime) -> None:
    """Let other workers have what a worker held that let its lease run out."""
    nobody = {"token": None, "lease_until": None}
    shards, releases = Shard.objects.silent(now=now), Release.objects.silent(now=now)
    hopeless = Q(pk__in=releases.filter(claims__gte=MOST_CLAIMS)) | Q(
        pk__in=shards.filter(claims__gte=MOST_CLAIMS).values("release")
    )
    for release in Release.objects.under_way().filter(hopeless):
        end(release, Release.Status.FAILED, failure="worker-lost", now=now)
    shards.update(status=Shard.Status.REQUESTED, rows=0, **nobody)
    releases.filter(status=Release.Status.PLANNING).update(status=Release.Status.REQUESTED, queued_at=None, **nobody)
    releases.filter(status=Release.Status.FINISHING).update(status=Release.Status.WRITING, queued_at=None, **nobody)


@transaction.atomic
def take_without_job(*, now: datetime) -> list[Release]:
    """Return releases that need a (new) job, marked as queued now: two sweeps never return the same one."""
    open_shards = Shard.objects.requested().filter(release=OuterRef("pk"))
    finishable = Release.objects.all_parts_written().values("pk")
    wanted = Q(status=Release.Status.REQUESTED) | Exists(open_shards) | Q(pk__in=finishable)
    lost = Release.objects.filter(wanted).filter(Q(queued_at=None) | Q(queued_at__lt=now - LOST))
    taken = list(lost.order_by("requested_at").select_for_update(skip_locked=True))
    Release.objects.filter(pk__in=[release.pk for release in taken]).update(queued_at=now)
    return taken


@transaction.atomic
def end(release: Release, status: str, *, now: datetime, failure: str = "", detail: str = "") -> bool:
    """End a release that is under way, without a result; whether it was. Whoever writes a part of it soon finds out."""
    nobody = {"token": None, "lease_until": None}
    ended = Release.objects.under_way().filter(pk=release.pk)
    if not ended.update(status=status, failure=failure, failure_detail=detail, finished_at=now, **nobody):
        return False
    release.shards.filter(status=Shard.Status.WRITING).update(status=Shard.Status.REQUESTED, **nobody)
    return True


def clear_ended(*, now: datetime) -> int:
    """Delete what is in the store of releases that ended without a result; return of how many there was something.

    For a while it is looked for again: whoever still wrote a part finds out late, and a release that was being laid out
    has files and no shards.
    """
    late = Q(shards__isnull=False) | Q(finished_at__gt=now - LATE)
    ended = Release.objects.filter(late, status__in=[Release.Status.FAILED, Release.Status.CANCELLED])
    cleared = 0
    for release in ended.distinct():
        cleared += storage.store().delete_folder(str(release.pk))
        release.shards.all().delete()
    return cleared
