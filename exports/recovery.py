"""Releases that nobody writes although somebody should: their worker fell silent, or their job was lost."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from exports.models import Release

MOST_CLAIMS = 5
"""Workers that may fall silent over one release before it is taken for the cause."""

LOST = timedelta(minutes=1)
"""After how long a job is taken for lost. A job too many does no harm: the release can be claimed only once."""


@transaction.atomic
def free_silent(*, now: datetime) -> None:
    """Let other workers have the releases whose worker let its lease run out."""
    silent = Release.objects.silent(now=now)
    nobody = {"token": None, "lease_until": None, "rows_done": 0}
    silent.filter(claims__gte=MOST_CLAIMS).update(
        status=Release.Status.FAILED, failure="worker-lost", finished_at=now, **nobody
    )
    silent.update(status=Release.Status.REQUESTED, queued_at=None, **nobody)


@transaction.atomic
def take_without_job(*, now: datetime) -> list[Release]:
    """Return requested releases that need a (new) job, marked as queued now: two sweeps never return the same one."""
    lost = Release.objects.requested().filter(Q(queued_at=None) | Q(queued_at__lt=now - LOST))
    taken = list(lost.order_by("requested_at").select_for_update(skip_locked=True))
    Release.objects.filter(pk__in=[release.pk for release in taken]).update(queued_at=now)
    return taken
