"""Pay by the hour. Knows no Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

FEWEST_SECONDS = 60
"""Whoever worked less than this has no hourly pay that says anything."""


def hourly(amount: float, seconds: float) -> float | None:
    """Return what an hour paid; None for less than a minute."""
    return amount * 3600 / seconds if seconds >= FEWEST_SECONDS else None


@dataclass(frozen=True)
class Spread:
    """Hourly pay of several people."""

    people: int
    median: float
    tenth: float
    """One in ten had less than this; of fewer than ten people the least."""


def spread(rates: Sequence[float]) -> Spread | None:
    """Return the middle and the lower end of hourly rates; None of nobody.

    The tenth percentile is that of the sample (linear between two people), so that it is never below the least.
    """
    if not rates:
        return None
    tenth = quantiles(rates, n=10, method="inclusive")[0] if len(rates) >= 10 else min(rates)
    return Spread(people=len(rates), median=median(rates), tenth=tenth)
