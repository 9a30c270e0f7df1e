"""Who answered against who was wanted: quotas, weights that bring margins to given shares, balanced draws. No Django.

People are rows; what they are is a number (a code) per variable or one per stratum, NOT_SAID where it is not known. The
same arrays and seed give the same result, so give rows in an order of their own (by the published number, say).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOT_SAID = -1
"""Somebody did not say, or was not asked."""

TOLERANCE = 1e-6
"""Raking ends when no share of a margin is off by more."""
ROUNDS = 500


class CannotWeigh(Exception):
    """There are no weights that bring these people to these margins."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Post-stratification weights."""

    weights: Numbers
    """Shape (people,), above 0, 1 on average."""
    rounds: int
    """How often all margins were adjusted."""
    trimmed: int
    """People whose weight stands at the cap."""
    largest_gap: float
    """The share of a margin that is farthest off after trimming, 0 to 1. Above TOLERANCE only where weights were
    trimmed."""
    design_effect: float
    """How much the weights blow up the variance of a mean: 1 or more."""
    effective_size: float
    """People divided by the design effect: as many unweighted ones would tell as much."""


def rake(
    codes: Codes, targets: Sequence[Numbers], *, cap: float | None = None, tolerance: float = TOLERANCE
) -> Weights:
    """Return weights that bring each variable to its target shares.

    Iterative proportional fitting: Deming and Stephan, "On a Least Squares Adjustment of a Sampled Frequency Table When
    the Expected Marginal Totals are Known" (1940). Who did not say keeps the share that they have among these people,
    and the target is met by the others. With a cap, weights are cut to it in every round, as in DeBell and Krosnick,
    "Computing Weights for American National Election Study Survey Data" (2009); what the cut costs is `largest_gap`.

    :param codes: Shape (people, variables); NOT_SAID where a person did not say.
    :param targets: For each variable shape (categories,): shares of the population, not below 0. They are scaled to 1.
    :param cap: The largest weight, as a multiple of the average one; above 1. None: none is cut.
    :raises CannotWeigh: if a wanted category has nobody in it, if somebody is in one that nobody is wanted in, or if
        the margins cannot be met together.
    :raises ValueError: if shapes or shares make no sense.
    """
    if codes.ndim != 2 or codes.shape[1] != len(targets) or not len(codes):
        raise ValueError("codes are people x variables, with one target for each variable")
    margins = [_margin(codes[:, place], target) for place, target in enumerate(targets)]
    weights = np.ones(len(codes))
    for done in range(1, ROUNDS + 1):
        before = weights
        for places, shares in margins:
            present = _shares(places, weights, len(shares))
            weights = weights * np.divide(shares, present, out=np.ones_like(shares), where=present > 0)[places]
        weights = _cut(weights, cap)
        gap = _largest_gap(weights, margins)
        if gap <= tolerance or (cap is not None and float(np.abs(weights - before).max()) <= tolerance):
            return _weighed(weights, rounds=done, cap=cap, gap=gap)
    raise CannotWeigh(f"After {ROUNDS} rounds a margin is still off by {gap:.2g}: the margins contradict each other.")


def design_effect(weights: Numbers) -> float:
    """Return how much unequal weights blow up the variance of a mean: Kish, "Survey Sampling" (1965), n Σw² / (Σw)².

    :param weights: Shape (people,), not below 0, not all 0.
    """
    return float(len(weights) * np.sum(weights**2) / np.sum(weights) ** 2)


def clustered_design_effect(weights: Numbers, clusters: Codes, *, correlation: float) -> float:
    """Return the design effect of weights and of rows that come in clusters, as one person's conversations do.

    Kish's formula times 1 + (b - 1) rho with b = Σ_c (Σ w)² / Σ w²: Gabler, Häder and Lahiri, "A Model Based
    Justification of Kish's Formula for Design Effects for Weighting and Clustering" (1999).

    :param weights: Shape (rows,).
    :param clusters: Shape (rows,): rows with the same number belong together.
    :param correlation: rho within clusters; below 0 counts as 0, so that nothing is made to look better than it is.
    """
    _numbers, places = np.unique(clusters, return_inverse=True)
    size = float(np.sum(np.bincount(places, weights=weights) ** 2) / np.sum(weights**2))
    return design_effect(weights) * (1 + (size - 1) * max(0.0, correlation))


