"""Dots with intervals on an axis, one row for each recipe.

Places are in per cent of the width, so that text keeps its size on a phone and in a file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi, gettext

from collection.comparison_tables import DIVERSE, SIDES, Row, Table
from collection.estimates import interval, isolated, number
from pluralism.resampling import Estimate

TEMPLATE = "collection/managing/_plot.html"
FILE_TEMPLATE = "collection/managing/plot.svg"

NAME_CHARACTERS = 28

_ROW, _TOP, _BOTTOM, _BETWEEN_MARKS = 46, 4, 26, 9
_LEFT, _WIDTH = 2.0, 96.0
_TICKS = 5


@dataclass(frozen=True)
class Mark:
    """An estimate, drawn."""

    side: str
    """What it is of: a key of SIDES, or "all" for all tries together."""
    y: int
    x: str
    low: str
    high: str
    """Ends of the interval; empty where it is not known."""


@dataclass(frozen=True)
class Line:
    """A recipe, drawn."""

    name: str
    y: int
    said: str
    """The figure as it is shown, in numbers."""
    marks: Sequence[Mark]
    floor: str
    """Where the lowest possible value is; empty where it is not known or below the axis."""


@dataclass(frozen=True)
class Tick:
    """A number on the axis."""

    x: str
    said: str
    anchor: str


@dataclass(frozen=True)
class Plot:
    """A figure of all recipes, drawn."""

    title: Any
    description: str
    height: int
    axis: int
    """Where the axis lies, from the top."""
    lines: Sequence[Line]
    ticks: Sequence[Tick]
    zero: str
    """Where zero is; empty where it is an end of the axis."""
    from_the_right: bool


@dataclass(frozen=True)
class _Scale:
    """From which number to which the axis goes, and in which steps."""

    low: float
    high: float
    step: float

    def at(self, value: float) -> str:
        return f"{_LEFT + _WIDTH * (value - self.low) / (self.high - self.low):.2f}%"

    def ticks(self) -> Iterable[Tick]:
        decimals = max(0, -floor(log10(self.step) + 1e-9))
        last = round((self.high - self.low) / self.step)
        for place in range(last + 1):
            anchor = "start" if place == 0 else "end" if place == last else "middle"
            value = self.low + place * self.step
            yield Tick(x=self.at(value), said=number(value, decimals), anchor=anchor)


def plot(table: Table) -> Plot:
    """Draw a table; places are per cent of the width and pixels from the top."""
    scale = _scale(table)
    lines = [_line(row, place, table, scale) for place, row in enumerate(table.rows)]
    axis = _TOP + _ROW * len(lines)
    return Plot(
        title=table.title,
        description=describe(table),
        height=axis + _BOTTOM,
        axis=axis,
        lines=lines,
        ticks=list(scale.ticks()),
        zero=scale.at(0) if scale.low < 0 < scale.high else "",
        from_the_right=get_language_bidi(),
    )


def as_file(table: Table) -> str:
    """Return the plot of a table as an SVG file of its own; the same table gives the same bytes."""
    return render_to_string(FILE_TEMPLATE, {"plot": plot(table), "id": "plot"})


def name_of(row: Row) -> str:
    """Return what stands for a row: the recipe, and which part of its answers if that is not all."""
    return (
        gettext("{recipe}, without ordinary answers").format(recipe=row.recipe) if row.part == DIVERSE else row.recipe
    )


def describe(table: Table) -> str:
    """Return a plot in words."""
    return "; ".join(_described(row, table) for row in table.rows)


def _described(row: Row, table: Table) -> str:
    parts = []
    for side, cell in row.cells.items():
        said = number(cell.estimate, table.decimals)
        between = interval(cell.estimate, table.decimals)
        whose = f"{SIDES[side]}: " if len(table.sides) > 1 else ""
        parts.append(f"{whose}{said} ({between})" if between else f"{whose}{said}")
    return f"{name_of(row)}: {', '.join(parts)}"


def _line(row: Row, place: int, table: Table, scale: _Scale) -> Line:
    top = _TOP + _ROW * place
    marks = []
    for number_of_mark, side in enumerate(table.sides):
        cell = row.cells.get(side)
        if cell and cell.estimate:
            y = top + 32 + _BETWEEN_MARKS * (number_of_mark * 2 - len(table.sides) + 1) // 2
            marks.append(_mark(cell.estimate, side or "all", y, scale))
    last = row.cells.get(table.sides[-1]) if table.sides else None
    lowest = last.beside.get("floor") if last else None
    return Line(
        name=_short(name_of(row)),
        y=top + 16,
        said=number(last.estimate if last else None, table.decimals),
        marks=marks,
        floor=scale.at(lowest) if isinstance(lowest, float) and lowest >= scale.low else "",
    )


def _short(name: str) -> str:
    """Return a name as it has room, its own signs kept together whichever way the page is read."""
    return isolated(name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…")


def _mark(estimate: Estimate, side: str, y: int, scale: _Scale) -> Mark:
    known = estimate.low is not None and estimate.high is not None
    return Mark(
        side=side,
        y=y,
        x=scale.at(estimate.value),
        low=scale.at(estimate.low or 0.0) if known else "",
        high=scale.at(estimate.high or 0.0) if known else "",
    )


def _scale(table: Table) -> _Scale:
    """Return an axis on which zero and all estimates with their intervals have their place."""
    if table.bounds:
        low, high = table.bounds
        return _Scale(low, high, _step(high - low))
    drawn = [0.0, *_drawn(table.rows)]
    low, high = min(drawn), max(drawn)
    step = _step(high - low) if low < high else 0.2
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return _Scale(first * step, (last if last > first else first + 5) * step, step)


def _drawn(rows: Iterable[Row]) -> Iterable[float]:
    for row in rows:
        for cell in row.cells.values():
            if cell.estimate:
                ends = (cell.estimate.value, cell.estimate.low, cell.estimate.high)
                yield from (end for end in ends if end is not None)


def _step(span: float) -> float:
    """Return a round number, of which about five fit into a span."""
    rough = span / _TICKS
    power = 10.0 ** floor(log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
