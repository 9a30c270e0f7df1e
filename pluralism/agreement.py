"""How often people agree: on picks, item by item, and on categories that mean the same everywhere. No Django.

Picks among an item's candidates are its own: candidate A of one item has nothing to do with candidate A of another. So
they are judged by pair agreement within items. Krippendorff's alpha and Fleiss' kappa are for categories that mean the
same across items, as the value that a pick speaks for, or how acceptable it is. Low agreement is no sign of poor work:
candidates that were made to differ are there for people who differ.

A choice is a row: an item, a person, and a category from 0, such as a candidate's slot; "none of these" is the last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from pluralism.two_way import Interval, Rows, Times, resampled

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

PERMUTATIONS = 1000

METRICS = ("nominal", "ordinal", "interval", "ratio")


def pair_agreement(votes: Numbers) -> Numbers:
    """Return for each item the share of pairs of people who chose the same, shape (items,); NaN below two people.

    Without bias: pairs of different people, Σ n (n - 1) / N (N - 1). It is Simpson's index (E. H. Simpson,
    "Measurement of Diversity", 1949), and the P_i of Fleiss (1971).

    :param votes: Shape (items, categories): how many people chose each.
    """
    people = votes.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((votes * (votes - 1)).sum(axis=1) / (people * (people - 1)))


def chance(candidates: int, *, none: bool) -> float:
    """Return the pair agreement of people who choose anything as often: 1/k, with "none of these" 1/(k+1)."""
    return 1 / (candidates + none)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Pair agreement, averaged over items."""

    value: float | None
    """0 to 1; None where no item has two people."""
    interval: Interval
    """95 %, over items and people."""
    items: int
    """With two people or more."""
    people: int
    choices: int


def mean_agreement(rows: Rows, *, seed: int, resamples: int = 1000) -> Agreement:
    """Return the pair agreement of the average item.

    A person's choice counts in an item once; two rows of one person in one item are never a pair.

    :param rows: The choices.
    :param seed: Draws the people and items of the interval.
    """
    value = _mean_pairs(rows, None)
    counts = np.bincount(rows.items)
    return Agreement(
        value=None if np.isnan(value) else value,
        interval=resampled(rows, _mean_pairs, seed=seed, resamples=resamples),
        items=int(np.sum(counts >= 2)),
        people=len(np.unique(rows.people)),
        choices=len(rows.items),
    )


def _mean_pairs(rows: Rows, times: Times | None) -> float:
    """Return mean pair agreement; with times each row counts as often as its person was drawn, each item as well."""
    people = np.ones(len(rows.items)) if times is None else times.people[rows.people]
    items, categories = int(rows.items.max(initial=-1)) + 1, int(rows.categories.max(initial=-1)) + 1
    votes = np.bincount(rows.items * categories + rows.categories, weights=people, minlength=items * categories)
    whole = np.bincount(rows.items, weights=people, minlength=items)
    # A person drawn twice is no pair with themselves.
    own = np.bincount(rows.items, weights=people**2, minlength=items)
    same = (votes.reshape(items, categories) ** 2).sum(axis=1) - own if items else np.zeros(0)
    pairs = whole**2 - own
    often = np.ones(items) if times is None else times.items[:items]
    counted = (pairs > 0) & (often > 0)
    if not counted.any():
        return nan
    return float(np.average(same[counted] / pairs[counted], weights=often[counted]))


@dataclass(frozen=True, kw_only=True)
class Null:
    """What agreement would be if people chose by place on their screen alone."""

    mean: float
    high: float
    """95 % of permutations lie below."""
    p: float
    """Share of permutations that agree at least as much, the data counted among them (one-sided)."""
    permutations: int


def by_place_alone(rows: Rows, orders: Codes, *, seed: int, permutations: int = PERMUTATIONS) -> Null | None:
    """Return how much people would agree if each kept the place that they chose, in somebody else's order.

    Orders are drawn at random for each person, so under the hypothesis that what stands in a place makes no difference
    the orders within an item can be exchanged between people: an exact permutation test (Good, "Permutation Tests",
    2000). It keeps habits of place, and how many say "none of these".

    :param rows: The choices; a category that is no candidate, as "none of these", stays.
    :param orders: Shape (choices, k): the candidate in each place of that person's screen.
    :return: None where no item has two people.
    """
    found = _mean_pairs(rows, None)
    if np.isnan(found):
        return None
    random = np.random.default_rng(seed)
    is_chosen = orders == rows.categories[:, None]
    chosen, places = is_chosen.any(axis=1), is_chosen.argmax(axis=1)
    drawn = np.empty(permutations)
    for number in range(permutations):
        given = orders[_shuffled_within(rows.items, random)]
        categories = np.where(chosen, given[np.arange(len(places)), places], rows.categories)
        drawn[number] = _mean_pairs(Rows(items=rows.items, people=rows.people, categories=categories), None)
    return Null(
        mean=float(drawn.mean()),
        high=float(np.quantile(drawn, 0.95)),
        p=float((1 + np.sum(drawn >= found - 1e-12)) / (1 + permutations)),
        permutations=permutations,
    )


