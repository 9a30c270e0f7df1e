"""Plots as SVG, drawn here: the same table gives the same bytes, letters of any script are set by whoever looks, marks
differ in shape and not in colour alone, and the numbers are told in words too. Knows no Django.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

from exports.reports.figures import Cell, Dots, Map, Table, shown

_ROW, _TOP, _AXIS = 48, 8, 60
_WIDTH, _MARGIN = 560, 18
_SIDE, _LEFT, _ABOVE = 430, 76, 28
_NAME_CHARACTERS = 44
_LETTER, _LINE = 9, 20
_TICKS = 5


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    step: float
    start: float
    """Where the axis begins, in pixels."""
    end: float

    def at(self, value: float) -> str:
        return f"{self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low):.1f}"

    def ticks(self) -> list[float]:
        return [self.low + number * self.step for number in range(round((self.high - self.low) / self.step) + 1)]

    def said(self, tick: float) -> str:
        decimals = max(0, -floor(log10(self.step) + 1e-9))
        return f"{tick if abs(tick) > self.step / 100 else 0:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def svg(table: Table) -> str:
    """Return a table's plot."""
    assert table.plot is not None
    return _map(table, table.plot) if isinstance(table.plot, Map) else _dots(table, table.plot)


def in_words(table: Table) -> str:
    """Return what a plot shows."""
    plot = table.plot
    if isinstance(plot, Map):
        lines = zip(*(table.column(name) for name in (plot.label, plot.x, plot.y)), strict=True)
        return "; ".join(f"{name}: {shown(x)} and {shown(y)}" for name, x, y in lines)
    assert plot is not None
    told = []
    for row in table.drawn():
        low, high = (_cell(table, name, row) for name in (plot.low, plot.high))
        within = f" ({shown(low)} to {shown(high)})" if low is not None and high is not None else ""
        told.append(f"{_label(table, plot, row)}: {shown(table.column(plot.value)[row])}{within}")
    return "; ".join(told)


def _label(table: Table, plot: Dots, row: int) -> str:
    return " · ".join(str(table.column(name)[row]) for name in plot.labels)


def _cell(table: Table, name: str, row: int) -> float | None:
    value = _number(name) if name and name not in table.columns else table.column(name)[row] if name else None
    return float(value) if isinstance(value, (int, float)) and isfinite(value) else None


def _number(text: str) -> float:
    return float(text)


def _scale(values: Iterable[float], bounds: tuple[float, float] | None, start: float, end: float) -> _Scale:
    known = list(values)
    low, high = bounds or (min([0.0, *known]), max([0.0, *known]))
    if low == high:
        high = low + 1
    rough = (high - low) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    return _Scale(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step, start, end)


def _dots(table: Table, plot: Dots) -> str:
    columns = [name for name in (plot.value, plot.low, plot.high, plot.null) if name]
    rows = table.drawn()
    found = [value for row in rows for name in columns if (value := _cell(table, name, row)) is not None]
    scale = _scale(found, plot.bounds, _MARGIN, _WIDTH - _MARGIN)
    height = _TOP + _ROW * len(rows) + _AXIS
    drawn = _axis(scale, height)
    drawn.append(f'<text class="tick" x="{_WIDTH // 2}" y="{height - 10}">{escape(plot.value)}</text>')
    for line, row in enumerate(rows):
        drawn += _dot(table, plot, row, line, scale)
    return _whole(table, drawn, _WIDTH, height)


def _axis(scale: _Scale, height: int) -> list[str]:
    bottom = height - _AXIS
    drawn = []
    for tick in scale.ticks():
        kind = "zero" if abs(tick) < scale.step / 100 else "grid"
        drawn.append(f'<line class="{kind}" x1="{scale.at(tick)}" x2="{scale.at(tick)}" y1="{_TOP}" y2="{bottom}"/>')
        drawn.append(f'<text class="tick" x="{scale.at(tick)}" y="{bottom + 22}">{scale.said(tick)}</text>')
    return drawn


def _dot(table: Table, plot: Dots, row: int, line: int, scale: _Scale) -> list[str]:
    y = _TOP + _ROW * line + 34
    name = _label(table, plot, row)
    short = name if len(name) <= _NAME_CHARACTERS else f"{name[: _NAME_CHARACTERS - 1]}…"
    drawn = [f'<text class="name" x="{_MARGIN + 6}" y="{y - 13}">{escape(short)}</text>']
    value, low, high, null = (_cell(table, each, row) for each in (plot.value, plot.low, plot.high, plot.null))
    if null is not None:
        drawn.append(f'<path class="null" d="M{scale.at(null)} {y - 9}v18"/>')
    if low is not None and high is not None:
        drawn.append(f'<line class="interval" x1="{scale.at(low)}" x2="{scale.at(high)}" y1="{y}" y2="{y}"/>')
    if value is not None:
        drawn.append(f'<circle class="dot" cx="{scale.at(value)}" cy="{y}" r="5"/>')
    return drawn


