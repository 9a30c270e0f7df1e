"""A study as a YAML file: read it with the line of every fault, and write it back."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event

from collection.configuration import StudyFile
from collection.models import Study
from sampling.yaml_lines import line_of

MAXIMUM_CHARACTERS = 1_000_000
MAXIMUM_DEPTH = 30

SENTENCES: dict[str, str | Promise] = {
    "missing": _("is missing"),
    "extra_forbidden": _("is not known here; check the spelling"),
    "literal_error": _("must be one of {expected}"),
    "union_tag_invalid": _("has a kind that is not known; it must be one of {expected_tags}"),
    "union_tag_not_found": _("needs a kind"),
    "string_type": _("must be a text; put it in quotation marks"),
    "string_pattern_mismatch": _("must match {pattern}"),
    "string_too_short": _("must have at least {min_length} characters"),
    "string_too_long": _("must have at most {max_length} characters"),
    "int_type": _("must be a whole number"),
    "int_parsing": _("must be a whole number"),
    "int_from_float": _("must be a whole number"),
    "float_type": _("must be a number"),
    "float_parsing": _("must be a number"),
    "bool_type": _("must be true or false"),
    "bool_parsing": _("must be true or false"),
    "list_type": _("must be a list"),
    "dict_type": _("must be a table of names and entries"),
    "model_type": _("must be a table of names and entries"),
    "too_short": _("must have at least {min_length} entries"),
    "greater_than": _("must be above {gt}"),
    "greater_than_equal": _("must be at least {ge}"),
    "less_than": _("must be below {lt}"),
    "less_than_equal": _("must be at most {le}"),
}
"""What is wrong, by pydantic's type of error, in the words of somebody who writes a file."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file."""

    line: int
    """Counted from 1."""
    place: str
    """The path to the entry, such as `recipes.first.method`; empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        said = f"{self.place} {self.message}".strip()
        return gettext("Line {line}: {said}").format(line=self.line, said=said)


class StudyFileInvalid(Exception):
    """The file cannot be read as a study."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Document:
    """A study file that was read, and where its entries stand."""

    study: StudyFile
    raw: Any

    def with_model(self, model: str) -> "Document":
        """Return the document with another model in place of the one that each recipe's generator names."""
        content = self.study.model_dump(mode="json")
        for recipe in content["recipes"].values():
            if recipe and recipe["generator"]:
                recipe["generator"] |= {"model": model, "revision": None}
        return Document(study=StudyFile.model_validate(content), raw=self.raw)

    def line_of(self, *path: str | int) -> int:
        """Return the line of an entry, or of the nearest one above it that stands in the file."""
        return line_of(self.raw, path)


def read(text: str) -> Document:
    """Read a study file.

    :raises StudyFileInvalid: with every fault and its line.
    """
    raw = parse(text)
    if not isinstance(raw, dict):
        raise StudyFileInvalid([Fault(1, "", gettext("A study file is a table of names and entries."))])
    try:
        document = Document(study=StudyFile.model_validate(raw), raw=raw)
    except ValidationError as error:
        raise StudyFileInvalid(faults_of(error, raw)) from None
    if faults := _columns_without_a_question(document):
        raise StudyFileInvalid(faults)
    return document


def write(study: Study) -> str:
    """Return a study as the file that makes it."""
    content = {**study.asks.canonical(), "panel": study.panel.definition}
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(content, stream)
    return stream.getvalue()


def parse(text: str) -> Any:
    """Return what a YAML file of somebody else holds, with the lines of its entries.

    :raises StudyFileInvalid: if it is no YAML, or YAML that takes too long to unfold.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise StudyFileInvalid([Fault(1, "", gettext("The file is longer than a million characters."))])
    try:
        _check_events(YAML().parse(text))
        return YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyFileInvalid([_not_yaml(line, error.problem)]) from None
    # Numbers and dates that are none, such as 2001-02-31 or !!float five, raise what Python happens to raise.
    except (YAMLError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudyFileInvalid([_not_yaml(1, error)]) from None


def _check_events(events: Iterable[Event]) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        message = ""
        # Nested aliases make a small file unfold into an endless one; reading time grows with the square of the depth.
        if isinstance(event, AliasEvent):
            message = gettext("Aliases (*name) are not supported; write the entry out.")
        elif depth > MAXIMUM_DEPTH:
            message = gettext("The entries are nested too deeply.")
        elif "\0" in (getattr(event, "value", None) or ""):
            message = gettext("is empty or has a NUL character")
        if message:
            raise StudyFileInvalid([Fault(event.start_mark.line + 1, "", message)])


def _columns_without_a_question(document: Document) -> list[Fault]:
    asked = {question.key for question in document.study.panel.survey}
    return [
        Fault(
            line=document.line_of("columns", name, "question"),
            place=f"columns.{name}.question",
            message=gettext("is not a question of the survey"),
        )
        for name, column in document.study.columns.items()
        if column.question not in asked
    ]


def _not_yaml(line: int, problem: object) -> Fault:
    return Fault(line, "", gettext("This is not valid YAML: {problem}.").format(problem=problem))


def faults_of(error: ValidationError, raw: Any) -> list[Fault]:
    """Return what is wrong with the entries of a file, in words and with their lines.

    :param raw: What `parse` returned.
    """
    return [_fault(detail, raw) for detail in error.errors()]


def _fault(detail: ErrorDetails, raw: Any) -> Fault:
    path = _as_written(detail["loc"], raw)
    return Fault(line=line_of(raw, path), place=".".join(str(part) for part in path), message=message_of(detail))


def _as_written(path: Sequence[str | int], raw: Any) -> Sequence[str | int]:
    """Return a path up to where the file says something short: a number can stand for a table with a number in it."""
    entry: Any = raw
    path = list(path)
    for depth, part in enumerate(path):
        if not isinstance(entry, Mapping | list):
            return path[:depth]
        if isinstance(entry, Mapping) and part not in entry and part == entry.get("kind"):
            # Which of several kinds of entry it is stands in it, and not above it.
            return [*path[:depth], *_as_written(path[depth + 1 :], entry)]
        try:
            entry = entry[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return path
    return path


def message_of(detail: ErrorDetails) -> str:
    """Say what is wrong with an entry, in the reader's language."""
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        # Our own checks, which know no Django: ValueError(sentence) or ValueError(sentence, what to fill in).
        sentence, *filling = context["error"].args
        return gettext(sentence).format(**(filling[0] if filling else {}))
    sentence = SENTENCES.get(detail["type"])
    return str(sentence).format(**context) if sentence else detail["msg"]
