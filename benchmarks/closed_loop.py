"""Annotators as the web server sees them: "next", the page, the choice sent, and again; each waits for every answer.

What is sent and read is what a browser with scripts sends and reads: the session and CSRF cookies, the form's hidden
fields, htmx's header with a choice. Pages are searched for the few fields that matter, not parsed, because whoever
makes the load runs on the same cores as who bears it.
"""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import aiohttp

CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
KEY = re.compile(rb'name="key" value="([0-9a-f-]{36})"')
TURN = re.compile(rb'action="(/turns/(\d+)/compare/)"')
PLACES = re.compile(rb'name="choice"\s+id="choice-(\d)"')
EXPLANATION = "It says what to do first and why, and leaves me free to choose."


@dataclass
class Log:
    """What the clients saw."""

    next_seconds: list[float] = field(default_factory=list)
    """From asking for another task until its page was there."""
    submit_seconds: list[float] = field(default_factory=list)
    """From sending a choice until the answer was there."""
    requests: int = 0
    accepted: list[int] = field(default_factory=list)
    """The turns whose choice the server said it has."""
    errors: list[str] = field(default_factory=list)


async def work(
    *, site: str, links: Sequence[str], seconds: float, think_seconds: float = 0.0, seed: int = 0, warm_up: float = 2.0
) -> Log:
    """Let one annotator per return link work for so long; return what they saw after the warm-up.

    :param think_seconds: the mean of an exponential pause before each request; 0: none.
    """
    log = Log()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(site, connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        people = [_Person(session, log, think_seconds, random.Random(f"{seed} {link}")) for link in links]
        await asyncio.gather(*(person.come(link) for person, link in zip(people, links, strict=True)))
        begun = time.monotonic()
        until = begun + warm_up + seconds
        await asyncio.gather(*(person.work(counts_from=begun + warm_up, until=until) for person in people))
    return log


class _Person:
    def __init__(self, session: aiohttp.ClientSession, log: Log, think_seconds: float, rng: random.Random) -> None:
        self.session, self.log, self.think_seconds, self.rng = session, log, think_seconds, rng
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    async def come(self, link: str) -> None:
        """Sign in by the return link."""
        status, where, page = await self._ask("GET", link)
        found = CSRF.search(page)
        if found is None:
            raise RuntimeError(f"{link} led to {where} with {status}, which has no form.")
        self.csrf = found[1].decode()

    async def work(self, *, counts_from: float, until: float) -> None:
        """Take tasks until the time is over."""
        while time.monotonic() < until:
            await self._think()
            started = time.monotonic()
            status, where, page = await self._ask("POST", "/tasks/next/", {}, htmx=True)
            found = [pattern.search(page) for pattern in (TURN, KEY, CSRF)]
            if not all(found):
                self.log.errors.append(f"next: {status} at {where}")
                return
            if started >= counts_from:
                self.log.next_seconds.append(time.monotonic() - started)
            action, key, csrf = (match[1].decode() for match in found if match)
            self.csrf = csrf
            await self._think()
            started = time.monotonic()
            choice = self.rng.choice(PLACES.findall(page)).decode()
            sent = {"key": key, "choice": choice, "explanation": EXPLANATION}
            status, where, page = await self._ask("POST", action, sent, htmx=True)
            if status != 200 or b"/tasks/next/" not in page:
                self.log.errors.append(f"compare: {status} at {where}")
                return
            self.log.accepted.append(int(action.split("/")[2]))
            if started >= counts_from:
                self.log.submit_seconds.append(time.monotonic() - started)

    async def _think(self) -> None:
        if self.think_seconds:
            await asyncio.sleep(self.rng.expovariate(1 / self.think_seconds))

    async def _ask(
        self, method: str, path: str, form: dict[str, str] | None = None, *, htmx: bool = False
    ) -> tuple[int, str, bytes]:
        """Ask as a browser does, redirects followed; return the status, the address reached and the body."""
        data = {"csrfmiddlewaretoken": self.csrf, **form} if form is not None else None
        while True:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if htmx:
                headers |= {"HX-Request": "true", "X-CSRFToken": self.csrf}
            self.log.requests += 1
            async with self.session.request(
                method, path, data=data, headers=headers, allow_redirects=False
            ) as response:
                body = await response.read()
                for line in response.headers.getall("Set-Cookie", ()):
                    self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
                if response.status != 302:
                    return response.status, path, body
                method, path, data = "GET", response.headers["Location"], None
