"""What several people, or several aims, get out of one answer, put together in the ways that are in use. No Django.

The benchmarks of Sorensen et al., "A Roadmap to Pluralistic Alignment" (ICML 2024, arXiv 2402.05070), section 3: many
objectives (which answers are not dominated), steering to a trade-off (how good is the answer that was steered to it),
juries (the welfare of explicit people). Every way to put values together is a choice that somebody makes: WARNINGS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isinf

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

SOURCES = {
    "choice share": "the share of a group that chose the answer, with half a choice added to each",
    "acceptability": "the share of a group to whom the answer is acceptable, with half a vote added to each side",
    "strength": "how strongly people preferred the answer, on the study's scale, above 0",
}
"""Where utilities come from; a figure of welfare says which."""

WARNINGS = {
    "tyranny of the majority": "A mean (alpha of 0) is high where a majority gains a little and a minority loses much.",
    "fanatical influence": "The worst-off person (alpha of infinity) decides alone, and so does whoever overstates.",
    "incommensurability": "Utilities of different people have no common unit; adding them up assumes that they have.",
}

ALPHAS = (0.0, 0.5, 1.0, 2.0, 5.0, inf)


class NotDefined(ValueError):
    """There is no such figure for these utilities."""


def welfare(utilities: Numbers, alpha: float, weights: Numbers | None = None) -> float:
    """Return w_alpha, the utility that would be as good if everybody had it: the mean at alpha 0, the geometric mean at
    1 (Nash), the smallest at infinity (Rawls).

    (mean of u^(1 - alpha))^(1 / (1 - alpha)): Atkinson, "On the Measurement of Inequality" (1970); Moulin, "Fair
    Division and Collective Welfare" (2004), chapter 3; used on answers of models by Bakker et al., "Fine-tuning
    Language Models to Find Agreement among Humans with Diverse Preferences" (NeurIPS 2022).

    :param utilities: Shape (jurors,), all above 0.
    :param alpha: 0 to infinity: how much more the worse-off count.
    :param weights: Shape (jurors,), above 0; None: all count the same. At infinity they make no difference.
    :raises NotDefined: if a utility is not above 0, there is none, or alpha is below 0.
    """
    return float(welfare_of_each(utilities[:, None], alpha, weights)[0])


def welfare_of_each(utilities: Numbers, alpha: float, weights: Numbers | None = None) -> Numbers:
    """Return the welfare of several cases, shape (cases,).

    :param utilities: Shape (jurors, cases); and so on as in `welfare`.
    """
    if not len(utilities) or not np.all(utilities > 0) or not np.isfinite(utilities).all():
        raise NotDefined("utilities must be above 0")
    if not alpha >= 0:
        raise NotDefined("alpha is 0 or more")
    if isinf(alpha):
        return np.asarray(utilities.min(axis=0))
    if alpha == 1:
        return np.exp(np.average(np.log(utilities), axis=0, weights=weights))
    # Scaled by the smallest, so that a large alpha neither overflows nor vanishes.
    least = utilities.min(axis=0)
    means = np.average((utilities / least) ** (1 - alpha), axis=0, weights=weights)
    return np.asarray(least * np.exp(np.log(means) / (1 - alpha)))


def satisfied(utilities: Numbers, threshold: float, weights: Numbers | None = None) -> float:
    """Return the share of jurors whose utility reaches a threshold.

    :param utilities: Shape (jurors,).
    :raises NotDefined: without jurors.
    """
    if not len(utilities):
        raise NotDefined("there is no juror")
    return float(np.average(utilities >= threshold, weights=weights))


def non_dominated(points: Numbers) -> Flags:
    """Return which points no other is at least as good as in everything and better than in something, shape (n,).

    :param points: Shape (n, objectives): more is better. Equal points do not dominate each other.
    """
    at_least = (points[:, None, :] >= points[None, :, :]).all(axis=2)
    better = (points[:, None, :] > points[None, :, :]).any(axis=2)
    return ~np.asarray((at_least & better).any(axis=0))


def hypervolume(points: Numbers, reference: Numbers) -> float:
    """Return the volume between the points and a reference that they all should exceed: Zitzler and Thiele,
    "Multiobjective Optimization Using Evolutionary Algorithms" (1998), by slicing. What lies below it adds nothing.

    :param points: Shape (n, objectives): more is better. Meant for tens of points and a handful of objectives.
    :param reference: Shape (objectives,), the worst that counts.
    """
    above = np.maximum(points - reference, 0)
    return _volume(above[(above > 0).all(axis=1)])


def _volume(points: Numbers) -> float:
    if not len(points):
        return 0.0
    if points.shape[1] == 1:
        return float(points.max())
    heights = np.unique(points[:, -1])
    thick = np.diff(heights, prepend=0.0)
    return float(
        sum(
            depth * _volume(points[points[:, -1] >= height][:, :-1])
            for height, depth in zip(heights, thick, strict=True)
        )
    )


Commensurating = Callable[[Numbers], float]
"""Puts the objectives of one point, shape (objectives,), into one number."""


def weighted(weights: Numbers) -> Commensurating:
    """Return the function that adds objectives up, each by its weight; weights are scaled to 1.

    :raises NotDefined: if a weight is below 0, or all are 0.
    """
    if np.any(weights < 0) or not weights.sum():
        raise NotDefined("weights are 0 or more, and not all 0")
    shares = weights / weights.sum()
    return lambda point: float(point @ shares)


def worst(point: Numbers) -> float:
    """Return the smallest objective."""
    return float(point.min())


@dataclass(frozen=True, kw_only=True)
class Steering:
    """How well a model follows trade-offs."""

    reached: list[float]
    """f(M_f): each trade-off's own figure of the answers that were steered to it."""
    unsteered: list[float]
    """f(M): the same of the answers that were not steered."""

    @property
    def total(self) -> float:
        """The sum of f(M_f)."""
        return sum(self.reached)

    @property
    def gain(self) -> float:
        """What steering adds to the average trade-off."""
        return (self.total - sum(self.unsteered)) / len(self.reached)


