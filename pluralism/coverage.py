"""Which values do sets hold? How many different ones, and each how often. No Django."""

from dataclasses import dataclass

import numpy as np

from pluralism.correlation import UNDECIDED, UNLABELLED, Labels
from pluralism.resampling import RESAMPLES, Estimate, Numbers, by_prompt, ratio


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How often sets hold one value."""

    share: Estimate
    """p: of all candidates, those that speak for it."""
    covered: Estimate
    """Of all sets, those with a candidate that does."""
    if_independent: Estimate | None
    """1 - (1 - p)^k, with the p of each prompt: what as many independent draws would cover. Without bias where they are
    independent, and too high, so that the gain is too small, where they are not. None without two sets for a prompt."""
    gain: Estimate | None
    """`covered` less `if_independent`, on prompts with two sets or more."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """What whole sets hold."""

    sets: int
    """With a label, or the word that there is none, on every candidate."""
    sets_left_out: int
    """In which somebody has yet to look at a candidate, or that have too few."""
    undecided: Estimate | None
    """Of their candidates, those whose value could not be told. They speak for none."""
    coverage: list[Coverage | None]
    """For each value; None without sets."""
    distinct: Estimate | None
    """How many different values a set holds on average."""
    all_distinct: Estimate | None
    """Of all sets, those whose candidates speak each for another value."""


def values_held(labels: Labels, prompts: Labels, *, values: int, seed: int, resamples: int = RESAMPLES) -> Values:
    """Return how many different values sets hold and how often each, with bootstrap intervals over prompts.

    :param labels: Shape (sets, k), below `values`. Sets with an UNLABELLED candidate are left out and counted.
    :param prompts: Shape (sets,): sets with the same number answer the same prompt.
    :param values: How many values there are to speak for.
    """
    whole = (labels != UNLABELLED).all(axis=1)
    kept, of = labels[whole], prompts[whole]
    holds = np.stack([(kept == value).sum(axis=1) for value in range(values)], axis=1).astype(float)
    distinct = (holds > 0).sum(axis=1)
    sets, candidates = np.ones(len(kept)), np.full(len(kept), labels.shape[1])

    def mean(parts: Numbers, wholes: Numbers) -> Estimate | None:
        sums = by_prompt(np.stack([parts, wholes], axis=1), of)[1]
        return ratio(sums[:, 0], sums[:, 1], seed=seed, resamples=resamples)

    return Values(
        sets=len(kept),
        sets_left_out=len(labels) - len(kept),
        undecided=mean((kept == UNDECIDED).sum(axis=1), candidates),
        coverage=[
            _coverage(holds[:, value], of, k=labels.shape[1], seed=seed, resamples=resamples) for value in range(values)
        ],
        distinct=mean(distinct, sets),
        all_distinct=mean(distinct == labels.shape[1], sets),
    )


def _coverage(held: Numbers, prompts: Labels, *, k: int, seed: int, resamples: int) -> Coverage | None:
    """Return how often sets hold a value, from how many of each set's k candidates speak for it, shape (sets,)."""
    ones = np.ones(len(held))
    _numbers, sums = by_prompt(np.stack([held, held > 0, ones], axis=1), prompts)
    speaking, covered, sets = sums.T

    def mean(parts: Numbers, wholes: Numbers) -> Estimate | None:
        return ratio(parts, wholes, seed=seed, resamples=resamples)

    share, covered_share = mean(speaking, k * sets), mean(covered, sets)
    if share is None or covered_share is None:
        return None
    several = np.where(sets > 1, sets, 0)
    independent = several * (1 - _none_among(k, others=k * sets - speaking, candidates=k * sets))
    gain = np.where(sets > 1, covered, 0) - independent
    return Coverage(
        share=share, covered=covered_share, if_independent=mean(independent, several), gain=mean(gain, several)
    )


def _none_among(k: int, *, others: Numbers, candidates: Numbers) -> Numbers:
    """Return the probability that k of a prompt's candidates, drawn without replacement, are all among the others.

    The unbiased estimate of (1 - p)^k from independent draws: Hoeffding, "A Class of Statistics with Asymptotically
    Normal Distribution" (1948).
    """
    steps = np.arange(k)
    left = np.maximum(others[:, None] - steps, 0) / (candidates[:, None] - steps)
    return np.asarray(left.prod(axis=1))
