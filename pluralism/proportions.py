"""Shares of things that are counted one by one. No Django."""

from math import sqrt

_Z = 1.959964
"""The normal deviate of a 95 % interval."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson (1927), which stays within 0 and 1 and holds for few trials.

    :param trials: At least 1.
    :raises ValueError: if there are no trials, or more successes than trials.
    """
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} of {trials} is no share")
    share, shrunk = successes / trials, _Z**2 / trials
    middle = (share + shrunk / 2) / (1 + shrunk)
    half = _Z * sqrt(share * (1 - share) / trials + shrunk / (4 * trials)) / (1 + shrunk)
    return max(0.0, middle - half), min(1.0, middle + half)
