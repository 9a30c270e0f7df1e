"""What makes a candidate be chosen: its place, its length, what it speaks for. Knows no Django."""

import numpy as np
from numpy.typing import NDArray

from exports.reports.figures import Cell, Dots, Section, Table
from exports.reports.people import Settings
from exports.reports.reading import UNKNOWN, Groups, Release
from pluralism import choice, families
from pluralism.two_way import Rows


def reasons(release: Release, groups: Groups, settings: Settings) -> Section:
    """Return what makes a candidate be chosen: place, length, what it speaks for."""
    refused: list[str] = []
    tables = [_places(release, settings)]
    for made in (_logit(release, refused), _strengths(release, groups, settings, refused)):
        tables += [made] if made else []
    return Section(
        key="choice",
        title="What makes a candidate be chosen",
        text=[
            "Orders are drawn at random for each person, so a place that is chosen more often than others shows a "
            "habit of looking and not a better text. Lengths and labels are not drawn: what goes along with them "
            "is no cause."
        ],
        tables=tables,
        refused=refused,
    )


def _places(release: Release, settings: Settings) -> Table:
    rows: list[list[Cell]] = []
    found: list[tuple[str, choice.Places]] = []
    chosen = release.places != UNKNOWN
    devices = [("all", chosen)]
    devices += [(str(device), chosen & (release.devices == device)) for device in sorted(set(release.devices) - {""})]
    for device, which in devices:
        if len(np.unique(release.rows.people[which])) < settings.fewest:
            continue
        found.append((device, choice.position_effect(release.places[which], release.rows.people[which], k=release.k)))
    known = np.array([each.p for _device, each in found if each.p is not None])
    corrected = iter(families.holm(known).tolist())
    for device, each in found:
        tested = [None, None] if each.p is None else [each.p, next(corrected)]
        rows += [
            [device, number, place.share, place.low, place.high, *tested, each.choices, each.people]
            for number, place in enumerate(each.places, start=1)
        ]
    return Table(
        key="places",
        title="Places on the screen, by device",
        about=f"Share of choices that fell on each place; {1 / release.k:.3f} without habits. 95 % interval and "
        "test (Wald, of all places of a device together) over people, who keep their habits; `p (Holm)` is "
        "corrected for these devices.",
        columns=["device", "place", "share", "low", "high", "p", "p (Holm)", "choices", "people"],
        rows=rows,
        plot=Dots(value="share", low="low", high="high", null=str(round(1 / release.k, 6)), labels=["device", "place"]),
    )


def _logit(release: Release, refused: list[str]) -> Table | None:
    chosen = release.rows.categories < release.k
    rows = release.rows.where(chosen)
    places = np.argsort(release.orders[chosen], axis=1)
    lengths = np.array([[max(1, len(text)) for text in item.texts] for item in release.items], dtype=float)
    names: list[Cell] = [f"place {number} against place 1" for number in range(2, release.k + 1)]
    names.append("twice as many characters")
    try:
        found = choice.conditional_logit(
            choice.slot_and_length(places, lengths[rows.items]), rows.categories, rows.people
        ).terms()
    except choice.Undefined as reason:
        refused.append(f"Conditional logit: {reason}.")
        return None
    corrected = families.holm(np.array([term.p for term in found]))
    return Table(
        key="logit",
        title="Place and length together",
        about="Conditional logit (McFadden 1974): what each adds to the log odds of being chosen; 0 is nothing, "
        f"0.693 twice the odds. Errors are clustered by person; `p (Holm)` is corrected for these {len(found)} "
        f"tests. {len(rows.items):,} choices of {len(np.unique(rows.people)):,} people.",
        columns=["term", "log odds", "low", "high", "p", "p (Holm)"],
        rows=[
            [name, term.value, *term.interval, term.p, float(p)]
            for name, term, p in zip(names, found, corrected, strict=True)
        ],
        plot=Dots(value="log odds", low="low", high="high", null="0", labels=["term"]),
    )


def _strengths(release: Release, groups: Groups, settings: Settings, refused: list[str]) -> Table | None:
    if len(release.labels) < 2:
        refused.append("Strengths of values: candidates have fewer than two labels.")
        return None
    kinds = release.kinds()
    rows: list[list[Cell]] = []
    for number, name in enumerate(groups.names):
        mine = _of(release, groups.of == number)
        if len(np.unique(mine.people)) < settings.fewest:
            continue
        try:
            found = choice.strengths(kinds[mine.items], mine.categories, mine.people, kinds=len(release.labels))
        except choice.Undefined as reason:
            refused.append(f"Strengths of values, {name}: {reason}.")
            continue
        rows += [
            [name, label, term.value, *term.interval, len(np.unique(mine.people))]
            for label, term in zip(release.labels, found, strict=True)
        ]
    if not rows:
        return None
    return Table(
        key="strengths",
        title="What chosen candidates speak for",
        about="Log strength of each label in the Plackett-Luce model on first choices (with two candidates, that "
        "of Bradley and Terry), against the average label at 0. Labels are those of the researchers. "
        "Errors are clustered by person.",
        columns=["group", "label", "strength", "low", "high", "people"],
        rows=rows,
        plot=Dots(value="strength", low="low", high="high", null="0", labels=["group", "label"]),
    )


def _of(release: Release, which: NDArray[np.bool_]) -> Rows:
    """Return the choices of some people that fell on a candidate."""
    return release.rows.where(which[release.rows.people] & (release.rows.categories < release.k))
