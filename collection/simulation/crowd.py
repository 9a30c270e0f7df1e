"""A crowd at work: everybody at the same time, or so many at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collection.simulation.browser import Browser, LeadsElsewhere, NothingAnswers, Timing, connected
from collection.simulation.person import Person
from collection.simulation.visit import Diary, Pace, Visit

WayIn = Callable[[Person], str]
"""Returns the path of the link by which a person comes in."""


class NobodyGetsIn(Exception):
    """The site lets nobody in: `reason` is no-answer, other-database or refused, `detail` says where."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason} {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(kw_only=True)
class Work:
    """What a crowd did: one diary for each person, in their order, and every request."""

    diaries: list[Diary] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    seconds: float = 0.0


async def work(
    people: Sequence[Person],
    *,
    site: str,
    way_in: WayIn,
    pace: Pace | None = None,
    at_once: int | None = None,
    told: Callable[[Diary], object] = lambda diary: None,
) -> Work:
    """Let people come in and stay until each of them is done.

    :param at_once: The most people on the site at a time; None: all.
    :param told: Is told of everybody who is done.
    :raises NobodyGetsIn: if nothing answers at the site, or it does not know the link.
    """
    done = Work(diaries=[Diary(person=person) for person in people])
    clock = asyncio.get_running_loop().time
    room = asyncio.Semaphore(at_once or max(1, len(people)))
    async with connected(site, done.timings.append) as connections:
        if people:
            await _try(Browser(connections), way_in(people[0]))
            done.timings.clear()

        async def visit(diary: Diary) -> None:
            async with room:
                told(await Visit(diary.person, connections, pace=pace or Pace(), diary=diary).run(way_in(diary.person)))

        started = clock()
        await asyncio.gather(*(visit(diary) for diary in done.diaries))
        done.seconds = clock() - started
    return done


async def _try(browser: Browser, path: str) -> None:
    """Look at a link without going in.

    :raises NobodyGetsIn: if that is of no use.
    """
    site = browser.connections.site
    try:
        page = await browser.get(path, named="try")
    except (NothingAnswers, LeadsElsewhere):
        raise NobodyGetsIn("no-answer", site) from None
    if page.status == 404:
        raise NobodyGetsIn("other-database", site)
    if not page.is_shown:
        raise NobodyGetsIn("refused", f"{site}: {page.status}")
