"""Where people stand on two axes of values, from their answers to a questionnaire.

An answer is an item's score z (standardised by the mean and deviation that the scale states) and is taken for the sum
of the item's loadings times the person's position f, plus noise of equal size in every item: z = L f + e. The position
is the one that leaves the least squared rest over the items that the person answered, which is Bartlett's factor score
(M. S. Bartlett, "The statistical conception of mental factors", British Journal of Psychology 28, 1937) for equal
uniquenesses. An item that was skipped says nothing, and is not filled in with an average.

The axes are those of the loadings that are given. With the loadings of R. Inglehart and C. Welzel, "Modernization,
Cultural Change, and Democracy" (2005), table 2.1, and the official wordings, they are traditional against
secular-rational values and survival against self-expression values. Positions of any other items are on a map of their
own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

AXES = 2

CALIBRATED = "calibrated"
UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What turns answers to n items into positions."""

    loadings: NDArray[np.float64]
    """n x 2: how much each item says about each axis."""
    means: NDArray[np.float64]
    """n: the mean answer in the population of the loadings, in the unit of the answers."""
    deviations: NDArray[np.float64]
    """n: the standard deviation there, in the same unit; above 0."""
    source: str = ""
    """The publication that the loadings were taken from; empty where nobody has published them."""
    paraphrase: bool = True
    """Whether the items are in other words than those of the source."""

    def __post_init__(self) -> None:
        items = len(self.loadings)
        if self.loadings.shape != (items, AXES) or self.means.shape != (items,) or self.deviations.shape != (items,):
            raise ValueError("loadings are n x 2, means and deviations n, for the same n items")
        if not (np.isfinite(self.loadings).all() and np.isfinite(self.means).all()):
            raise ValueError("loadings and means are finite numbers")
        if not (np.isfinite(self.deviations).all() and (self.deviations > 0).all()):
            raise ValueError("deviations are above 0")

    @property
    def calibration(self) -> str:
        """Whether positions mean what a cited source says they mean."""
        return CALIBRATED if self.source.strip() else UNCALIBRATED

    @property
    def on_published_map(self) -> bool:
        """Whether positions may be drawn on the map of the source: with its loadings and in its own words only."""
        return self.calibration == CALIBRATED and not self.paraphrase


def positions(answers: ArrayLike, scale: Scale) -> NDArray[np.float64]:
    """Return where people stand: m x 2, in standard deviations of the scale's population.

    A row is NaN where the answers do not settle both axes: fewer than two, or items that all load alike.

    :param answers: m x n, in the unit of the scale's means; NaN where a question was skipped.
    :raises ValueError: if there are not as many columns as the scale has items.
    """
    given = np.asarray(answers, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != len(scale.loadings):
        raise ValueError("answers are m x n, with a column for each item of the scale")
    scores = (given - scale.means) / scale.deviations
    found = np.full((len(given), AXES), np.nan)
    # People who skipped the same items are solved together.
    answered = np.isfinite(scores)
    patterns, which = np.unique(answered, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        loadings = scale.loadings[pattern]
        if np.linalg.matrix_rank(loadings) == AXES:
            people = which.ravel() == number
            found[people] = np.linalg.lstsq(loadings, scores[people][:, pattern].T, rcond=None)[0].T
    return found


def pinned(
    found: NDArray[np.float64], groups: NDArray[np.int64], anchors: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """Return positions with each axis turned so that one group stands above another on average.

    Which way a factor points is arbitrary; anchors, such as two countries whose order a cited map shows, settle it.

    :param found: m x 2.
    :param groups: m: the group of each person.
    :param anchors: For each axis the group that stands lower and the one that stands higher.
    :raises ValueError: if an anchor has nobody with a position, or two anchors stand at the same place.
    """
    turned = found.copy()
    for axis, (lower, higher) in enumerate(anchors):
        means = [_mean_of(found[groups == group, axis]) for group in (lower, higher)]
        if means[0] == means[1]:
            raise ValueError("the anchors of an axis stand at the same place")
        turned[:, axis] *= np.sign(means[1] - means[0])
    return turned


def _mean_of(places: NDArray[np.float64]) -> float:
    known = places[np.isfinite(places)]
    if not len(known):
        raise ValueError("an anchor has nobody with a position")
    return float(known.mean())
