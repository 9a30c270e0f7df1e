"""How far the choices of two groups, or of a model and a group, lie apart. No Django.

Distances of samples are never 0: two groups of 15 that are alike in everything are on average 0.26 apart (in the square
root of base-2 Jensen-Shannon divergence, with four candidates). So every distance stands beside the mean of its null,
and what counts is the excess over it.
"""

from dataclasses import dataclass
from math import e, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pluralism.two_way import LEVEL, Interval, Rows

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

BASE = 2
"""Of all logarithms here: entropies and divergences are in bits."""

ROOT = "square root"
"""A distance is the square root of a divergence; a divergence has no root taken."""

FEWEST = 10
"""A group with fewer people in an item is not compared there."""

_AT_ONCE = 100


def entropy(counts: Numbers) -> Numbers:
    """Return the entropy of each row in bits, 0 (all alike) to log2 k; NaN for a row of zeros.

    :param counts: Shape (rows, k): counts or shares.
    """
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(axis=1, keepdims=True)
    # 0 log 0 is 0. What is not a number stays so.
    return np.asarray((shares * -np.log2(np.where(shares == 0, 1, shares))).sum(axis=1) + 0.0)


def corrected_entropy(counts: Numbers) -> Numbers:
    """Return entropies in bits without most of the bias of small samples: Miller, "Note on the Bias of Information
    Estimates" (1955), H + (m - 1) / 2n nats with the m categories that came up. It can lie above log2 k.

    :param counts: Shape (rows, k): counts.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        missing = ((counts > 0).sum(axis=1) - 1) / (2 * counts.sum(axis=1))
    return entropy(counts) + missing * log(e, BASE)


@dataclass(frozen=True, kw_only=True)
class Divided:
    """How divided people are on the average item."""

    value: float
    """Corrected entropy in bits."""
    interval: Interval
    """95 %, over people and items."""
    items: int


def mean_entropy(rows: Rows, *, fewest: int) -> Divided | None:
    """Return the corrected entropy of choices, averaged over items.

    :param fewest: Items with fewer people are left out; 2 or more, for of one person nothing is left to compare with.
    :return: None where no item is left.
    """
    kept = rows.where((np.bincount(rows.items) >= max(2, fewest))[rows.items])
    if not len(kept.items):
        return None
    kept = _renumbered(kept, np.unique(kept.people))
    votes = kept.votes(int(kept.items.max()) + 1, int(kept.categories.max()) + 1)
    bits = corrected_entropy(votes)
    error = clustered_error(kept, bits, corrected_entropy(without_each(kept, votes)))
    value, half = float(bits.mean()), None if error is None else NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Divided(value=value, interval=None if half is None else (value - half, value + half), items=len(bits))


def js_divergence(one: Numbers, other: Numbers) -> Numbers:
    """Return the Jensen-Shannon divergence of each pair of rows in bits, 0 to 1: Lin, "Divergence Measures Based on the
    Shannon Entropy" (1991), with equal weights.

    :param one: Shape (rows, k): counts or shares.
    :param other: The same.
    """
    with np.errstate(invalid="ignore"):
        first, second = (side / side.sum(axis=1, keepdims=True) for side in (one, other))
    both = entropy((first + second) / 2) - (entropy(first) + entropy(second)) / 2
    return np.clip(both, 0, 1)


def js_distance(one: Numbers, other: Numbers) -> Numbers:
    """Return the square root of the divergence, 0 to 1, which is a metric: Endres and Schindelin, "A New Metric for
    Probability Distributions" (2003)."""
    return np.sqrt(js_divergence(one, other))


def kl_divergence(one: Numbers, other: Numbers) -> Numbers:
    """Return the Kullback-Leibler divergence of `one` from `other` in bits, 0 upward; infinite where `other` leaves out
    what `one` has.

    :param one: Shape (rows, k): counts or shares, as people's.
    :param other: The same, as a model's.
    """
    with np.errstate(invalid="ignore"):
        first, second = (side / side.sum(axis=1, keepdims=True) for side in (one, other))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = first * np.log2(np.where(first == 0, 1, first) / np.where(first == 0, 1, second))
    return np.asarray(parts.sum(axis=1))