def _shuffled_within(groups: Codes, random: np.random.Generator) -> Codes:
    """Return places of rows, shuffled within groups."""
    stands = np.argsort(groups, kind="stable")
    drawn = np.lexsort((random.random(len(groups)), groups))
    shuffled = np.empty(len(groups), dtype=np.int64)
    shuffled[stands] = drawn
    return shuffled


@dataclass(frozen=True, kw_only=True)
class BetweenStrata:
    """Pair agreement of two people of two strata, or of one."""

    one: int
    other: int
    value: float
    items: int
    """That have such a pair; the value is their mean."""
    people: tuple[int, int]
    """Of each stratum, on those items."""
    interval: Interval


def between_strata(rows: Rows, strata: Codes, *, seed: int, resamples: int = 500) -> Iterator[BetweenStrata]:
    """Yield pair agreement within and between strata; pairs of strata that share no item are left out.

    :param strata: Shape (people,): the stratum of each; below 0: of none.
    """
    for one in range(int(strata.max(initial=-1)) + 1):
        for other in range(one, int(strata.max(initial=-1)) + 1):
            statistic = _pairs_of(strata, one, other)
            value = statistic(rows, None)
            if np.isnan(value):
                continue
            paired = _with_pairs(rows, strata, one, other)
            yield BetweenStrata(
                one=one,
                other=other,
                value=value,
                items=int(paired.sum()),
                people=(_people_on(rows, strata == one, paired), _people_on(rows, strata == other, paired)),
                interval=resampled(rows, statistic, seed=seed, resamples=resamples),
            )


def _pairs_of(strata: Codes, one: int, other: int) -> Callable[[Rows, Times | None], float]:
    def statistic(rows: Rows, times: Times | None) -> float:
        if one == other:
            return _mean_pairs(rows.where(strata[rows.people] == one), times)
        items, categories = int(rows.items.max(initial=-1)) + 1, int(rows.categories.max(initial=-1)) + 1
        people = np.ones(len(rows.items)) if times is None else times.people[rows.people]
        votes = [
            np.bincount(
                rows.items * categories + rows.categories,
                weights=people * (strata[rows.people] == stratum),
                minlength=items * categories,
            ).reshape(items, categories)
            for stratum in (one, other)
        ]
        pairs = votes[0].sum(axis=1) * votes[1].sum(axis=1)
        often = np.ones(items) if times is None else times.items[:items]
        counted = (pairs > 0) & (often > 0)
        if not counted.any():
            return nan
        same = (votes[0] * votes[1]).sum(axis=1)
        return float(np.average(same[counted] / pairs[counted], weights=often[counted]))

    return statistic


def _with_pairs(rows: Rows, strata: Codes, one: int, other: int) -> NDArray[np.bool_]:
    """Return which items have a pair of people of the two strata, shape (items,)."""
    items = int(rows.items.max(initial=-1)) + 1
    first, second = (np.bincount(rows.items[strata[rows.people] == each], minlength=items) for each in (one, other))
    return np.asarray(first >= 2 if one == other else (first > 0) & (second > 0))


def _people_on(rows: Rows, counted: NDArray[np.bool_], items: NDArray[np.bool_]) -> int:
    return len(np.unique(rows.people[counted[rows.people] & items[rows.items]]))


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """Krippendorff's alpha of choices whose categories mean the same in all items."""

    value: float | None
    """None where all choices are the same."""
    interval: Interval
    """95 %, over items and people."""
    items: int
    """With two people or more."""
    choices: int
    """On those."""


