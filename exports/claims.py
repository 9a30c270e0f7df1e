"""Who writes what: a release or a shard is claimed with a token and a lease, renewed while the writing goes on."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F, QuerySet
from django.utils import timezone

from exports.models import Release, Shard

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a claim stands without being renewed."""

RENEWED_EVERY = 2.0
"""Seconds between two renewals; each also tells how far the writing is."""


class ClaimLost(Exception):
    """What was claimed was given to another worker, or is not wanted any more."""


@dataclass(kw_only=True)
class Claim:
    """The right to do one thing, as long as the token stands in its row."""

    row: QuerySet[Any]
    """The row, under any token."""
    pk: int
    token: uuid.UUID
    rows_done: int | None = None
    """Told with every renewal, of shards."""
    lost: threading.Event = field(default_factory=threading.Event)

    def standing(self) -> QuerySet[Any]:
        """Return the row, if the claim still stands: an update of it counts 1 or 0."""
        return self.row.filter(token=self.token)

    def progress(self, done: int) -> None:
        """Note how far the writing is.

        :raises ClaimLost: if it is of no use any more.
        """
        self.rows_done = done
        self.check()

    def check(self) -> None:
        """Find out whether the writing is still of use.

        :raises ClaimLost: if it is not.
        """
        if self.lost.is_set():
            raise ClaimLost

    def renew(self, *, now: datetime) -> None:
        """Extend the lease and tell how far the writing is, or find that the claim is lost."""
        told = {} if self.rows_done is None else {"rows": self.rows_done}
        if not self.standing().update(lease_until=now + LEASE, **told):
            self.lost.set()


def claim_to_plan(*, release_id: int, now: datetime) -> Claim | None:
    """Take a release whose shards are to be laid out; None if it is not to be had (any more)."""
    return _take(Release.objects.requested().filter(pk=release_id), status=Release.Status.PLANNING, now=now)


def claim_to_finish(*, release_id: int, now: datetime) -> Claim | None:
    """Take a release all of whose shards are written; None if it is not to be had (any more)."""
    return _take(Release.objects.all_parts_written().filter(pk=release_id), status=Release.Status.FINISHING, now=now)


def claim_shard(*, release_id: int, now: datetime) -> Claim | None:
    """Take one of a release's shards that nobody writes; None if there is none (any more)."""
    wanted = Shard.objects.requested().filter(release=release_id)
    # Whoever is beaten to one looks for the next.
    while pk := wanted.order_by("pk").values_list("pk", flat=True).first():
        if held := _take(wanted.filter(pk=pk), status=Shard.Status.WRITING, now=now):
            return held
    return None


def _take(wanted: QuerySet[Any], *, status: str, now: datetime) -> Claim | None:
    token = uuid.uuid4()
    pk = wanted.values_list("pk", flat=True).first()
    if pk is None or not wanted.filter(pk=pk).update(
        status=status, token=token, lease_until=now + LEASE, claims=F("claims") + 1
    ):
        return None
    is_shard = wanted.model is Shard
    return Claim(row=wanted.model._default_manager.filter(pk=pk), pk=pk, token=token, rows_done=0 if is_shard else None)


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
