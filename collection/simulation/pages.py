"""Reading the page of a task: by searching for what its templates write, as a whole parse costs more than the request.

What is searched for stands in templates/collection/annotating; a test holds both together.
"""

import html
import re
from dataclasses import dataclass
from enum import Enum

from collection.simulation.browser import Page

COMPARE = re.compile(rb'action="(/turns/\d+/compare/)"')
MESSAGE = re.compile(rb'action="(/tasks/\d+/message/)"')
END = re.compile(rb'action="(/tasks/\d+/end/)"')
NEXT = re.compile(rb'action="(/tasks/next/)"')
RETRY = re.compile(rb'action="(/turns/\d+/retry/)"')
AHEAD = re.compile(rb'hx-post="(/tasks/ahead/)"')
DRAFT = re.compile(rb'data-draft="(/tasks/\d+/draft/)"')
LOOK = re.compile(rb'hx-get="(/turns/\d+/progress/)"')
KEY = re.compile(rb'name="key" value="([0-9a-f-]{36})"')
TURN_NUMBER = re.compile(rb'data-turn-number="(\d+)"')
PLACE = re.compile(rb'id="choice-(\d+)"')
NONE = b'id="choice-none"'
ANSWER = re.compile(
    r'<article class="candidate".*?<div class="prose plain"[^>]*>(.*?)</div>\s*<(?:footer|fieldset class="acceptable")',
    re.DOTALL,
)
BESIDE = re.compile(rb'name="(strength|better|acceptable_\d)"')
SAID = re.compile(r'<div class="prose" lang="[^"]*" dir="auto">(.*?)</div>', re.DOTALL)
_MARKUP = re.compile(r"<[^>]*>")


class Step(Enum):
    """What a task's page asks for."""

    COMPARE = "compare"
    WAIT = "wait"
    WRITE = "write"
    FAILED = "failed"
    DONE = "done"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Form:
    """Where the step's form is sent, and the key that makes sending it twice the same as once."""

    action: str
    key: str


def step(page: Page) -> Step:
    """Return what the page asks for."""
    body = page.body
    for kind, mark in (
        (Step.COMPARE, COMPARE),
        (Step.WAIT, LOOK),
        (Step.FAILED, RETRY),
        (Step.WRITE, MESSAGE),
        (Step.DONE, NEXT),
    ):
        if mark.search(body):
            return kind
    return Step.OTHER


def asked_beside(page: Page) -> set[str]:
    """Return the fields for what may be said beside a choice."""
    return {name.decode() for name in BESIDE.findall(page.body)}


def compare_form(page: Page) -> Form:
    """Return the form of a page whose step is to compare."""
    return Form(action=address(page, COMPARE), key=_found(page, KEY))


def message_form(page: Page) -> Form:
    """Return the form of a page whose step is to write."""
    return Form(action=address(page, MESSAGE), key=_found(page, KEY))


def places(page: Page) -> list[int]:
    """Return the places that can be chosen."""
    return sorted({int(place) for place in PLACE.findall(page.body)})


def none_allowed(page: Page) -> bool:
    """Whether "none of these" can be chosen."""
    return NONE in page.body


def address(page: Page, kind: re.Pattern[bytes]) -> str:
    """Return an address of this kind on the page; empty where there is none."""
    return _found(page, kind)


def answers(page: Page) -> list[str]:
    """Return the texts of the answers, in the order of the screen, without markup."""
    return [plain(text) for text in ANSWER.findall(page.text())]


def said(page: Page) -> list[str]:
    """Return what was said in the conversation so far, the message that is to be answered last."""
    before, _sign, _after = page.text().partition('<fieldset class="choosing"')
    return [plain(text) for text in SAID.findall(before)]


def plain(markup: str) -> str:
    """Return what a piece of a page says, without markup and with single spaces."""
    return " ".join(html.unescape(_MARKUP.sub(" ", markup)).split())


def _found(page: Page, kind: re.Pattern[bytes]) -> str:
    found = kind.search(page.body)
    return found[1].decode() if found else ""