def steering(functions: Sequence[Commensurating], steered: Numbers, unsteered: Numbers) -> Steering:
    """Return how well a model follows trade-offs: Sorensen et al. 2024, "trade-off steerable" benchmarks.

    :param functions: The trade-offs.
    :param steered: Shape (functions, objectives): of the model as it was steered to each.
    :param unsteered: Shape (objectives,): of the model as it is.
    :raises NotDefined: without any trade-off.
    """
    if not functions:
        raise NotDefined("there is no trade-off")
    return Steering(
        reached=[one(point) for one, point in zip(functions, steered, strict=True)],
        unsteered=[one(unsteered) for one in functions],
    )


def smoothed_shares(votes: Numbers, *, added: float = 0.5) -> Numbers:
    """Return the share of each column in its row, above 0: with so much added to each (Jeffreys' prior at one half).

    :param votes: Shape (rows, k): counts.
    """
    whole = votes.sum(axis=1, keepdims=True) + added * votes.shape[1]
    return np.asarray((votes + added) / whole)


def sortition(strata: NDArray[np.int64], seats: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Draw a jury: so many people of each stratum, at random; return their places, in ascending order.

    :param strata: Shape (people,): the stratum of each; below 0: cannot be drawn.
    :param seats: Shape (strata,).
    :raises NotDefined: if a stratum has fewer people than seats.
    """
    random = np.random.default_rng(seed)
    drawn = []
    for stratum, wanted in enumerate(seats):
        people = np.flatnonzero(strata == stratum)
        if wanted > len(people):
            raise NotDefined(f"{wanted} seats for stratum {stratum}, which has {len(people)} people")
        drawn.append(random.choice(people, int(wanted), replace=False))
    return np.sort(np.concatenate(drawn)) if drawn else np.zeros(0, dtype=np.int64)
