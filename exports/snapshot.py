"""One moment of the database: fixed, waited for, and read in one transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

GRACE = timedelta(seconds=0.5)
"""What a request does between looking at the clock and its first lock is over after this."""

PATIENCE = timedelta(minutes=3)

_WRITERS_FROM_BEFORE = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null and xact_start <= %s
"""


class StillWriting(Exception):
    """A transaction that began before the snapshot does not end."""


def settle(*, snapshot_at: datetime) -> None:
    """Wait for the transactions that began before the snapshot: what they write belongs to it.

    :raises StillWriting: if one of them does not end.
    """
    begun_until = snapshot_at + GRACE
    give_up_at = timezone.now() + PATIENCE
    while timezone.now() < begun_until or _writing(begun_until=begun_until):
        if timezone.now() > give_up_at:
            raise StillWriting
        time.sleep(0.05)


def _writing(*, begun_until: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS_FROM_BEFORE, [begun_until])
        return bool(cursor.fetchone()[0])


@contextmanager
def reading() -> Iterator[None]:
    """Read everything as it stands when the block is entered, whatever others write meanwhile."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
        yield
