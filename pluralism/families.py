"""Many tests at once: p values of a family, corrected. No Django."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def holm(p_values: Numbers) -> Numbers:
    """Return p values that keep the chance of even one false alarm in the family below the level at which they are
    read: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).

    :param p_values: Shape (tests,).
    """
    order, tests = np.argsort(p_values, kind="stable"), len(p_values)
    corrected = np.empty(tests)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * np.arange(tests, 0, -1)))
    return corrected


def benjamini_hochberg(p_values: Numbers) -> Numbers:
    """Return p values that keep the share of false alarms among all alarms below the level at which they are read:
    Benjamini and Hochberg, "Controlling the False Discovery Rate" (1995).

    :param p_values: Shape (tests,), of tests that are independent or depend on each other positively.
    """
    order, tests = np.argsort(p_values, kind="stable")[::-1], len(p_values)
    corrected = np.empty(tests)
    corrected[order] = np.minimum(1, np.minimum.accumulate(p_values[order] * tests / np.arange(tests, 0, -1)))
    return corrected
