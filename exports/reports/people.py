"""Who answered, how far they agree, and how far groups are apart. Knows no Django."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from exports.reports.figures import Cell, Dots, Section, Table, between
from exports.reports.reading import UNKNOWN, Groups, Release
from pluralism import agreement, divergence, families
from pluralism.two_way import Rows, Times, resampled


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How figures are made."""

    seed: int
    fewest: int
    """Figures on fewer people are not reported: per group, and per group and item where items are compared."""
    draws: int
    """Permutations of a test, and samples of an interval."""


LOW_IS_NO_FAULT = "Low agreement is no sign of poor work: the candidates were made to differ, for people who disagree."


DISTANCE = f"distance ({divergence.ROOT}, base {divergence.BASE})"


def who(release: Release, groups: Groups, settings: Settings) -> Section:
    """Return who answered, by group."""
    rows: list[list[Cell]] = []
    for number, name in enumerate(groups.names):
        of = groups.choices(release, number)
        none = _none_share(release.k)
        interval = resampled(of, none, seed=settings.seed, resamples=settings.draws)
        line: list[Cell] = [name, len(np.unique(of.people)), len(np.unique(of.items)), len(of.items)]
        rows.append([*line, none(of, None), *between(interval)])
    languages = Counter(item.language for item in release.items)
    said = ", ".join(f"{language}: {count:,}" for language, count in sorted(languages.items()))
    left_out = "; ".join(f"{reason}: {count:,}" for reason, count in sorted(release.left_out.items())) or "none"
    return Section(
        key="people",
        title="Who answered",
        text=[
            f"{len(np.unique(release.rows.people)):,} people made {len(release.rows.items):,} choices on "
            f"{len(release.items):,} shared items ({said}): a prompt with the same {release.k} candidates for all. "
            f"Choices on given prompts that are left out: {left_out}.",
            f"Groups are by {' and '.join(f'`{column}`' for column in groups.columns)}. {_small(groups, settings)}",
        ],
        tables=[
            Table(
                key="people",
                title="People, items and choices",
                about="`none` is the share of choices in which no candidate was good; 95 % interval by drawing people "
                "and items again.",
                columns=["group", "people", "items", "choices", "none", "low", "high"],
                rows=rows,
            )
        ],
    )


def _none_share(k: int) -> Callable[[Rows, Times | None], float]:
    def statistic(rows: Rows, times: Times | None) -> float:
        weights = np.ones(len(rows.items)) if times is None else times.items[rows.items] * times.people[rows.people]
        return float(np.average(rows.categories == k, weights=weights)) if weights.any() else np.nan

    return statistic


def _small(groups: Groups, settings: Settings) -> str:
    said = f"{groups.unknown:,} people did not say. "
    if not groups.too_small:
        return said + f"Groups below {settings.fewest} people would not be reported; there is none."
    names = ", ".join(f"{name} ({count})" for name, count in groups.too_small.items())
    return said + f"Not reported, with fewer than {settings.fewest} people: {names}."


def agreeing(release: Release, groups: Groups, settings: Settings) -> Section:
    """Return how often people agree on picks, and on categories that mean the same in all items."""
    none = release.none_can_be_said
    chance = agreement.chance(release.k, none=none)
    refused: list[str] = []
    tables = [_picks(release, settings, chance), _strata(release, groups, settings, chance)]
    alphas = list(_alphas(release, settings, refused))
    if alphas:
        tables.append(_alpha_table(alphas))
    return Section(
        key="agreement",
        title="Agreement",
        text=[
            "Pair agreement: of two people who answered the same item, how often did they choose the same? It is "
            f"averaged over items, without bias from the number of people. {LOW_IS_NO_FAULT}",
            f"Even chances: if each of {release.k} candidates{' and none of them' if none else ''} were as likely, it "
            f"would be {chance:.3f}.",
        ],
        tables=tables,
        refused=refused,
    )


