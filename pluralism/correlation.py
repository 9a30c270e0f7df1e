"""Do the values of one set avoid each other? Agreement within sets against agreement between sets. No Django.

With S the probability that two candidates of one set speak for the same value, and D the same for candidates of
different sets of one prompt,

    rho_w = (S - D) / (1 - D)

is 0 where candidates are drawn independently given the prompt, whatever its values and however they are distributed,
and below 0 where they avoid each other: -1 / (k - 1) at the lowest where values are equally likely. The correlation
across all prompts, without this comparison, reads independent draws as positively correlated when prompts differ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pluralism.resampling import RESAMPLES, Estimate, Numbers, estimate, quotient

Labels = NDArray[np.int64]
"""Shape (sets, k): the number of the value that each candidate speaks for."""

UNLABELLED = -1
"""Nobody has looked at this candidate, or there is none."""

UNDECIDED = -2
"""Somebody has looked and could not tell."""


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How the values within sets correlate, given the prompt."""

    rho_w: Estimate | None
    """None where no prompt can tell: all have fewer than two sets, or one value alone."""
    within: float | None
    """S: how often two candidates of one set agree, averaged over prompts."""
    between: float | None
    """D: how often candidates of different sets of one prompt agree, averaged over the same prompts."""
    floor: float | None
    """-D / (1 - D): rho_w if no two candidates of a set agreed."""
    prompts: int
    """Prompts that S and D are averaged over."""
    prompts_of_one_value: int
    """Those of them where D = 1: every candidate of every set agrees. They tell nothing either way."""
    prompts_with_too_few_sets: int
    """Left out: without two sets that have labels, or without a set that has two."""

    @property
    def is_negative(self) -> bool:
        """Whether the sampler is negatively correlated: the whole interval lies below zero."""
        return self.rho_w is not None and self.rho_w.is_negative


def correlation(labels: Labels, prompts: Labels, *, seed: int, resamples: int = RESAMPLES) -> Correlation:
    """Return how the values within sets correlate, with a bootstrap interval over prompts.

    For a part of each set alone, as the negatively-correlated part of 3+1 sets, give the others as UNLABELLED.

    :param labels: Shape (sets, k). Pairs with a negative label are left out.
    :param prompts: Shape (sets,): sets with the same number answer the same prompt.
    """
    agreement = agreement_by_prompt(labels, prompts)
    usable = agreement[~np.isnan(agreement).any(axis=1)]
    within, between = usable.mean(axis=0) if len(usable) else (None, None)
    return Correlation(
        rho_w=estimate(_columns(usable), quotient, seed=seed, resamples=resamples),
        within=None if within is None else float(within),
        between=None if between is None else float(between),
        floor=None if between is None or between == 1 else float(-between / (1 - between)),
        prompts=len(usable),
        prompts_of_one_value=int(np.sum(usable[:, 1] == 1)),
        prompts_with_too_few_sets=len(agreement) - len(usable),
    )


def difference_of_correlations(
    one: tuple[Labels, Labels], other: tuple[Labels, Labels], *, seed: int, resamples: int = RESAMPLES
) -> Estimate | None:
    """Return rho_w of one recipe less that of another, on the prompts that can tell for both, drawn together.

    :param one: Labels and prompts as in `correlation`.
    :param other: The same of the other recipe; prompts are matched by their numbers.
    :return: None where no prompt can tell for both.
    """
    sides = [
        dict(zip(np.unique(prompts), agreement_by_prompt(labels, prompts), strict=True))
        for labels, prompts in (one, other)
    ]
    both = [prompt for prompt in sides[0] if prompt in sides[1]]
    agreement = np.array([[*sides[0][prompt], *sides[1][prompt]] for prompt in both]).reshape(-1, 4)
    usable = agreement[~np.isnan(agreement).any(axis=1)]
    columns = np.concatenate([_columns(usable[:, :2]), _columns(usable[:, 2:])], axis=1)
    return estimate(columns, lambda sums: quotient(sums[:, :2]) - quotient(sums[:, 2:]), seed=seed, resamples=resamples)


def agreement_by_prompt(labels: Labels, prompts: Labels) -> Numbers:
    """Return S and D of each prompt, shape (different prompts, 2), in ascending order of their numbers.

    Both are unbiased: they count pairs of different candidates. Not a number where there is no pair.

    :param labels: Shape (sets, k). Pairs with a negative label are left out.
    :param prompts: Shape (sets,).
    """
    numbers, places = np.unique(prompts, return_inverse=True)
    counts = _counts(labels)
    of_set = counts.sum(axis=1)

    def summed(of_sets: Numbers) -> Numbers:
        return np.bincount(places, weights=of_sets, minlength=len(numbers)).astype(float)

    values = np.zeros((len(numbers), counts.shape[1]))
    np.add.at(values, places, counts)
    squares = summed((counts**2).sum(axis=1))
    pairs_within = summed(of_set * (of_set - 1))
    pairs_between = summed(of_set) ** 2 - summed(of_set**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = (squares - summed(of_set)) / pairs_within
        between = ((values**2).sum(axis=1) - squares) / pairs_between
    return np.stack([within, between], axis=1)


def _counts(labels: Labels) -> Numbers:
    """Return how often each value comes in each set, shape (sets, values)."""
    values = np.unique(labels[labels >= 0])
    return (
        np.stack([(labels == value).sum(axis=1) for value in values], axis=1).astype(float)
        if len(values)
        else (np.zeros((len(labels), 1)))
    )


def _columns(agreement: Numbers) -> Numbers:
    """Return what each prompt adds above and below the line of rho_w."""
    return np.stack([agreement[:, 0] - agreement[:, 1], 1 - agreement[:, 1]], axis=1)
