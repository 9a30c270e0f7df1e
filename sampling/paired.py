"""Means of figures per set, and their differences between recipes on the same prompts. Knows no Django."""

import numpy as np

from pluralism.correlation import Labels
from pluralism.resampling import Estimate, Numbers, by_prompt, difference, ratio

Column = tuple[Numbers, Labels]
"""A figure of each set (not a number where there is none) and the prompt of each set, shape (sets,)."""


def mean(column: Column, *, seed: int) -> Estimate | None:
    """Return the mean over sets with its interval over prompts; None where no set has the figure."""
    _prompts, sums = _sums(column)
    return ratio(sums[:, 0], sums[:, 1], seed=seed)


def less(one: Column, other: Column, *, seed: int) -> Estimate | None:
    """Return the mean of one recipe less that of another, on the prompts that both have; None where there are none."""
    prompts, sums = _sums(one)
    others, other_sums = _sums(other)
    _common, mine, its = np.intersect1d(prompts, others, return_indices=True)
    sides = [(found[:, 0], found[:, 1]) for found in (sums[mine], other_sums[its])]
    return difference(sides[0], sides[1], seed=seed)


def _sums(column: Column) -> tuple[Labels, Numbers]:
    figures, prompts = column
    there = ~np.isnan(figures)
    return by_prompt(np.stack([figures[there], np.ones(int(there.sum()))], axis=1), prompts[there])