def _picks(release: Release, settings: Settings, chance: float) -> Table:
    found = agreement.mean_agreement(release.rows, seed=settings.seed, resamples=settings.draws)
    null = agreement.by_place_alone(release.rows, release.orders, seed=settings.seed, permutations=settings.draws)
    return Table(
        key="agreement",
        title="Agreement on picks",
        about="0 to 1; 95 % interval by drawing people and items again. `by place` is what agreement would be if "
        "everybody had kept the place on the screen that they chose, in somebody else's order of the same item; p is "
        f"one-sided, from {settings.draws:,} such permutations.",
        columns=["people", "items", "choices", "agreement", "low", "high", "by place", "p", "even chances"],
        rows=[
            [
                found.people,
                found.items,
                found.choices,
                found.value,
                *between(found.interval),
                null.mean if null else None,
                null.p if null else None,
                chance,
            ]
        ],
    )


def _strata(release: Release, groups: Groups, settings: Settings, chance: float) -> Table:
    found = agreement.between_strata(release.rows, groups.of, seed=settings.seed, resamples=settings.draws)
    return Table(
        key="agreement-of-groups",
        title="Agreement within and between groups",
        about="Of two people of these groups who answered the same item, how often they chose the same: mean over "
        "items that have such a pair, 95 % interval by drawing people and items again. The mark stands at even "
        f"chances ({chance:.3f}).",
        columns=["one", "other", "agreement", "low", "high", "items", "people", "people of other"],
        rows=[
            [
                groups.names[each.one],
                groups.names[each.other],
                each.value,
                *between(each.interval),
                each.items,
                *each.people,
            ]
            for each in found
            if min(each.people) >= settings.fewest
        ],
        plot=Dots(value="agreement", low="low", high="high", null=str(chance), labels=["one", "other"]),
    )


def _alphas(release: Release, settings: Settings, refused: list[str]) -> Iterator[tuple[str, str, agreement.Alpha]]:
    """Yield agreement on what means the same in all items: what picks speak for, what is acceptable, how strong."""
    kinds, rows = release.kinds(), release.rows
    chosen = rows.categories < release.k
    of_choice = np.where(chosen, kinds[rows.items, np.minimum(rows.categories, release.k - 1)], UNKNOWN)
    if np.any(of_choice >= 0):
        known = rows.where(of_choice >= 0)
        labelled = Rows(items=known.items, people=known.people, categories=of_choice[of_choice >= 0])
        yield "what the chosen candidate speaks for", "nominal", _alpha(labelled, settings)
    else:
        refused.append("Agreement on values: no candidate has exactly one label.")
    if np.isfinite(release.acceptable).any():
        choices, places = np.nonzero(np.isfinite(release.acceptable))
        said = release.acceptable[choices, places].astype(np.int64)
        units = rows.items[choices] * release.k + places
        accepted = Rows(items=units, people=rows.people[choices], categories=said)
        yield "which candidates are acceptable", "nominal", _alpha(accepted, settings)
    if np.isfinite(release.strength).any():
        said = np.isfinite(release.strength)
        strong = Rows(
            items=rows.items[said], people=rows.people[said], categories=release.strength[said].astype(np.int64)
        )
        found = agreement.alpha_of(strong, metric="ordinal", seed=settings.seed, resamples=settings.draws)
        yield "how much better the chosen candidate is", "ordinal", found


def _alpha(rows: Rows, settings: Settings) -> agreement.Alpha:
    return agreement.alpha_of(rows, seed=settings.seed, resamples=settings.draws)


def _alpha_table(found: list[tuple[str, str, agreement.Alpha]]) -> Table:
    return Table(
        key="alpha",
        title="Krippendorff's alpha",
        about="1 is perfect agreement, 0 what chance would give, below 0 less. Only for categories that mean the "
        "same in every item. Units are items, or candidates where acceptability is judged; 95 % interval by "
        "drawing people and units again.",
        columns=["agreement on", "metric", "alpha", "low", "high", "units", "choices"],
        rows=[
            [what, metric, each.value, *between(each.interval), each.items, each.choices]
            for what, metric, each in found
        ],
    )


