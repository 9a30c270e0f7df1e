"""Sets that nobody writes although somebody should: their worker fell silent, or their job was lost with the broker."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from sampling.models import CandidateSet, CandidateSetQuerySet, Recipe
from sampling.queues import queue_of

MOST_CLAIMS = 5
"""Workers that may fall silent over one set before it is taken for the cause."""

AT_ONCE = 500
"""Jobs sent again per sweep: a broker that lost ten thousand is filled in portions."""

LOST_WITH_EMPTY_QUEUE = timedelta(seconds=5)
LOST_WITH_FEWER_JOBS_THAN_SETS = timedelta(seconds=30)
"""After how long a job is taken for lost. With fewer jobs than sets some may be in the memory of a worker that is busy,
or that died. A job too many does no harm: the set can be claimed only once."""


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
def take_without_job(*, now: datetime, jobs_waiting: Mapping[str, int]) -> list[CandidateSet]:
    """Return sets that need a (new) job, marked as queued now: two sweeps never return the same one.

    `jobs_waiting` says how many jobs each queue holds. Sets that are written ahead of time are given their first job by
    `sampling.batches`, here only another one.
    """
    found = _need_a_job().filter(Q(queued_at=None) | _lost(now, jobs_waiting)).order_by("-urgent", "requested_at")
    taken = list(found.select_related("recipe").select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
    CandidateSet.objects.filter(pk__in=[one.pk for one in taken]).update(queued_at=now)
    return taken


def _need_a_job() -> CandidateSetQuerySet:
    return CandidateSet.objects.requested().filter(Q(batch=None) | Q(queued_at__isnull=False))


def _lost(now: datetime, jobs_waiting: Mapping[str, int]) -> Q:
    """Return which sets have lost their job, as far as the lengths of the queues tell."""
    counted = dict(_need_a_job().exclude(queued_at=None).values_list("recipe").annotate(Count("pk")))
    recipes: dict[str, list[int]] = {}
    for recipe in Recipe.objects.filter(pk__in=counted):
        recipes.setdefault(queue_of(recipe.says), []).append(recipe.pk)
    lost = Q(pk__in=())
    for queue, pks in recipes.items():
        jobs = jobs_waiting.get(queue, 0)
        if jobs < sum(counted[pk] for pk in pks):
            patience = LOST_WITH_FEWER_JOBS_THAN_SETS if jobs else LOST_WITH_EMPTY_QUEUE
            lost |= Q(recipe__in=pks, queued_at__lt=now - patience)
    return lost