_SHAPES = (
    '<circle class="dot" cx="{x}" cy="{y}" r="5"/>',
    '<path class="mark" d="M{x} {y}m-6 0l6 -6l6 6l-6 6z"/>',
    '<path class="null" d="M{x} {y}m-5 -5l10 10m0 -10l-10 10"/>',
    '<path class="mark" d="M{x} {y}m-6 5h12l-6 -11z"/>',
)


def _map(table: Table, plot: Map) -> str:
    places = [table.column(name) for name in (plot.x, plot.y)]
    across = _scale(_known(places[0]), plot.bounds, _LEFT, _LEFT + _SIDE)
    up = _scale(_known(places[1]), plot.bounds, _ABOVE + _SIDE, _ABOVE)
    kinds = sorted({str(kind) for kind in table.column(plot.kind)})
    drawn = _grid(across, up, plot)
    taken: list[tuple[float, float, float]] = []
    marks = []
    for row in range(len(table.rows)):
        x, y = (_cell(table, name, row) for name in (plot.x, plot.y))
        if x is None or y is None:
            continue
        at = {"x": across.at(x), "y": up.at(y)}
        shape = _SHAPES[kinds.index(str(table.column(plot.kind)[row])) % len(_SHAPES)]
        name = str(table.column(plot.label)[row])
        drawn.append(_label_beside(float(at["x"]), float(at["y"]), name, taken))
        marks.append(shape.format(**at))
    # Above the names.
    drawn += marks
    below = _ABOVE + _SIDE + 72
    for number, kind in enumerate(kinds):
        y = below + 26 * number
        drawn += [_SHAPES[number % len(_SHAPES)].format(x=_LEFT, y=y), _text(_LEFT + 16, y + 5, kind)]
    return _whole(table, drawn, _WIDTH, below + 26 * len(kinds))


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}">{escape(text)}</text>'


def _label_beside(x: float, y: float, name: str, taken: list[tuple[float, float, float]]) -> str:
    """Return a name near its point, above or below it where no other name stands yet."""
    width = _LETTER * len(name)
    ends = x > _LEFT + _SIDE * 0.7
    left = x - 10 - width if ends else x + 10
    heights = (y + shift for step in range(len(taken) + 1) for shift in (-8 - _LINE * step, 18 + _LINE * step))
    free = next(
        height
        for height in heights
        if all(
            abs(height - other) >= _LINE or left + width < start or start + wide < left for start, wide, other in taken
        )
    )
    taken.append((left, width, free))
    anchor = ' text-anchor="end"' if ends else ""
    return f'<text x="{left + width if ends else left:.1f}" y="{free:.1f}"{anchor}>{escape(name)}</text>'


def _known(values: Sequence[Cell]) -> list[float]:
    return [float(value) for value in values if isinstance(value, (int, float)) and isfinite(value)]


def _grid(across: _Scale, up: _Scale, plot: Map) -> list[str]:
    drawn, bottom, right = [], _ABOVE + _SIDE, _LEFT + _SIDE
    for tick in across.ticks():
        kind, x = "zero" if abs(tick) < across.step / 100 else "grid", across.at(tick)
        drawn.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{_ABOVE}" y2="{bottom}"/>')
        drawn.append(f'<text class="tick" x="{x}" y="{bottom + 22}">{across.said(tick)}</text>')
    for tick in up.ticks():
        kind, y = "zero" if abs(tick) < up.step / 100 else "grid", up.at(tick)
        drawn.append(f'<line class="{kind}" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
        drawn.append(f'<text class="tick up" x="{_LEFT - 8}" y="{y}" dy="4">{up.said(tick)}</text>')
    middle = _ABOVE + _SIDE // 2
    drawn.append(f'<text class="tick" x="{_LEFT + _SIDE // 2}" y="{bottom + 46}">{escape(plot.x)}</text>')
    drawn.append(f'<text class="tick" transform="translate(18 {middle}) rotate(-90)">{escape(plot.y)}</text>')
    return drawn


def _whole(table: Table, drawn: Sequence[str], width: int, height: int) -> str:
    key = escape(table.key, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{key}-title {key}-words">\n'
        f'<title id="{key}-title">{escape(table.title)}</title>\n'
        f'<desc id="{key}-words">{escape(in_words(table))}</desc>\n' + "\n".join(drawn) + "\n</svg>"
    )
