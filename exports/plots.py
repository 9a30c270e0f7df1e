"""The plots of the card: bars as SVG, the same figures the same bytes. Knows no Django."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from exports.markdown import one_line

WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM = 640, 220, 70, 34, 26, 14
BAR, MARK, INK, QUIET = "#3b6fb6", "#c2410c", "#1f2937", "#6b7280"


MOST_ROWS = 40
"""Strata that are drawn; the card's table has all."""


@dataclass(frozen=True)
class Bar:
    """One row of a plot."""

    name: str
    value: float
    said: str
    """The value as it is written."""
    mark: float | None = None
    """Where a line crosses the bar: what was wanted, or what chance would give."""


def of(said: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the plots of a release by name; those only that have something to show."""
    plots = {
        "people": bars(_title_of_people(said), people(said)),
        "places": bars("Choices by place on the screen; lines: all places alike", places(figures)),
        "agreement": bars("Items by pair agreement", agreement(figures)),
    }
    return {name: plot for name, plot in plots.items() if plot}


def _title_of_people(said: Mapping[str, Any]) -> str:
    if not said["quotas"]:
        return "People by country"
    some = f" (the first {MOST_ROWS} of {len(said['quotas'])})" if len(said["quotas"]) > MOST_ROWS else ""
    return f"People by stratum{some}; lines: how many were wanted"


def people(said: Mapping[str, Any]) -> list[Bar]:
    """Return how many people of each stratum answered, beside how many were wanted; without quotas, by country."""
    if said["quotas"]:
        drawn = said["quotas"][:MOST_ROWS]
        return [Bar(each["stratum"], each["people"], f"{each['people']:,}", each["wanted"]) for each in drawn]
    countries = said["people"]["annotator_country"]
    return [Bar(country, count, f"{count:,}") for country, count in countries.items()]


def places(figures: Mapping[str, Any]) -> list[Bar]:
    """Return how often the candidate in each place was chosen, beside an equal share."""
    counts = figures["comparisons"]["places"]
    total = sum(counts.values())
    return [
        Bar(f"place {place}", count, f"{count:,} ({100 * count / total:.1f} %)", total / len(counts))
        for place, count in counts.items()
    ]


def agreement(figures: Mapping[str, Any]) -> list[Bar]:
    """Return how many items have which pair agreement, in tenths."""
    found = figures["agreement"]
    if not found["items"]:
        return []
    return [
        Bar(f"{tenth / 10:.1f} to {(tenth + 1) / 10:.1f}", count, f"{count:,}")
        for tenth, count in enumerate(found["items_by_tenth"])
    ]


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Return a plot of horizontal bars; an empty text where there are none."""
    most = max((max(row.value, row.mark or 0) for row in rows), default=0)
    if not most:
        return ""
    height = TOP + ROW * len(rows) + BOTTOM
    described = "; ".join(f"{row.name}: {row.said}" for row in rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(described)}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" fill="{INK}" font-weight="600">{_text(title)}</text>',
    ]
    for place, row in enumerate(rows):
        lines += _bar(row, TOP + ROW * place, most)
    return "\n".join([*lines, "</svg>", ""])


def _bar(row: Bar, top: int, most: float) -> list[str]:
    room = WIDTH - LEFT - RIGHT - 60
    length = room * row.value / most
    end = LEFT + max(length, room * (row.mark or 0) / most)
    lines = [
        f'<text x="{LEFT - 10}" y="{top + 17}" text-anchor="end" fill="{INK}">{_text(_short(row.name))}</text>',
        f'<rect x="{LEFT}" y="{top + 5}" width="{length:.1f}" height="{ROW - 10}" rx="2" fill="{BAR}"/>',
        f'<text x="{end + 8:.1f}" y="{top + 17}" fill="{QUIET}">{_text(row.said)}</text>',
    ]
    if row.mark is not None:
        x = f"{LEFT + room * row.mark / most:.1f}"
        lines.append(f'<line x1="{x}" x2="{x}" y1="{top + 2}" y2="{top + ROW - 2}" stroke="{MARK}" stroke-width="2"/>')
    return lines


def _short(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:29]}…"


def _text(text: str) -> str:
    return escape(one_line(text))