def effective_size(weights: Numbers, clusters: Codes | None = None, *, correlation: float = 0.0) -> float:
    """Return how many independent, equally weighted rows would tell as much as these.

    :param clusters: As in `clustered_design_effect`; None: rows are independent.
    """
    effect = design_effect(weights)
    if clusters is not None:
        effect = clustered_design_effect(weights, clusters, correlation=correlation)
    return len(weights) / effect


def intraclass_correlation(values: Numbers, clusters: Codes) -> float | None:
    """Return how alike values of one cluster are: 1 the same, 0 no more than others, below 0 less.

    The analysis of variance estimator, ICC(1) of Shrout and Fleiss, "Intraclass Correlations" (1979), with the mean
    size of uneven clusters of Donner, "A Review of Inference Procedures for the Intraclass Correlation Coefficient"
    (1986).

    :param values: Shape (rows,).
    :param clusters: Shape (rows,): rows with the same number belong together.
    :return: None with fewer than two clusters, without a cluster of two, or where nothing varies.
    """
    _numbers, places, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    rows, groups = len(values), len(sizes)
    if groups < 2 or rows == groups:
        return None
    means = np.bincount(places, weights=values) / sizes
    within = float(np.sum((values - means[places]) ** 2)) / (rows - groups)
    between = float(np.sum(sizes * (means - values.mean()) ** 2)) / (groups - 1)
    size = (rows - np.sum(sizes**2) / rows) / (groups - 1)
    whole = between + (size - 1) * within
    return float((between - within) / whole) if whole > 0 else None


@dataclass(frozen=True, kw_only=True)
class Draw:
    """People drawn to given shares."""

    taken: Flags
    """Shape (people,)."""
    took: Codes
    """Shape (strata,): how many of each stratum."""
    unmet: list[int]
    """Strata that were wanted and have too few people: left out of the rule, to be named."""


def draw(strata: Codes, shares: Numbers, *, seed: int, fewest: int = 1) -> Draw:
    """Draw as many people as the shares of their strata allow, at random within each.

    The largest n is taken for which every stratum has n times its share, and of each stratum that many, rounded down.
    Strata with too few people are left out, and the other shares scaled: without that, one empty stratum would leave
    nobody. Draw each country by itself.

    :param strata: Shape (people,), below the number of strata; NOT_SAID: never drawn.
    :param shares: Shape (strata,), not below 0: equal ones, or those of a population. They are scaled to 1.
    :param seed: The same people, in the same order, and seed give the same draw.
    :param fewest: A stratum with fewer people cannot be met.
    """
    available = np.bincount(strata[strata >= 0], minlength=len(shares))
    wanted = shares > 0
    met = wanted & (available >= max(1, fewest))
    took = np.zeros(len(shares), dtype=np.int64)
    if met.any():
        size = float((available[met] / shares[met]).min())
        # What is a whole number but for rounding is taken for one.
        took[met] = np.floor(size * shares[met] + 1e-9).astype(np.int64)
    return Draw(taken=_first(strata, took, seed=seed), took=took, unmet=np.flatnonzero(wanted & ~met).tolist())


def capped(owners: Codes, *, most: int, seed: int) -> Flags:
    """Return which rows stay when nobody has more than so many: of each owner's that many, drawn at random.

    :param owners: Shape (rows,): who each row (a conversation) is of; below 0: the row never stays.
    """
    numbers, places = np.unique(owners, return_inverse=True)
    allowed = np.where(numbers >= 0, most, 0)
    return _first(places.astype(np.int64), allowed, seed=seed)


def shared_by(items: Codes, people: Codes, counted: Flags, *, fewest: int = 10) -> Flags:
    """Return which counted rows are of an item that at least so many different people among the counted rows share.

    Give items in different languages different numbers.

    :param items: Shape (rows,); below 0: of none.
    :param people: Shape (rows,).
    :param counted: Shape (rows,): which rows count, as those of the balanced subset.
    """
    use = counted & (items >= 0)
    pairs = np.unique(np.stack([items[use], people[use]], axis=1), axis=0)
    numbers, people_of = np.unique(pairs[:, 0], return_counts=True)
    return use & np.isin(items, numbers[people_of >= fewest])


