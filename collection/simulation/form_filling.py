"""Forms that nobody told us about: read from any page, and filled in as a person would.

Consent, surveys and whatever else comes between an invitation and a task: each field is met by what it is, so a new
question needs no change here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from collection.simulation import words
from collection.simulation.person import Person

NOT_SAID = "*"
"""The option of who prefers not to say."""

YEARS, SMALL_NUMBER = range(18, 91), range(11)


@dataclass
class Field:
    """One field: its name, its kind and what can be chosen."""

    name: str
    kind: str
    """Of HTML: hidden, radio, checkbox, select, text, textarea, number, range, email …"""
    value: str = ""
    options: list[str] = field(default_factory=list)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FoundForm:
    """One form of a page."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    is_dangerous: bool = False
    """Whether its button is one that is not pressed in passing."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self.links: list[str] = []
        self.return_link = ""
        self._form: FoundForm | None = None
        self._select: Field | None = None
        self._inside_main = False

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag == "main":
            self._inside_main = True
        elif self._inside_main:
            self._read(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._inside_main = False
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    def _read(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "form":
            self._form = FoundForm(action=attributes.get("action", ""), method=attributes.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "button" in attributes.get("class", "").split():
            self.links.append(attributes.get("href", ""))
        elif tag == "input" and attributes.get("id") == "return-link":
            self.return_link = attributes.get("value", "")
        elif self._form is not None:
            self._read_field(tag, attributes, self._form)

    def _read_field(self, tag: str, attributes: dict[str, str], form: FoundForm) -> None:
        name = attributes.get("name", "")
        if tag == "button":
            form.is_dangerous |= "danger" in attributes.get("class", "").split()
            if name and attributes.get("type", "submit") == "submit":
                form.fields.setdefault(name, Field(name, "hidden", attributes.get("value", "")))
        elif tag == "option" and self._select is not None:
            self._select.options.append(attributes.get("value", ""))
        elif tag in {"input", "select", "textarea"} and name and "disabled" not in attributes:
            self._add_field(tag, name, attributes, form)

    def _add_field(self, tag: str, name: str, attributes: dict[str, str], form: FoundForm) -> None:
        kind = attributes.get("type", "text") if tag == "input" else tag
        found = form.fields.setdefault(name, Field(name, kind, attributes.get("value", ""), attributes=attributes))
        if kind in {"radio", "checkbox"}:
            found.options.append(attributes.get("value", "on"))
        elif kind == "select":
            self._select = found


@dataclass(frozen=True)
class Read:
    """What a person can do on a page, beside reading it."""

    forms: list[FoundForm]
    links: list[str]
    """Of those that look like buttons."""
    return_link: str
    """The personal link that the page shows; empty where it shows none."""

    @property
    def form(self) -> FoundForm | None:
        """The first form that goes on, if there is one."""
        fitting = (form for form in self.forms if form.method == "post" and not form.is_dangerous)
        return next(fitting, None)


def read(markup: str) -> Read:
    """Return what can be done in the main part of a page."""
    reader = _Reader()
    reader.feed(markup)
    return Read(forms=reader.forms, links=reader.links, return_link=reader.return_link)


def fill(form: FoundForm, person: Person, *, attempt: int = 0) -> dict[str, str]:
    """Return what this person puts into the fields; from the second attempt on they leave nothing out.

    :param attempt: How often this form has been sent back.
    """
    filled = {name: _filled(each, person, attempt) for name, each in form.fields.items()}
    return {name: value for name, value in filled.items() if value is not None and name != "csrfmiddlewaretoken"}


def _filled(each: Field, person: Person, attempt: int) -> str | None:
    if each.kind == "hidden":
        return each.value
    if each.kind == "checkbox":
        may_leave_out = not attempt and "required" not in each.attributes
        return None if may_leave_out and person.does(person.temper.declines, "tick", each.name) else each.options[0]
    if each.kind in {"radio", "select"}:
        return _chosen(each, person, attempt)
    return _typed(each, person, attempt)


def _chosen(each: Field, person: Person, attempt: int) -> str | None:
    offered = [value for value in each.options if value not in {"", NOT_SAID}]
    if person.answers.get(each.name) in offered:
        return person.answers[each.name]
    declines = NOT_SAID in each.options and not attempt and person.does(person.temper.declines, "declines", each.name)
    if declines or not offered:
        return NOT_SAID if NOT_SAID in each.options else None
    return person.pick(sorted(offered), "answer", each.name)


def _typed(each: Field, person: Person, attempt: int) -> str:
    if each.name in person.answers:
        return person.answers[each.name]
    if each.kind in {"number", "range"} or each.attributes.get("inputmode") == "numeric":
        return str(_number(each, person))
    if each.kind == "email":
        return f"simulated-{person.number}@example.org"
    return words.reason(person, chosen="", occasion=each.name, sentences=1 + attempt)


def _number(each: Field, person: Person) -> int:
    usual = YEARS if re.search("age|year|birth", each.name) else SMALL_NUMBER
    low, high = (_whole(each.attributes.get(name)) for name in ("min", "max"))
    low = usual.start if low is None else low
    high = max(low, usual.stop - 1) if high is None else high
    return low + int(person.share("number", each.name) * (high - low + 1))


def _whole(text: Any) -> int | None:
    try:
        return int(float(text))
    except (TypeError, ValueError, OverflowError):
        return None
