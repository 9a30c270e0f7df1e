"""Following sets while they are written: one look at the database per second for all pages that wait, per process.

Everything here runs in the event loop of a web process. Whoever waits holds no thread and no connection; the look
borrows one of each for a moment.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from sampling import intake

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
LONGEST_SECONDS = 60.0
"""Then a page asks anew, so that nothing is followed for ever by who is gone."""

MOST = 300
"""Pages that one process tells at a time; the others ask again and again themselves."""

MOST_EACH = 4
"""Pages of one person among them."""

Stand = tuple[str, int]
"""Status of a set, and its position among those that wait for a worker (0: it does not wait)."""


class Lookout:
    """Looks for all who follow, once for all of them, and only while somebody does."""

    def __init__(self) -> None:
        self._sets: Counter[int] = Counter()
        self._people: Counter[int] = Counter()
        self._look: asyncio.Task[dict[int, Stand]] | None = None

    def has_room_for(self, person: int) -> bool:
        """Whether one more page of this person can be told."""
        return self._people.total() < MOST and self._people[person] < MOST_EACH

    @property
    def followers(self) -> int:
        """How many pages are told at this moment."""
        return self._people.total()

    async def follow(self, candidate_set: int, *, person: int, known: Stand) -> AsyncIterator[Stand | None]:
        """Yield where a set stands whenever that has changed, from what is known; None where nothing has.

        Ends by itself when time is up, and at once where there is no room.
        """
        if not self.has_room_for(person):
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_SECONDS
        with self._counted(candidate_set, person):
            while loop.time() < until:
                stand = (await self._next_look()).get(candidate_set, known)
                yield stand if stand != known else None
                known = stand

    @contextmanager
    def _counted(self, candidate_set: int, person: int) -> Iterator[None]:
        self._sets[candidate_set] += 1
        self._people[person] += 1
        try:
            yield
        finally:
            # Without a rest: what counts nothing is not to stay.
            self._sets = +(self._sets - Counter([candidate_set]))
            self._people = +(self._people - Counter([person]))

    async def _next_look(self) -> dict[int, Stand]:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_after_a_while())
        # One who goes away takes nothing from the others.
        return await asyncio.shield(self._look)

    async def _look_after_a_while(self) -> dict[int, Stand]:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        return await sync_to_async(_look, thread_sensitive=False)(list(self._sets))


def _look(candidate_sets: list[int]) -> dict[int, Stand]:
    try:
        return intake.where_they_stand(candidate_sets=candidate_sets)
    except DatabaseError:
        # It may be back at the next look; meanwhile nothing has changed for anybody.
        logger.warning("Sets that people wait for could not be looked at.", exc_info=True)
        return {}
    finally:
        connection.close()


LOOKOUT = Lookout()
