"""What a format is made of."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from collection.models import Study
from exports.records import Column
from exports.scope import Scope
from exports.tables import Row


class DoesNotFit(Exception):
    """A format cannot hold what a study collects: `reason` is a code of exports.reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(kw_only=True)
class Tally:
    """What is counted while the rows pass by."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    of_people: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Lines that are one person's, by their primary key and the table."""

    def add(self, what: str, value: str | None) -> None:
        """Count one more of a value."""
        self.counts.setdefault(what, Counter())[value or "not given"] += 1

    def of(self, what: str) -> dict[str, int]:
        """Return how often each value came, in alphabetical order."""
        return dict(sorted(self.counts.get(what, Counter()).items()))


@dataclass(frozen=True, kw_only=True)
class Table:
    """One published table: its columns, and where its rows come from."""

    name: str
    about: str
    columns: list[Column]
    rows: Callable[[Scope, Tally], Iterator[Row]]
    total: Callable[[Scope], int]
    """About how many rows there will be, for the progress bar."""
    rows_per_batch: int


@dataclass(frozen=True, kw_only=True)
class Format:
    """A way to publish a study."""

    name: str
    tables: tuple[Table, ...]
    why_not: Callable[[Study], str | None]
    """Why a study does not fit into it: a code of exports.reasons, or nothing."""