@dataclass(frozen=True, kw_only=True)
class Achieved:
    """One stratum: who was wanted, who came."""

    wanted: float
    """People, as the quota says, or what a population's share comes to."""
    came: int
    share_wanted: float
    share_came: float | None
    """None where nobody came at all."""


def achieved(wanted: Numbers, came: Codes) -> list[Achieved]:
    """Return each stratum's part, wanted and achieved.

    :param wanted: Shape (strata,), not below 0, not all 0.
    :param came: Shape (strata,): people.
    """
    whole, everybody = float(wanted.sum()), int(came.sum())
    return [
        Achieved(
            wanted=float(quota),
            came=int(people),
            share_wanted=float(quota) / whole,
            share_came=int(people) / everybody if everybody else None,
        )
        for quota, people in zip(wanted, came, strict=True)
    ]


def dissimilarity(one: Numbers, other: Numbers) -> float:
    """Return the share of people who would have to be in another stratum for both to be alike: 0 to 1.

    The index of Duncan and Duncan, "A Methodological Analysis of Segregation Indexes" (1955): half the sum of the
    differences of shares.

    :param one: Shape (strata,): people or shares, not all 0.
    :param other: The same.
    """
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def _margin(codes: Codes, target: Numbers) -> tuple[Codes, Numbers]:
    """Return the place of each person in a margin and the shares to reach; who did not say stands in the last place."""
    if target.ndim != 1 or not np.all(target >= 0) or not target.sum() or codes.max() >= len(target):
        raise ValueError("a target is one share for each category, not below 0")
    places = np.where(codes < 0, len(target), codes)
    silent = float((codes < 0).mean())
    shares = np.append(target / target.sum() * (1 - silent), silent)
    people = np.bincount(places, minlength=len(shares))
    if np.any((shares > 0) & (people == 0)) or np.any((shares == 0) & (people > 0)):
        raise CannotWeigh("A category is wanted that nobody is in, or holds people of whom none is wanted.")
    return places, shares


def _shares(places: Codes, weights: Numbers, categories: int) -> Numbers:
    return np.asarray(np.bincount(places, weights=weights, minlength=categories) / weights.sum())


def _cut(weights: Numbers, cap: float | None) -> Numbers:
    """Return weights of 1 on average; with a cap the largest are cut to it, and the rest takes up what was cut."""
    weights = weights / weights.mean()
    if cap is None:
        return weights
    if cap <= 1:
        raise ValueError("a cap is above 1, the average weight")
    while weights.max() > cap * (1 + 1e-9):
        high = weights >= cap
        rest = len(weights) - cap * high.sum()
        weights = np.where(high, cap, weights * rest / weights[~high].sum())
    return weights


def _largest_gap(weights: Numbers, margins: Sequence[tuple[Codes, Numbers]]) -> float:
    return max(float(np.abs(_shares(places, weights, len(shares)) - shares).max()) for places, shares in margins)


def _weighed(weights: Numbers, *, rounds: int, cap: float | None, gap: float) -> Weights:
    return Weights(
        weights=weights,
        rounds=rounds,
        trimmed=0 if cap is None else int(np.sum(weights >= cap * (1 - 1e-9))),
        largest_gap=gap,
        design_effect=design_effect(weights),
        effective_size=effective_size(weights),
    )


def _first(strata: Codes, allowed: Codes, *, seed: int) -> Flags:
    """Return which rows are among the first so many of their stratum, in an order drawn at random."""
    order = np.random.default_rng(seed).permutation(len(strata))
    taken = np.zeros(len(strata), dtype=bool)
    shuffled = strata[order]
    by_stratum = order[np.argsort(shuffled, kind="stable")]
    counts = np.bincount(strata[strata >= 0], minlength=len(allowed))
    start = int(np.sum(strata < 0))
    for count, most in zip(counts, allowed, strict=True):
        taken[by_stratum[start : start + min(count, most)]] = True
        start += count
    return taken
