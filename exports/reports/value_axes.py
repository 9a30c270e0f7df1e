"""Where people and models stand on two axes of values: the monoculture report. Knows no Django."""

from collections.abc import Sequence

import numpy as np

from exports.reports.answers import Answers, poles
from exports.reports.figures import Cell, Dots, Map, Section, Table
from exports.reports.people import Settings
from exports.reports.reading import Groups, Release
from pluralism import monoculture


def standing(release: Release, groups: Groups, models: Sequence[Answers], settings: Settings) -> Section:
    """Return where people and models stand on two axes of values, and how many people are beyond all models."""
    title = "Monoculture: how many people stand beyond every model?"
    labelled = np.array([[poles(labels) or (np.nan, np.nan) for labels in item.labels] for item in release.items])
    whole = ~np.isnan(labelled).any(axis=(1, 2))
    plain = [model for model in models if model.steered_to is None]
    places, names = [], []
    for model in plain:
        known = whole & ~np.isnan(model.poles).any(axis=1)
        if known.any():
            places.append(model.poles[known].mean(axis=0))
            names.append(model.name)
    if not whole.any() or not places:
        why = "no item has a pole of values on every candidate" if not whole.any() else "no model's answers have poles"
        return Section(key="monoculture", title=title, text=[], refused=[f"Not reported: {why}."])
    chosen = whole[release.rows.items] & (release.rows.categories < release.k)
    rows = release.rows.where(chosen)
    picked, offered = labelled[rows.items, rows.categories], labelled[rows.items]
    shares: list[list[Cell]] = []
    points: list[list[Cell]] = [
        [name, "model", float(across), float(up)] for name, (across, up) in zip(names, places, strict=True)
    ]
    refused = []
    everybody = np.zeros(len(groups.of), dtype=np.int64)
    for number, name in [(0, "all"), *enumerate(groups.names)]:
        mine = (everybody if name == "all" else groups.of)[rows.people] == number
        found = monoculture.compare(
            rows.people[mine], picked[mine], offered[mine], np.array(places), seed=settings.seed, fewest=settings.fewest
        )
        if found is None:
            refused.append(f"{name}: fewer than {settings.fewest} people chose on these items.")
            continue
        stands = monoculture.standing(rows.people[mine], picked[mine]).positions.mean(axis=0)
        points.append([name, "people", float(stands[0]), float(stands[1])])
        shares.append([name, *_share(found.beyond), *_share(found.in_quadrant), *_spread(found), found.beyond.people])
    return Section(
        key="monoculture",
        title=title,
        text=[
            f"People chose among candidates that researchers had labelled with poles of two axes; {len(places)} "
            f"models answered {'the same' if len(places) > 1 else 'these'} prompts. A position is the mean pole of "
            "what was preferred, from -1 to 1: traditional to secular-rational, survival to self-expression. These "
            "are no answers to the World Values Survey, and the map is not that of Inglehart and Welzel.",
            "Beyond: above the lowest model on both axes, the figure that was 41 % in the Community Alignment "
            "study. Few choices scatter people, so it stands beside what random choices among the same candidates "
            "would give, and the variance between people is that net of the noise of single choices (all split "
            "halves).",
        ],
        tables=_monoculture_tables(shares, points),
        refused=refused,
    )


def _share(found: monoculture.Share) -> list[Cell]:
    return [found.share, found.low, found.high, found.at_random]


def _spread(found: monoculture.Monoculture) -> list[Cell]:
    sides = (found.spread_of_people, found.spread_of_models)
    return [None if side is None else float(side.mean()) for side in sides]


def _monoculture_tables(shares: list[list[Cell]], points: list[list[Cell]]) -> list[Table]:
    return [
        Table(
            key="monoculture",
            title="People beyond every model, and in the models' quadrant",
            about="Shares of people with Wilson's 95 % interval; `random` is the same share if everybody chose at "
            "random among what they were offered. Variances are means over both axes, those of people net of "
            "response noise.",
            columns=[
                "people",
                "beyond",
                "low",
                "high",
                "random",
                "in quadrant",
                "low of quadrant",
                "high of quadrant",
                "random in quadrant",
                "variance of people",
                "variance of models",
                "n",
            ],
            rows=shares,
            plot=Dots(value="beyond", low="low", high="high", null="random", labels=["people"], bounds=(0, 1)),
        ),
        Table(
            key="positions",
            title="Where people and models stand",
            about="Means of groups of people, and models: the mean pole of what was preferred, -1 to 1 on each axis.",
            columns=["name", "kind", "traditional to secular-rational", "survival to self-expression"],
            rows=points,
            plot=Map(
                x="traditional to secular-rational",
                y="survival to self-expression",
                label="name",
                kind="kind",
                bounds=(-1, 1),
            ),
        ),
    ]
