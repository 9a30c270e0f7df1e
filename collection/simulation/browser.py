"""A browser without a screen: keeps cookies and the CSRF token, follows redirects within its site, times each request.

One `Browser` is one person's; any number of them share a `Connections`. A request costs the processor well below a
millisecond: cookies are kept by hand, addresses are not parsed twice, and bodies are handed on as they came.

    async with connected("http://127.0.0.1:8000", timings) as connections:
        browser = Browser(connections)
        page = await browser.get("/return/TOKEN/", named="sign in")
"""

from asyncio import timeout as seconds_at_most
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlencode, urljoin, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

MOST_REDIRECTS = 10

PATIENCE_SECONDS = 60.0
"""How long an answer may take."""

_TOKEN = b'name="csrfmiddlewaretoken" value="'


class NothingAnswers(Exception):
    """The site cannot be reached, or did not answer in time."""


class LeadsElsewhere(Exception):
    """A redirect goes to another site, or goes round in a circle."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One request: what it was for, how long it took in seconds, and the status (0: no answer)."""

    named: str
    seconds: float
    status: int


Told = Callable[[Timing], object]
"""Is told of every request."""


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    status: int
    path: str
    """Of the page that was shown in the end."""
    body: bytes
    seconds: float
    """From the first request to the last byte, redirects included."""

    @property
    def is_shown(self) -> bool:
        """Whether the server did what was asked."""
        return self.status < 400

    def text(self) -> str:
        """Return the page as text."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True)
class Connections:
    """Open connections to one site, used by any number of browsers."""

    site: str
    session: ClientSession
    told: Told


@asynccontextmanager
async def connected(site: str, told: Told) -> AsyncIterator[Connections]:
    """Give connections to a site (an address without a path); they are closed when the block is left."""
    waiting = ClientTimeout(total=None)
    connector = TCPConnector(limit=0, ttl_dns_cache=None)
    headers = {"User-Agent": "Counterpoint simulation", "Accept": "text/html", "Accept-Encoding": "identity"}
    async with ClientSession(
        connector=connector, timeout=waiting, headers=headers, cookie_jar=DummyCookieJar(), auto_decompress=False
    ) as session:
        yield Connections(site=site.rstrip("/"), session=session, told=told)


@dataclass(slots=True)
class Browser:
    """One person's browser."""

    connections: Connections
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    """The CSRF token of the page that was shown last."""

    async def get(self, path: str, *, named: str, part: bool = False) -> Page:
        """Go to a page; with `part`, ask as a script of the page does for a part of it.

        :raises NothingAnswers: if no answer came.
        """
        return await self._follow("GET", path, None, named=named, part=part)

    async def post(self, path: str, fields: Mapping[str, str], *, named: str, part: bool = False) -> Page:
        """Send a form, with the CSRF token of the last page.

        :raises NothingAnswers: if no answer came.
        """
        body = urlencode({"csrfmiddlewaretoken": self.token, **fields}).encode()
        return await self._follow("POST", path, body, named=named, part=part)

    async def _follow(self, method: str, path: str, body: bytes | None, *, named: str, part: bool) -> Page:
        started = perf_counter()
        for _hop in range(MOST_REDIRECTS):
            status, location, content = await self._send(method, path, body, named=named, part=part)
            if status in {301, 302, 303} and location:
                method, body, path = "GET", None, self._within_site(path, location)
                continue
            self._remember_token(content)
            return Page(status=status, path=path, body=content, seconds=perf_counter() - started)
        raise LeadsElsewhere(path)

    async def _send(
        self, method: str, path: str, body: bytes | None, *, named: str, part: bool
    ) -> tuple[int, str, bytes]:
        started, status = perf_counter(), 0
        try:
            async with (
                seconds_at_most(PATIENCE_SECONDS),
                self.connections.session.request(
                    method,
                    URL(self.connections.site + path, encoded=True),
                    data=body,
                    headers=self._headers(body, part),
                    allow_redirects=False,
                ) as answer,
            ):
                content = await answer.read()
                status = answer.status
                self._keep_cookies(answer.headers.getall("Set-Cookie", ()))
                return status, answer.headers.get("Location", ""), content
        except (ClientError, OSError, TimeoutError) as error:
            raise NothingAnswers(f"{path}: {type(error).__name__} {error}".rstrip()) from None
        finally:
            self.connections.told(Timing(named, perf_counter() - started, status))

    def _headers(self, body: bytes | None, part: bool) -> dict[str, str]:
        headers = {"Accept-Language": self.language}
        if self.cookies:
            headers["Cookie"] = "; ".join([f"{name}={value}" for name, value in self.cookies.items()])
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self.connections.site
        if part:
            headers["HX-Request"] = "true"
        return headers

    def _keep_cookies(self, lines: tuple[str, ...] | list[str]) -> None:
        for line in lines:
            pair, _sign, attributes = line.partition(";")
            name, _sign, value = pair.partition("=")
            if value.strip('"') and "max-age=0" not in attributes.lower():
                self.cookies[name.strip()] = value.strip()
            else:
                self.cookies.pop(name.strip(), None)

    def _within_site(self, path: str, location: str) -> str:
        here, there = urlsplit(self.connections.site), urlsplit(urljoin(self.connections.site + path, location))
        if there.netloc != here.netloc:
            raise LeadsElsewhere(location)
        return f"{there.path}?{there.query}" if there.query else there.path

    def _remember_token(self, content: bytes) -> None:
        start = content.rfind(_TOKEN)
        if start >= 0:
            start += len(_TOKEN)
            self.token = content[start : content.index(b'"', start)].decode()