def diverging(release: Release, groups: Groups, settings: Settings) -> Section:
    """Return how divided groups are, and how far apart."""
    refused: list[str] = []
    tables = [_entropies(release, groups, settings)]
    pairs = list(_pairs(release, groups, settings, refused))
    if pairs:
        tables.append(_apart_table(pairs, groups, settings))
    return Section(
        key="divergence",
        title="Divergence",
        text=[
            "Distances are Jensen-Shannon distances: the square root of the divergence, logarithms to base 2, from "
            "0 (the same) to 1 (nothing in common), within an item and averaged over items. Different languages "
            "are different items, so that no figure compares one text with another.",
            "A distance of samples is never 0: two groups of 15 people that are alike are 0.26 apart on average. "
            "Look at the excess over the null, which deals whole people to the two groups at random: within their "
            "country, and across countries only where countries are what is compared.",
        ],
        tables=tables,
        refused=refused,
    )


def _entropies(release: Release, groups: Groups, settings: Settings) -> Table:
    most = float(np.log2(release.k + release.none_can_be_said))
    rows: list[list[Cell]] = []
    for number, name in enumerate(groups.names):
        mine = groups.choices(release, number)
        found = divergence.mean_entropy(mine, fewest=settings.fewest)
        if found:
            rows.append([name, found.value, *between(found.interval), found.items])
    return Table(
        key="entropy",
        title="How divided each group is",
        about="Entropy of the choices on an item in bits, corrected for the number of people (Miller 1955), "
        f"averaged over items with at least {settings.fewest} people of the group; 0 is agreement, {most:.3f} even "
        "chances. 95 % interval by the jackknife over people and items.",
        columns=["group", "entropy", "low", "high", "items"],
        rows=rows,
        plot=Dots(value="entropy", low="low", high="high", null=str(round(most, 6)), labels=["group"]),
    )


Pair = tuple[int, int, divergence.Apart]


def _pairs(release: Release, groups: Groups, settings: Settings, refused: list[str]) -> Iterator[Pair]:
    across = "annotator_country" in groups.columns
    for one, other in combinations(range(len(groups.names)), 2):
        of = np.where(groups.of == one, 0, np.where(groups.of == other, 1, UNKNOWN))
        blocks = [set(groups.blocks[of == side]) for side in (0, 1)]
        found = divergence.between_groups(
            release.rows,
            of,
            seed=settings.seed,
            blocks=None if across and not blocks[0] & blocks[1] else groups.blocks,
            fewest=settings.fewest,
            permutations=settings.draws,
        )
        if found is None:
            refused.append(
                f"{groups.names[one]} and {groups.names[other]}: no item with {settings.fewest} people of each, or "
                "nobody who could be exchanged within a country."
            )
        else:
            yield one, other, found


def _apart_table(pairs: list[Pair], groups: Groups, settings: Settings) -> Table:
    corrected = families.holm(np.array([found.p for _one, _other, found in pairs]))
    return Table(
        key="divergence",
        title="How far groups are apart",
        about=f"Items with at least {settings.fewest} people of both groups. p is one-sided, from "
        f"{settings.draws:,} permutations; `p (Holm)` is corrected for this family of {len(pairs)} tests. 95 % "
        "interval of the excess by the jackknife over people and items.",
        columns=[
            "one",
            "other",
            DISTANCE,
            "null",
            "excess",
            "low",
            "high",
            "p",
            "p (Holm)",
            "items",
            "people",
            "people of other",
        ],
        rows=[
            [
                groups.names[one],
                groups.names[other],
                found.distance,
                found.null,
                found.excess,
                *between(found.interval),
                found.p,
                float(p),
                found.items,
                *found.people,
            ]
            for (one, other, found), p in zip(pairs, corrected, strict=True)
        ],
        plot=Dots(value="excess", low="low", high="high", null="0", labels=["one", "other"]),
    )
