"""Who writes a release: claimed with a token and a lease, renewed while the writing goes on."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from exports.models import Release, ReleaseQuerySet

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a claim stands without being renewed."""

RENEWED_EVERY = 2.0
"""Seconds between two renewals; each also tells how far the writing is."""


class ClaimLost(Exception):
    """The release was given to another worker: this one was taken for dead."""


@dataclass(kw_only=True)
class Claim:
    """The right to write one release, as long as the token stands in its row."""

    release_id: int
    token: uuid.UUID
    rows_done: int = 0
    rows_total: int | None = None
    lost: threading.Event = field(default_factory=threading.Event)

    def standing(self) -> ReleaseQuerySet:
        """Return the release, if the claim still stands: an update of it counts 1 or 0."""
        return Release.objects.held_with(str(self.token)).filter(pk=self.release_id)

    def progress(self, done: int, total: int) -> None:
        """Note how far the writing is.

        :raises ClaimLost: if it is of no use any more.
        """
        self.rows_done, self.rows_total = done, total
        if self.lost.is_set():
            raise ClaimLost

    def renew(self, *, now: datetime) -> None:
        """Extend the lease and tell how far the writing is, or find that the claim is lost."""
        stands = self.standing().update(lease_until=now + LEASE, rows_done=self.rows_done, rows_total=self.rows_total)
        if not stands:
            self.lost.set()


def claim(*, release_id: int, now: datetime) -> Claim | None:
    """Take a requested release; None if it is not to be had (any more)."""
    token = uuid.uuid4()
    won = (
        Release.objects.requested()
        .filter(pk=release_id)
        .update(
            status=Release.Status.RUNNING, token=token, lease_until=now + LEASE, rows_done=0, claims=F("claims") + 1
        )
    )
    return Claim(release_id=release_id, token=token) if won else None


@contextmanager
def renewed(held: Claim) -> Iterator[None]:
    """Renew a claim until the block is left, from a thread with a connection of its own."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(held, over), name="renewer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(held: Claim, over: threading.Event) -> None:
    try:
        while not over.wait(RENEWED_EVERY) and not held.lost.is_set():
            try:
                held.renew(now=timezone.now())
            except DatabaseError:
                # The lease is longer than several attempts; if the database stays away, the claim runs out rightly.
                logger.warning("A claim could not be renewed.", exc_info=True)
                connection.close()
    finally:
        connection.close()
