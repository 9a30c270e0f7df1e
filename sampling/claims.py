"""Who writes a set: claimed with a token and a lease, renewed while the writing goes on.

The row owns the job. Two workers, a job delivered twice or a worker that comes back from the dead cannot both write it.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from sampling.models import Batch, CandidateSet, CandidateSetQuerySet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to write one set, as long as the token stands in its row."""

    candidate_set_id: int
    token: uuid.UUID

    def standing(self) -> CandidateSetQuerySet:
        """Return the set, if the claim still stands: an update of it counts 1 or 0."""
        return CandidateSet.objects.held_with(str(self.token)).filter(pk=self.candidate_set_id)

    def renew(self, *, decoded_tokens: int, now: datetime) -> bool:
        """Extend the lease; whether the claim still stood."""
        return bool(self.standing().update(lease_until=now + lease(), decoded_tokens=decoded_tokens))

    def hand_back(self) -> None:
        """Let somebody else write the set; as if this worker had never begun."""
        self.standing().update(
            status=CandidateSet.Status.REQUESTED,
            token=None,
            lease_until=None,
            queued_at=None,
            decoded_tokens=0,
            claims=F("claims") - 1,
        )


def lease() -> timedelta:
    """Return how long a claim stands without being renewed."""
    return timedelta(seconds=settings.CANDIDATE_LEASE_SECONDS)


def claim(*, candidate_set_id: int, worker: str, now: datetime) -> Claim | None:
    """Take a requested set; None if it is not to be had (any more), or held back with its batch."""
    token = uuid.uuid4()
    held_back = Batch.objects.exclude(paused_at=None)
    taken = CandidateSet.objects.requested().filter(pk=candidate_set_id).exclude(batch__in=held_back)
    won = taken.update(
        status=CandidateSet.Status.GENERATING,
        token=token,
        lease_until=now + lease(),
        claimed_at=now,
        worker=worker,
        decoded_tokens=0,
        claims=F("claims") + 1,
    )
    return Claim(candidate_set_id=candidate_set_id, token=token) if won else None


class Renewer:
    """One thread per process that renews all of its claims: one connection, however many sets are written at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Claim, Callable[[], int]] = {}
        self._thread: threading.Thread | None = None
        self._idle = threading.Event()

    @contextmanager
    def keeping(self, claim: Claim, *, decoded: Callable[[], int]) -> Iterator[None]:
        """Renew this claim until the block is left."""
        with self._lock:
            self._kept[claim] = decoded
            self._idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="renewer", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._kept[claim]
                if not self._kept:
                    self._idle.set()

    def _run(self) -> None:
        try:
            while self._goes_on():
                self._renew_all()
                self._idle.wait(timeout=settings.CANDIDATE_LEASE_SECONDS / 4)
        finally:
            connection.close()

    def _goes_on(self) -> bool:
        with self._lock:
            if not self._kept:
                self._thread = None
            return bool(self._kept)

    def _renew_all(self) -> None:
        with self._lock:
            kept = dict(self._kept)
        for held, decoded in kept.items():
            try:
                held.renew(decoded_tokens=decoded(), now=timezone.now())
            except Exception:
                # The other claims are renewed whatever is wrong with this one. The lease is longer than several
                # attempts; if the database stays away, the claim runs out rightly.
                logger.warning("A claim could not be renewed.", exc_info=True)
                connection.close()


RENEWER = Renewer()