def wasserstein(one: Numbers, other: Numbers, values: Numbers | None = None) -> Numbers:
    """Return the earth mover's distance of each pair of rows.

    :param one: Shape (rows, k): counts or shares.
    :param other: The same.
    :param values: Shape (k,), ascending: what categories stand for, as on a scale; the distance is in their unit. None:
        candidates, all equally far apart: the share of people who would have to choose another one, 0 to 1.
    """
    with np.errstate(invalid="ignore"):
        apart = one / one.sum(axis=1, keepdims=True) - other / other.sum(axis=1, keepdims=True)
    if values is None:
        return np.asarray(np.abs(apart).sum(axis=1) / 2)
    return np.asarray(np.abs(np.cumsum(apart, axis=1)[:, :-1]) @ np.diff(values))


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far apart two groups are on the items that both answered."""

    distance: float
    """Jensen-Shannon distance (base BASE, ROOT), averaged over items."""
    null: float
    """Mean of the same when people are dealt to the groups at random."""
    p: float
    """Share of those deals that come out at least as far apart, the data counted among them (one-sided)."""
    permutations: int
    interval: Interval
    """95 % interval of the excess."""
    items: int
    people: tuple[int, int]
    """Of each group, on those items."""
    choices: tuple[int, int]
    base: int = BASE
    root: str = ROOT

    @property
    def excess(self) -> float:
        """How much farther apart than groups that are alike: about 0 for those, at most 1."""
        return self.distance - self.null


def between_groups(
    rows: Rows, groups: Codes, *, seed: int, blocks: Codes | None = None, fewest: int = FEWEST, permutations: int = 1000
) -> Apart | None:
    """Compare the people of group 1 with those of group 0, item by item.

    The null deals whole people, with all their choices, to groups within blocks: rows of one person are not
    exchangeable with those of others, and people of one country are not with those of another.

    :param rows: The choices; one person chooses in an item once.
    :param groups: Shape (people,): 0, 1, or below 0 for who is in neither.
    :param blocks: Shape (people,): people are exchanged within equal numbers only, as within a country; None: all are.
    :param fewest: Items in which a group has fewer people are left out.
    :return: None where no item is left, or nobody could be exchanged: then there is nothing to report.
    """
    kept = _compared(rows, groups, fewest)
    present = np.unique(kept.people)
    if not len(present):
        return None
    people, of = _renumbered(kept, present), groups[present]
    within = np.zeros(len(present), dtype=np.int64) if blocks is None else blocks[present]
    dealt = _deals(of, within, seed=seed, count=permutations)
    if np.all(dealt == of[:, None]):
        return None
    found = _mean_distances(people, np.asarray(of[:, None], dtype=float))[0]
    drawn = np.concatenate(
        [_mean_distances(people, dealt[:, start : start + _AT_ONCE]) for start in range(0, permutations, _AT_ONCE)]
    )
    null = float(np.nanmean(drawn))
    spread = _standard_error(people, of)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * spread if spread is not None else None
    sides = [of[people.people] == side for side in (0, 1)]
    return Apart(
        distance=float(found),
        null=null,
        p=float((1 + np.sum(drawn >= found - 1e-12)) / (1 + permutations)),
        permutations=permutations,
        interval=None if half is None else (float(found) - null - half, float(found) - null + half),
        items=len(np.unique(people.items)),
        people=(int(np.sum(of == 0)), int(np.sum(of == 1))),
        choices=(int(sides[0].sum()), int(sides[1].sum())),
    )


def _compared(rows: Rows, groups: Codes, fewest: int) -> Rows:
    """Return the choices of both groups on items in which each has enough people."""
    inside = rows.where(groups[rows.people] >= 0)
    items = int(inside.items.max(initial=-1)) + 1
    counts = [np.bincount(inside.items[groups[inside.people] == side], minlength=items) for side in (0, 1)]
    enough = (counts[0] >= max(1, fewest)) & (counts[1] >= max(1, fewest))
    return inside.where(enough[inside.items])


def _renumbered(rows: Rows, present: Codes) -> Rows:
    _numbers, items = np.unique(rows.items, return_inverse=True)
    return Rows(items=items, people=np.searchsorted(present, rows.people), categories=rows.categories)


def _deals(of: Codes, blocks: Codes, *, seed: int, count: int) -> Numbers:
    """Return groups dealt anew within blocks, shape (people, count)."""
    random = np.random.default_rng(seed)
    dealt = np.empty((len(of), count))
    for block in np.unique(blocks):
        inside = np.flatnonzero(blocks == block)
        # Sorting random numbers by column shuffles each deal by itself.
        dealt[inside] = of[inside][np.argsort(random.random((len(inside), count)), axis=0)]
    return dealt


def _mean_distances(rows: Rows, groups: Numbers) -> Numbers:
    """Return the mean distance over items for each way to group people, shape (ways,).

    :param groups: Shape (people, ways), 0 or 1.
    """
    items, categories = int(rows.items.max()) + 1, int(rows.categories.max()) + 1
    cells, count = rows.items * categories + rows.categories, items * categories
    one = np.stack([np.bincount(cells, weights=way, minlength=count) for way in groups[rows.people].T])
    sides = [
        np.asarray(side, dtype=float).reshape(-1, categories)
        for side in (one, np.bincount(cells, minlength=count) - one)
    ]
    # A deal may leave an item to one group alone; it then says nothing about it.
    return np.asarray(np.nanmean(js_distance(*sides).reshape(-1, items), axis=1))


def _standard_error(rows: Rows, of: Codes) -> float | None:
    items, categories = int(rows.items.max()) + 1, int(rows.categories.max()) + 1
    votes = [rows.where(of[rows.people] == side).votes(items, categories) for side in (0, 1)]
    left = np.empty(len(rows.items))
    for side in (0, 1):
        mine = of[rows.people] == side
        left[mine] = js_distance(without_each(rows.where(mine), votes[side]), votes[1 - side][rows.items[mine]])
    return clustered_error(rows, js_distance(*votes), left)


def without_each(rows: Rows, votes: Numbers) -> Numbers:
    """Return the votes of each row's item without that row, shape (choices, k)."""
    fewer = votes[rows.items]
    fewer[np.arange(len(fewer)), rows.categories] -= 1
    return fewer