def alpha_of(
    rows: Rows, values: Numbers | None = None, *, metric: str = "nominal", seed: int, resamples: int = 500
) -> Alpha:
    """Return Krippendorff's alpha with an interval that draws items and people.

    :param rows: The choices; categories stand in their order.
    :param values: As in `krippendorff_alpha`.
    """
    items, categories = int(rows.items.max(initial=-1)) + 1, int(rows.categories.max(initial=-1)) + 1

    def statistic(of: Rows, times: Times | None) -> float:
        weights = np.ones(len(of.items)) if times is None else times.people[of.people]
        cells = of.items * categories + of.categories
        votes, own = (
            np.asarray(np.bincount(cells, weights=each, minlength=items * categories), dtype=float)
            for each in (weights, weights**2)
        )
        shape = (items, categories)
        found = _alpha(
            votes.reshape(shape), own.reshape(shape), None if times is None else times.items[:items], values, metric
        )
        return nan if found is None else found

    found, counts = statistic(rows, None), np.bincount(rows.items)
    return Alpha(
        value=None if np.isnan(found) else found,
        interval=resampled(rows, statistic, seed=seed, resamples=resamples),
        items=int(np.sum(counts >= 2)),
        choices=int(counts[counts >= 2].sum()),
    )


def krippendorff_alpha(counts: Numbers, values: Numbers | None = None, *, metric: str = "nominal") -> float | None:
    """Return Krippendorff's alpha: 1 perfect agreement, 0 what chance would give, below 0 less.

    From the coincidences of all pairs within units: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011),
    sections C and D. Units with fewer than two values say nothing.

    :param counts: Shape (units, categories): how often each unit was given each category, in the order of categories.
    :param values: Shape (categories,), ascending: what categories stand for, for the metrics "interval" and "ratio".
    :param metric: One of METRICS.
    :return: None where all values are the same: there is nothing to agree about.
    :raises ValueError: if the metric is unknown, needs values and gets none, or is "ratio" with values below 0.
    """
    return _alpha(counts, counts, None, values, metric)


def _alpha(votes: Numbers, own: Numbers, often: Numbers | None, values: Numbers | None, metric: str) -> float | None:
    """Return alpha, where people and units may count several times; a person is never a pair with themselves.

    :param votes: Shape (units, categories): weights of the people who chose each.
    :param own: The same of squared weights.
    :param often: Shape (units,): how often each unit counts; None: once.
    """
    whole = votes.sum(axis=1)
    pairs = whole**2 - own.sum(axis=1)
    # A person twice in a unit has nobody to differ from; so has one alone.
    usable = pairs > 1e-9
    votes, own, whole, pairs = votes[usable], own[usable], whole[usable], pairs[usable]
    units = np.ones(len(votes)) if often is None else often[usable]
    totals = units @ votes
    differences = _differences(totals, values, metric)
    # (pairs / whole) is the number of the others in the unit, one less than that of people where each counts once.
    share = units * whole / pairs if len(pairs) else units
    coincidences = votes.T @ (votes * share[:, None]) - np.diag((own * share[:, None]).sum(axis=0))
    everybody = float(totals.sum())
    itself = units @ own
    expected = np.outer(totals, totals) - np.diag(itself)
    possible = float((expected * differences).sum())
    if possible <= 1e-12:
        return None
    others = (everybody**2 - float(itself.sum())) / everybody
    return float(1 - others * (coincidences * differences).sum() / possible)


def _differences(totals: Numbers, values: Numbers | None, metric: str) -> Numbers:
    """Return the squared difference of each pair of categories, shape (categories, categories)."""
    if metric == "nominal":
        return 1 - np.eye(len(totals))
    if metric == "ordinal":
        # The ranks between two categories, those of each end half.
        middles = np.cumsum(totals) - totals / 2
        return np.asarray((middles[:, None] - middles[None, :]) ** 2)
    if metric not in METRICS or values is None:
        raise ValueError(f"the metric is one of {', '.join(METRICS)}; the last two need values")
    apart = (values[:, None] - values[None, :]) ** 2
    if metric == "interval":
        return np.asarray(apart)
    if values.min() < 0:
        raise ValueError("a ratio needs values of 0 or more")
    sums = (values[:, None] + values[None, :]) ** 2
    return np.divide(apart, sums, out=np.zeros_like(apart, dtype=float), where=sums > 0)


def fleiss_kappa(counts: Numbers) -> float | None:
    """Return Fleiss' kappa: Fleiss, "Measuring Nominal Scale Agreement among Many Raters" (1971).

    :param counts: Shape (units, categories); each unit with the same number of values, two or more.
    :return: None where all values are the same.
    :raises ValueError: if units have different numbers of values; Krippendorff's alpha takes those.
    """
    raters = counts.sum(axis=1)
    if len(raters) == 0 or raters[0] < 2 or np.any(raters != raters[0]):
        raise ValueError("every unit needs the same number of values, two or more")
    shares = counts.sum(axis=0) / counts.sum()
    by_chance = float(np.sum(shares**2))
    if by_chance == 1:
        return None
    return (float(pair_agreement(counts).mean()) - by_chance) / (1 - by_chance)
