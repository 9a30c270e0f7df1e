"""What a report is made of: sections of tables, each with its unit, numbers of people, and a plot. Knows no Django."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, isinf
from typing import Any

from pluralism.resampling import Estimate
from pluralism.two_way import Interval

Cell = str | int | float | None

NOTHING = "–"
DECIMALS = 3
CSV_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Dots:
    """A plot of a table: one line each, a dot with its interval, and beside it what chance gives."""

    value: str
    """Columns of the table."""
    low: str = ""
    high: str = ""
    null: str = ""
    """What chance, or no effect, would give: a column, or a number."""
    labels: Sequence[str]
    only: tuple[str, Cell] | None = None
    """A column and what stands in it where a row is drawn; None: all are."""
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Map:
    """A plot of a table on two axes: points with names."""

    x: str
    y: str
    label: str
    kind: str
    """A column with at most four different texts; each gets a mark of its own."""
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures with their names."""

    key: str
    """Of the CSV file: letters and dashes."""
    title: str
    about: str
    """What the figures are: unit, base, what chance gives, what they rest on."""
    columns: list[str]
    rows: list[list[Cell]]
    plot: Dots | Map | None = None

    def column(self, name: str) -> list[Cell]:
        """Return what stands under a name."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def drawn(self) -> list[int]:
        """Return the numbers of the rows that the plot shows."""
        only = self.plot.only if isinstance(self.plot, Dots) else None
        return [row for row in range(len(self.rows)) if only is None or self.column(only[0])[row] == only[1]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One subject: tables, or why there are none."""

    key: str
    title: str
    text: list[str]
    tables: list[Table] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What is not reported, and why."""


def marked(text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, and whether each stood between backticks: names of columns and the like."""
    return [(piece, number % 2 == 1) for number, piece in enumerate(text.split("`")) if piece]


def between(interval: Interval) -> list[Cell]:
    """Return both ends of an interval, as cells."""
    return [None, None] if interval is None else [interval[0], interval[1]]


def estimated(estimate: Estimate | None) -> list[Cell]:
    """Return a value and both ends of its interval, as cells."""
    return [None, None, None] if estimate is None else [estimate.value, estimate.low, estimate.high]


def shown(value: Cell, column: str = "") -> str:
    """Return a cell as people read it; p values below a thousandth are not told apart."""
    if value is None or (isinstance(value, float) and value != value):
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if isinf(value):
        return "∞"
    if re.match(r"p\b", column) and value < 0.001:
        return "< 0.001"
    return f"{value:.{DECIMALS}f}".replace("-", "\N{MINUS SIGN}") if round(value, DECIMALS) else f"{0:.{DECIMALS}f}"


def exact(value: Cell) -> Any:
    """Return a cell as files hold it: rounded to a stated precision, so that the same release gives the same bytes."""
    if not isinstance(value, float):
        return "" if value is None else value
    if not isfinite(value):
        return "" if value != value else "inf"
    # Adding nothing takes the sign from a zero.
    return f"{round(value, CSV_DECIMALS) + 0.0:.{CSV_DECIMALS}f}"
