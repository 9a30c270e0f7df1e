"""Choices of people on items, and intervals that draw both again. No Django.

Choices of one person resemble each other, and so do choices on one item: neither rows nor items alone are independent.
Items and people are drawn with replacement, each by themselves, and a row counts as often as its item times as often
as its person: the pigeonhole bootstrap of Owen, "The Pigeonhole Bootstrap" (Annals of Applied Statistics 1, 2007). Its
intervals are somewhat too wide, never too narrow by more than a little.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

LEVEL = 0.95

Interval = tuple[float, float] | None
"""Both ends; None with fewer than two items or two people, who cannot say how much they differ."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Choices, one in each row."""

    items: Codes
    """Shape (choices,): the number of the item, from 0."""
    people: Codes
    """Shape (choices,): the number of the person, from 0."""
    categories: Codes
    """Shape (choices,): what was chosen, from 0."""

    def where(self, kept: NDArray[np.bool_]) -> "Rows":
        """Return some of the rows; items and people keep their numbers."""
        return Rows(items=self.items[kept], people=self.people[kept], categories=self.categories[kept])

    def votes(self, items: int, categories: int) -> Numbers:
        """Return how often each category was chosen, shape (items, categories)."""
        cells = np.bincount(self.items * categories + self.categories, minlength=items * categories)
        return cells.reshape(items, categories).astype(float)


@dataclass(frozen=True, kw_only=True)
class Times:
    """How often each was drawn."""

    items: Numbers
    """Shape (items,)."""
    people: Numbers
    """Shape (people,)."""


Statistic = Callable[[Rows, Times | None], float]
"""Returns a figure of rows, each counting as often as its item and person were drawn; NaN where it is undefined."""

Statistics = Callable[[Rows, Times], Numbers]
"""The same for several figures at once."""


def resampled(rows: Rows, statistic: Statistic, *, seed: int, resamples: int) -> Interval:
    """Return the 95 % percentile interval of a figure.

    :param statistic: Is given the rows and how often each item and person was drawn.
    :param seed: The same rows and seed give the same interval.
    """
    return intervals(rows, lambda of, times: np.array([statistic(of, times)]), seed=seed, resamples=resamples)[0]


def intervals(rows: Rows, statistics: Statistics, *, seed: int, resamples: int) -> list[Interval]:
    """Return the intervals of several figures of the same draws; [None] with too few items or people."""
    present = [np.unique(numbers) for numbers in (rows.items, rows.people)]
    if min(len(numbers) for numbers in present) < 2:
        return [None]
    random = np.random.default_rng(seed)
    drawn = np.array([statistics(rows, _drawn(present, random)) for _sample in range(resamples)])
    return [_between(figures) for figures in drawn.T]


def _between(drawn: Numbers) -> Interval:
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _drawn(present: list[Codes], random: np.random.Generator) -> Times:
    items, people = (_times(numbers, random) for numbers in present)
    return Times(items=items, people=people)


def _times(numbers: Codes, random: np.random.Generator) -> Numbers:
    times = np.zeros(int(numbers[-1]) + 1)
    times[numbers] = random.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)))
    return times
