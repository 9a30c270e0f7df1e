"""What a format is made of."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from collection.models import Study
from exports.records import Column
from exports.scope import Scope
from exports.tables import Encoding, Row

Along = Literal["conversations", "sets", "people"]
"""Along which numbers a table is cut into parts."""


class DoesNotFit(Exception):
    """A format cannot hold what a study collects: `reason` is a code of exports.reasons."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(kw_only=True)
class Tally:
    """What is counted while the rows pass by."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, what: str, value: str | None) -> None:
        """Count one more of a value."""
        self.counts.setdefault(what, Counter())[value or "not given"] += 1

    def of(self, what: str) -> dict[str, int]:
        """Return how often each value came, in alphabetical order."""
        return dict(sorted(self.counts.get(what, Counter()).items()))

    def include(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add what was counted in another part, as `as_json` gave it."""
        for what, values in counts.items():
            self.counts.setdefault(what, Counter()).update(values)

    def as_json(self) -> dict[str, dict[str, int]]:
        """Return everything that was counted, in alphabetical order."""
        return {what: self.of(what) for what in sorted(self.counts)}


@dataclass(frozen=True, kw_only=True)
class Table:
    """One published table: its columns, and where its rows come from."""

    name: str
    about: str
    columns: list[Column]
    along: Along
    """Along which numbers it is cut into parts."""
    rows: Callable[[Scope, Tally], Iterator[Row]]
    """The lines of the part that the scope is, by these numbers."""
    total: Callable[[Scope], int]
    """About how many rows there will be in all, for the progress bar. Is asked with the scope of the whole release."""
    rows_per_batch: int
    fresh: bool = False
    """Whether its lines count what others did, so that every release writes them anew."""
    written_as: tuple[Encoding, ...] = ("parquet", "csv")
    """The kinds of its files: Parquet, and what a release has beside it."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A way to publish a study."""

    name: str
    about: Any
    """What it is for, in the language of the page."""
    tables: tuple[Table, ...]
    why_not: Callable[[Study], str | None] = lambda study: None
    """Why a study does not fit into it: a code of exports.reasons, or nothing."""
