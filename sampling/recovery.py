"""Sets that nobody writes although somebody should: their worker fell silent, or their job was lost with the broker."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from sampling.models import CandidateSet

MOST_CLAIMS = 5
"""Workers that may fall silent over one set before it is taken for the cause."""

AT_ONCE = 500
"""Jobs sent again per sweep: a broker that lost ten thousand is filled in portions."""

LOST_WITH_EMPTY_QUEUE = timedelta(seconds=5)
LOST_WHILE_SOMEBODY_WAITS = timedelta(seconds=30)
LOST = timedelta(hours=1)
"""After how long a job is taken for lost. A job too many does no harm: the set can be claimed only once."""


@transaction.atomic
def free_silent(*, now: datetime) -> None:
    """Let other workers have the sets whose worker let its lease run out."""
    silent = CandidateSet.objects.silent(now=now)
    nobody = {"token": None, "lease_until": None, "decoded_tokens": 0}
    silent.filter(claims__gte=MOST_CLAIMS).update(
        status=CandidateSet.Status.FAILED, failure="worker-lost", finished_at=now, **nobody
    )
    silent.update(status=CandidateSet.Status.REQUESTED, queued_at=None, **nobody)


@transaction.atomic
def take_without_job(*, now: datetime, queue_is_empty: bool) -> list[CandidateSet]:
    """Return requested sets that need a (new) job, marked as queued now: two sweeps never return the same one."""
    lost = Q(queued_at=None) | Q(queued_at__lt=now - LOST)
    lost |= Q(urgent=True, queued_at__lt=now - LOST_WHILE_SOMEBODY_WAITS)
    if queue_is_empty:
        lost |= Q(queued_at__lt=now - LOST_WITH_EMPTY_QUEUE)
    found = CandidateSet.objects.requested().filter(lost).select_related("recipe").order_by("-urgent", "requested_at")
    taken = list(found.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
    CandidateSet.objects.filter(pk__in=[one.pk for one in taken]).update(queued_at=now)
    return taken
