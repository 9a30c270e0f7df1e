"""python -m benchmarks.pages [--write]: what annotators' pages weigh and how soon they answer, in a real Chromium.

Starts a demo of its own, comes in as an annotator in three scripts on a phone of 360 px, and measures what Lighthouse
does, by the browser's own observers: first and largest paint, layout shift, blocked time, and from each interaction to
the next paint with the processor slowed down four times; then the same pages at 400 kbit/s and 400 ms (decision 58).
With --write the tables go into docs/benchmarks.md.

Reach: a first page under 100 kB, the largest paint under 1 s on loopback, interactions under 100 ms, a step under 30 kB
(all but the second on any machine).
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from docs import walks
from docs.screenshots import demo
from tests import chromium

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
TITLE = "## Pages of annotators (`python -m benchmarks.pages`)"
LANGUAGES = ("en", "hi", "ar")
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
SLOWDOWN = 4
SLOW_NETWORK = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}

OBSERVE = """
window.figures = {first: 0, largest: 0, shift: 0, blocked: 0, slowest: 0};
const watch = (type, each, more) => new PerformanceObserver(list => list.getEntries().forEach(each))
    .observe({type, buffered: true, ...more});
watch('paint', entry => { if (entry.name === 'first-contentful-paint') figures.first = entry.startTime });
watch('largest-contentful-paint', entry => { figures.largest = entry.startTime });
watch('layout-shift', entry => { if (!entry.hadRecentInput) figures.shift += entry.value });
watch('longtask', entry => { figures.blocked += Math.max(0, entry.duration - 50) });
watch('event', entry => {
    if (entry.interactionId) figures.slowest = Math.max(figures.slowest, entry.duration);
}, {durationThreshold: 16});
"""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)))"
SETTLED = """() => { window.settled = new Promise(
    done => addEventListener('htmx:afterSettle', () => done(performance.now()), {once: true})) }"""

HEAD = (
    "A phone of 360 px in Chromium, nothing cached, the demo on the same two cores; programs that wanted a core at the"
    " end: {load:.0f}.\nPaints are counted from the navigation."
)
PAGES = "page | kB (reach 100) | kB again | first paint ms | largest paint ms (reach 1,000) | shift | blocked ms"
TURN = (
    "One turn with the processor slowed down four times: milliseconds from an interaction to the next paint (reach"
    " 100),\nwhat the answer moves (reach 30 kB), and seconds until the next step is there at 400 kbit/s and 400 ms."
)
TURNS = "language | choosing | typing | sending | kB | next step s, slow network"
FAR = "page, first visit at 400 kbit/s and 400 ms | first paint s | largest paint s"


@dataclass(frozen=True)
class Looked:
    """A page as it came: times in milliseconds since the navigation, weights in bytes as they were moved."""

    name: str
    first: float
    largest: float
    shift: float
    blocked: float
    bytes: int
    requests: int
    bytes_again: int


@dataclass(frozen=True)
class Step:
    """One turn: the slowest interactions in milliseconds, what was moved, and how long it takes on a slow network."""

    language: str
    choosing: float
    typing: float
    sending: float
    bytes: int
    slow_seconds: float


class Moved:
    """Counts what a page moves over the network, as the browser says."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.sizes: list[int] = []
        self.session.on("Network.loadingFinished", lambda event: self.sizes.append(int(event["encodedDataLength"])))

    def since(self) -> tuple[int, int]:
        """Return bytes and requests since this was last asked."""
        found = sum(self.sizes), len(self.sizes)
        self.sizes.clear()
        return found


# ---- coming in ------------------------------------------------------------------------------------------------------
@contextmanager
def opened(browser: Browser, state: Any = None) -> Iterator[Page]:
    """Open a page in a browser with nothing in its cache, signed in where `state` says so."""
    context = browser.new_context(**PHONE, storage_state=state)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    context.add_init_script(OBSERVE)
    yield context.new_page()
    context.close()


def come_in(browser: Browser, site: str, language: str) -> tuple[Any, str]:
    """Come in as a new annotator and go to the first task with given answers; return what signs in, and its address."""
    with opened(browser) as page:
        walks.come_in(page, site, language)
        walks.begin_next(page)
        walks.find_answers_of_people(page)
        return page.context.storage_state(), page.url


