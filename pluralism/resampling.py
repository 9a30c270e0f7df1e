"""Intervals by drawing again: the prompts are drawn, and all that was measured on a prompt comes with it. No Django.

Sets for one prompt resemble each other, so prompts are the units, not sets: Efron and Tibshirani, "An Introduction to
the Bootstrap" (1993), chapters 8 (units) and 13 (percentile intervals). With few prompts percentile intervals are too
narrow; they are widened as the interval of a mean is by Student's t: the expanded percentile interval of Hesterberg,
"What Teachers Should Know about the Bootstrap" (2015, arXiv 1411.5279).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RESAMPLES = 2000
LEVEL = 0.95

_AT_ONCE = 100

_ROUNDING = 1e-12
"""Within this of zero a figure is zero: sums of shares do not come out exact."""

_REMEMBERED = 20_000_000
"""Samples of so many prompts altogether are remembered, at a byte each."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float | None
    """Lower end of the 95 % interval; None where one prompt alone cannot say how much prompts differ."""
    high: float | None
    prompts: int
    """On how many prompts it rests."""

    @property
    def is_negative(self) -> bool:
        """Whether the whole interval lies below zero."""
        return self.high is not None and self.high < -_ROUNDING

    @property
    def is_positive(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.low is not None and self.low > _ROUNDING


Statistic = Callable[[Numbers], Numbers]
"""Takes sums over prompts, shape (samples, columns); returns one figure for each, not a number where undefined."""


def estimate(columns: Numbers, statistic: Statistic, *, seed: int, resamples: int = RESAMPLES) -> Estimate | None:
    """Return a figure that is a function of sums over prompts, with its percentile interval.

    :param columns: Shape (prompts, columns): what each prompt adds to each sum.
    :param seed: Draws the prompts; the same seed draws the same ones from as many.
    :param resamples: How often as many prompts are drawn with replacement.
    :return: None where the figure is undefined, as the share of nothing.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(columns.sum(axis=0, keepdims=True))[0]) if len(columns) else np.nan
        if not np.isfinite(value):
            return None
        low, high = _interval(columns, statistic, seed=seed, resamples=resamples)
    return Estimate(value=value, low=low, high=high, prompts=len(columns))


def ratio(parts: Numbers, wholes: Numbers, *, seed: int, resamples: int = RESAMPLES) -> Estimate | None:
    """Return the sum of `parts` over the sum of `wholes`, both of shape (prompts,): a share, or a mean per set.

    Prompts that add nothing to the whole are left out and not counted.

    :return: None where the whole is nothing.
    """
    counted = wholes != 0
    columns = np.stack([parts[counted], wholes[counted]], axis=1).astype(float)
    return estimate(columns, quotient, seed=seed, resamples=resamples)


def difference(one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers], *, seed: int) -> Estimate | None:
    """Return one ratio less another on the same prompts, drawn together (the paired bootstrap).

    :param one: Parts and wholes as in `ratio`, shape (prompts,) each.
    :param other: The same for the same prompts, in the same order. Prompts without a whole in both are left out.
    :return: None where no prompt is in both.
    """
    counted = (one[1] != 0) & (other[1] != 0)
    columns = np.stack([side[counted] for side in (*one, *other)], axis=1).astype(float)
    return estimate(columns, lambda sums: quotient(sums[:, :2]) - quotient(sums[:, 2:]), seed=seed)


def by_prompt(columns: Numbers, prompts: NDArray[np.int64]) -> tuple[NDArray[np.int64], Numbers]:
    """Return the different prompts in ascending order, shape (prompts,), and the sums of each, (prompts, columns).

    :param columns: Shape (sets, columns).
    :param prompts: Shape (sets,): sets with the same number answer the same prompt.
    """
    numbers, places = np.unique(prompts, return_inverse=True)
    sums = np.zeros((len(numbers), columns.shape[1]))
    np.add.at(sums, places, columns)
    return numbers, sums


def quotient(sums: Numbers) -> Numbers:
    """Return the first column over the second, shape (samples,)."""
    return np.asarray(sums[:, 0] / sums[:, 1])


def _interval(
    columns: Numbers, statistic: Statistic, *, seed: int, resamples: int
) -> tuple[float, float] | tuple[None, None]:
    prompts = len(columns)
    if prompts < 2:
        return None, None
    remember = prompts * resamples <= _REMEMBERED
    samples = (_remembered if remember else _samples)(prompts, seed, resamples)
    drawn = [statistic(times.astype(float) @ columns) for times in samples]
    figures = np.concatenate(drawn)
    tail = _tail(prompts)
    low, high = np.quantile(figures[np.isfinite(figures)], [tail, 1 - tail])
    return float(low), float(high)


def _samples(prompts: int, seed: int, resamples: int) -> Iterator[NDArray[np.uint8]]:
    """Yield how often each prompt is drawn, shape (samples, prompts), in portions that fit into little memory."""
    random = np.random.default_rng(seed)
    for start in range(0, resamples, _AT_ONCE):
        times = random.multinomial(prompts, np.full(prompts, 1 / prompts), size=min(_AT_ONCE, resamples - start))
        # More than 255 times the same one of so many: never.
        yield times.astype(np.uint8)


@lru_cache(maxsize=4)
def _remembered(prompts: int, seed: int, resamples: int) -> Iterable[NDArray[np.uint8]]:
    # Drawing takes twenty times as long as the sums, and all figures of a table draw the same samples.
    return list(_samples(prompts, seed, resamples))


def _tail(n: int) -> float:
    """Return which share of the samples lies beyond each end of an interval from so many prompts."""
    return NormalDist().cdf(-sqrt(n / (n - 1)) * _student(n - 1))


def _student(freedom: int) -> float:
    """Return the deviate of a LEVEL interval by Student's t: Abramowitz and Stegun (1964), 26.7.5.

    1 % too small with 3 degrees of freedom, a quarter with 1, which makes no difference to so few prompts.
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
