"""Sets written ahead of time: a few at a time, what is needed first before the rest, held back and counted.

Any number of them may be asked for: they are rows, and only a few at a time become jobs. So Redis stays small, a pause
holds at once, and a person who waits always finds a free thread, also in a worker that takes more jobs than it runs.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q

from sampling.models import Batch, CandidateSet, CandidateSetQuerySet, Recipe
from sampling.queues import queue_of

Status = CandidateSet.Status

# The number has no meaning; it differs from those of other advisory locks.
_TAKING = 7_203_114_566

# For each batch and recipe, found by going from one to the next in the index (https://wiki.postgresql.org/wiki/
# Loose_indexscan), the first few sets that wait: as quick with a million of them as with ten.
_NEXT = """
WITH RECURSIVE lane AS (
  (SELECT batch_id, recipe_id FROM sampling_candidateset
   WHERE status = 'requested' AND batch_id IS NOT NULL AND queued_at IS NULL
   ORDER BY batch_id, recipe_id LIMIT 1)
  UNION ALL
  SELECT following.batch_id, following.recipe_id FROM lane CROSS JOIN LATERAL (
    SELECT batch_id, recipe_id FROM sampling_candidateset
    WHERE status = 'requested' AND batch_id IS NOT NULL AND queued_at IS NULL
      AND (batch_id, recipe_id) > (lane.batch_id, lane.recipe_id)
    ORDER BY batch_id, recipe_id LIMIT 1) AS following
)
SELECT waiting.* FROM lane
JOIN sampling_batch AS batch ON batch.id = lane.batch_id AND batch.paused_at IS NULL
CROSS JOIN LATERAL (
  SELECT id, recipe_id, urgent, rank, requested_at FROM sampling_candidateset AS one
  WHERE status = 'requested' AND batch_id IS NOT NULL AND queued_at IS NULL
    AND one.batch_id = lane.batch_id AND one.recipe_id = lane.recipe_id
  ORDER BY rank, requested_at, id LIMIT %s) AS waiting
ORDER BY waiting.rank, waiting.requested_at, waiting.id
"""


@transaction.atomic
def take_next(*, now: datetime) -> list[CandidateSet]:
    """Return the sets that workers are to be given now, marked as queued: on each queue as many as have room."""
    with connection.cursor() as cursor:
        # What is at work is counted and then added to: whoever else does so waits for this transaction to end.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TAKING])
    at_work = _at_work()
    taken = []
    for candidate_set in CandidateSet.objects.raw(_NEXT, [settings.AHEAD_AT_ONCE]).prefetch_related("recipe"):
        queue = queue_of(candidate_set.recipe.says)
        if at_work[queue] < settings.AHEAD_AT_ONCE:
            at_work[queue] += 1
            taken.append(candidate_set)
    CandidateSet.objects.filter(pk__in=[one.pk for one in taken]).update(queued_at=now)
    return taken


def _at_work() -> Counter[str]:
    """Return how many sets that nobody waits for are queued or being written, by queue."""
    queued = Q(status=Status.REQUESTED, queued_at__isnull=False)
    at_work = CandidateSet.objects.written_ahead().filter(queued | Q(status=Status.GENERATING))
    counted = dict(at_work.values_list("recipe").annotate(Count("pk")))
    queues: Counter[str] = Counter()
    for recipe in Recipe.objects.filter(pk__in=counted):
        queues[queue_of(recipe.says)] += counted[recipe.pk]
    return queues


@transaction.atomic
def pause(*, batch: Batch, now: datetime) -> None:
    """Give none of its sets to workers; what is being written is written to its end."""
    Batch.objects.filter(pk=batch.pk, paused_at=None).update(paused_at=now)
    # Jobs that are under way find a paused batch and leave; their places are free for others.
    CandidateSet.objects.requested().filter(batch=batch).exclude(queued_at=None).update(queued_at=None)


def resume(*, batch: Batch) -> None:
    """Let its sets be written again, from where it was held back."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=None)


# ---- how far it is --------------------------------------------------------------------------------------------------
RATE_OVER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far sets are that are written ahead of time."""

    ready: int
    waiting: int
    being_written: int
    failed: dict[str, int]
    """How many failed, by the code of the reason."""
    per_minute: float
    """Sets that came to an end per minute, over the last ten minutes or since the first of these was begun."""

    @property
    def left(self) -> int:
        """How many are still to be written."""
        return self.waiting + self.being_written

    @property
    def seconds_left(self) -> float | None:
        """How long that takes at this rate; None where nothing is left or nothing was written lately."""
        return 60 * self.left / self.per_minute if self.left and self.per_minute else None


def figures(*, candidate_sets: CandidateSetQuerySet, now: datetime) -> Figures:
    """Return how far these sets are; the number of queries does not depend on how many there are."""
    sets: Counter[str] = Counter()
    failed: dict[str, int] = {}
    for status, failure, counted in candidate_sets.values_list("status", "failure").annotate(Count("pk")):
        sets[status] += counted
        if status == Status.FAILED:
            failed[failure] = counted
    return Figures(
        ready=sets[Status.READY],
        waiting=sets[Status.REQUESTED],
        being_written=sets[Status.GENERATING],
        failed=failed,
        per_minute=_per_minute(candidate_sets, now),
    )


def _per_minute(candidate_sets: CandidateSetQuerySet, now: datetime) -> float:
    # Imported sets were never claimed.
    lately = candidate_sets.filter(finished_at__gt=now - RATE_OVER, finished_at__lte=now, claimed_at__isnull=False)
    ended = lately.aggregate(sets=Count("pk"), begun=Min("claimed_at"))
    if not ended["sets"]:
        return 0.0
    minutes = min(RATE_OVER, now - ended["begun"]) / timedelta(minutes=1)
    return float(ended["sets"] / minutes) if minutes else 0.0
