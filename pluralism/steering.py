"""Does the answer that was steered to a group win with that group? No Django.

"Steerably pluralistic" models of Sorensen et al., "A Roadmap to Pluralistic Alignment" (2024), section 2.2.
"""

from math import nan

import numpy as np
from numpy.typing import NDArray

from pluralism.two_way import Rows, Times

Codes = NDArray[np.int64]

OTHER = -1
"""The answer says what no candidate says."""


def win_rate(rows: Rows, steered: Codes, unsteered: Codes, times: Times | None = None) -> float:
    """Return how often people choose the steered answer, of those who chose it or the unsteered one: 1/2 is no effect.

    By the independence of other candidates that Luce's choice model assumes, that is how often it would win between the
    two. Where both answers are the same candidate, its choosers count half. Items where an answer is OTHER are left
    out.

    :param rows: A group's choices.
    :param steered: Shape (items,): the candidate that the steered answer comes to.
    :param unsteered: Shape (items,): the same of the model as it is.
    :param times: How often each item and person was drawn; None: once.
    :return: 0 to 1; NaN where nobody chose either.
    """
    usable = (steered[rows.items] != OTHER) & (unsteered[rows.items] != OTHER)
    won = (rows.categories == steered[rows.items]) & usable
    lost = (rows.categories == unsteered[rows.items]) & usable
    weights = np.ones(len(won)) if times is None else times.items[rows.items] * times.people[rows.people]
    whole = float(weights @ (won | lost))
    return float(weights @ (won - 0.5 * (won & lost))) / whole if whole else nan


def misread(picks: Codes, *, right: float, k: int, random: np.random.Generator) -> Codes:
    """Return picks as they may truly be, when answers were mapped to candidates by somebody who is right so often.

    A wrong one becomes any other of the k candidates or OTHER, each as likely.

    :param picks: Shape (items,), OTHER to k - 1.
    """
    wrong = random.random(len(picks)) >= right
    return np.where(wrong, (picks + 1 + random.integers(1, k + 1, len(picks))) % (k + 1) - 1, picks)