# ---- looking --------------------------------------------------------------------------------------------------------
def look(browser: Browser, state: Any, address: str, name: str, *, slow: bool = False) -> Looked:
    """Load a page with nothing cached, and once more with what may be kept."""
    with opened(browser, state) as page:
        moved = Moved(page)
        if slow:
            moved.session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        page.goto(address, wait_until="networkidle")
        page.evaluate(PAINTED)
        figures = page.evaluate("figures")
        size, requests = moved.since()
        page.goto(address, wait_until="networkidle")
        return Looked(
            name,
            figures["first"],
            figures["largest"],
            figures["shift"],
            figures["blocked"],
            size,
            requests,
            moved.since()[0],
        )


def work(browser: Browser, state: Any, address: str, language: str) -> Step:
    """Choose, say why and send with a slow processor; then write the next message on a slow network."""
    with opened(browser, state) as page:
        moved = Moved(page)
        page.goto(address, wait_until="networkidle")
        moved.session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        choosing = slowest(page, lambda: choose_some(page))
        because = walks.WORDS[language].because
        typing = slowest(page, lambda: page.locator("#id_explanation").press_sequentially(because))
        moved.since()
        page.evaluate(SETTLED)
        sending = slowest(page, lambda: page.locator("form.compare button.button").tap())
        page.evaluate("settled")
        size = moved.since()[0]
        moved.session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        return Step(language, choosing, typing, sending, size, seconds_on_a_slow_network(page))


def choose_some(page: Page) -> None:
    """Choose one answer after the other."""
    for place in (0, 2, 1):
        page.locator(".ballot label").nth(place).tap()


def slowest(page: Page, act: Callable[[], object]) -> float:
    """Return the longest time from an interaction to the next paint while something is done; 0: under 16 ms."""
    page.evaluate("figures.slowest = 0")
    act()
    page.evaluate(PAINTED)
    return float(page.evaluate("figures.slowest"))


def seconds_on_a_slow_network(page: Page) -> float:
    """Return how long it takes from a tap until the next step is there."""
    page.evaluate(SETTLED)
    buttons = page.locator("#write .button, .done .button")
    if page.locator("#id_message").count():
        page.fill("#id_message", "…?")
    before = page.evaluate("performance.now()")
    buttons.first.tap()
    return float(page.evaluate("settled") - before) / 1000


# ---- writing it down ------------------------------------------------------------------------------------------------
def table(head: str, rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    columns = head.split(" | ")
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(fast: list[Looked], slow: list[Looked], steps: list[Step]) -> str:
    """Return the section of the document."""
    kilo = [
        [
            each.name,
            f"{each.bytes / 1000:.0f} in {each.requests}",
            f"{each.bytes_again / 1000:.0f}",
            f"{each.first:.0f}",
            f"{each.largest:.0f}",
            f"{each.shift:.3f}",
            f"{each.blocked:.0f}",
        ]
        for each in fast
    ]
    far = [[each.name, f"{each.first / 1000:.1f}", f"{each.largest / 1000:.1f}"] for each in slow]
    turns = [
        [
            each.language,
            *(_interaction(one) for one in (each.choosing, each.typing, each.sending)),
            f"{each.bytes / 1000:.0f}",
            f"{each.slow_seconds:.1f}",
        ]
        for each in steps
    ]
    parts = [
        TITLE,
        HEAD.format(load=os.getloadavg()[0]),
        table(PAGES, kilo),
        TURN,
        table(TURNS, turns),
        table(FAR, far),
    ]
    return "\n\n".join(parts) + "\n"


def _interaction(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if milliseconds else "under 16"


def put(section: str) -> None:
    """Put the section into the document, in the place of the one that is there."""
    text = DOCUMENT.read_text(encoding="utf-8")
    there = re.compile(re.escape(TITLE) + r".*?(?=\n## |\Z)", re.DOTALL)
    if there.search(text):
        text = there.sub(lambda _found: section, text)
    else:
        text = text.replace("\n## Demo model", f"\n{section}\n## Demo model")
    DOCUMENT.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description="Measure annotators' pages in Chromium.")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    write = parser.parse_args().write
    program = chromium.find() or sys.exit(chromium.MISSING)
    fast, slow, steps = [], [], []
    with demo() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        for language in LANGUAGES:
            state, address = come_in(browser, site, language)
            pages = {f"task ({language})": address, f"overview ({language})": f"{site}/tasks/"}
            fast += [look(browser, state, each, name) for name, each in pages.items()]
            slow += [look(browser, state, each, name, slow=True) for name, each in pages.items()]
            steps.append(work(browser, state, address, language))
        browser.close()
    section = written(fast, slow, steps)
    sys.stdout.write(section)
    if write:
        put(section)


if __name__ == "__main__":
    main()
