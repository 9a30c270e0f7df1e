"""How the tables of a release are cut into parts that are written one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from collection.models import Study
from exports.formats import Table
from exports.formats.table import Along
from exports.models import PublishedAnnotator, PublishedConversation, PublishedSet
from exports.scope import Part

NUMBERS_PER_PART: dict[Along, int] = {"conversations": 10_000, "sets": 10_000, "people": 20_000}
"""How many numbers lie in one part: about a hundred megabytes of text."""

NUMBERED: dict[Along, Any] = {
    "conversations": PublishedConversation,
    "sets": PublishedSet,
    "people": PublishedAnnotator,
}


@dataclass(frozen=True, kw_only=True)
class TablePart:
    """A part of a table."""

    table: Table
    number: int
    """In the names of its files."""
    part: Part


def of(study: Study, tables: Sequence[Table], *, line: int = 1) -> list[TablePart]:
    """Return the parts of these tables; each table has at least one."""
    return [
        TablePart(table=table, number=number, part=part)
        for table in tables
        for number, part in enumerate(spans(table.along, until=latest(study, table.along, line=line)))
    ]


def latest(study: Study, along: Along, *, line: int) -> int:
    """Return the highest number given so far."""
    return NUMBERED[along].objects.filter(study=study, line=line).aggregate(latest=Max("number"))["latest"] or 0


def spans(along: Along, *, until: int, after: int = 0) -> Iterator[Part]:
    """Yield spans that hold the numbers after one and until another; one at least, if there was none before."""
    size = NUMBERS_PER_PART[along]
    for first in range(after + 1, until + 1, size) or ([1] if not after else []):
        yield Part(along=along, first=first, last=min(first + size - 1, until))