def clustered_error(rows: Rows, distances: Numbers, left: Numbers) -> float | None:
    """Return the standard error of a mean distance, from leaving out people, items and choices in turn.

    The jackknife (Efron and Tibshirani 1993, chapter 11) for each way of clustering, put together as in Cameron,
    Gelbach and Miller, "Robust Inference with Multiway Clustering" (2011). Drawing again would not do: it adds to a
    distance the very bias that the null takes away.

    :param rows: The choices; a person chooses in an item once.
    :param distances: Shape (items,).
    :param left: Shape (choices,): the distance of the row's item without that row.
    :return: None where an item is empty without one of its rows, or there is one item alone.
    """
    if not np.isfinite(left).all() or len(distances) < 2:
        return None
    changes: Numbers = (left - distances[rows.items]) / len(distances)
    # Those who chose, and nobody else: numbers of others would count as people whom nothing changes without.
    _numbers, people = np.unique(rows.people, return_inverse=True)
    of_people: Numbers = np.bincount(people, weights=changes).astype(float)
    of_items = (distances.mean() - distances) / (len(distances) - 1)
    variances = [_jackknife(np.asarray(each)) for each in (of_people, of_items, changes)]
    return sqrt(max(variances[0] + variances[1] - variances[2], variances[0], variances[1]))


def _jackknife(changes: Numbers) -> float:
    return float((len(changes) - 1) / len(changes) * np.sum((changes - changes.mean()) ** 2))
