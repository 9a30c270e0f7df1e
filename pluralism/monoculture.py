"""Where people and models stand on two axes of values, by the answers they prefer to the same prompts. No Django.

The comparison of the Community Alignment study: candidates are labelled by the poles that they speak for, people choose
among them, models answer the same prompts, and the question is how many people stand beyond every model on both axes.
(Answers to a questionnaire are another matter: pluralism.values.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pluralism.proportions import wilson_interval

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

AXES = 2

BASELINES = 200
"""How often people are made to choose at random."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where each person stands."""

    people: Codes
    """Shape (n,): their numbers, ascending."""
    positions: Numbers
    """Shape (n, 2): the mean pole of what they chose, -1 to 1 on each axis."""
    choices: Codes
    """Shape (n,): how many choices that rests on."""


def standing(people: Codes, poles: Numbers) -> Standing:
    """Return where people stand.

    :param people: Shape (choices,): the number of the person.
    :param poles: Shape (choices, 2): the poles of what was chosen: 1, -1, or 0 where it speaks for neither.
    """
    numbers, of, choices = np.unique(people, return_inverse=True, return_counts=True)
    sums = np.zeros((len(numbers), AXES))
    np.add.at(sums, of, poles)
    return Standing(people=numbers, positions=sums / choices[:, None], choices=choices)


def variance_net_of_noise(people: Codes, poles: Numbers) -> Numbers | None:
    """Return how much people differ on each axis, shape (2,), without the noise of their single choices.

    The mean product of two different choices of one person, less the square of the mean: what all split halves come to
    on average (Lord and Novick, "Statistical Theories of Mental Test Scores", 1968, chapter 9). It can come out a
    little below 0 where people do not differ. Choices must be of different items given at random.

    :param people: Shape (choices,).
    :param poles: Shape (choices, 2).
    :return: None with fewer than two people who chose twice.
    """
    numbers, of, choices = np.unique(people, return_inverse=True, return_counts=True)
    sums, squares = np.zeros((len(numbers), AXES)), np.zeros((len(numbers), AXES))
    np.add.at(sums, of, poles)
    np.add.at(squares, of, poles**2)
    twice = choices >= 2
    if twice.sum() < 2:
        return None
    products = (sums[twice] ** 2 - squares[twice]) / (choices[twice] * (choices[twice] - 1))[:, None]
    means = sums[twice] / choices[twice][:, None]
    # The square of the mean, from pairs of different people, so that it has no noise in it either.
    count = len(means)
    across = (means.sum(axis=0) ** 2 - (means**2).sum(axis=0)) / (count * (count - 1))
    return np.asarray(products.mean(axis=0) - across)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of people, beside what random choices would give."""

    share: float
    low: float
    high: float
    """95 % interval: Wilson's, people being independent."""
    people: int
    at_random: float
    """The same share if everybody had chosen at random among what they were offered."""


@dataclass(frozen=True, kw_only=True)
class Monoculture:
    """People of one group against all models."""

    beyond: Share
    """Above the lowest model on both axes: the figure that was 41 % in the Community Alignment study."""
    in_quadrant: Share
    """In the quadrant in which most models are."""
    quadrant: tuple[int, int]
    """That quadrant: 1 for the upper half of an axis, -1 for the lower one."""
    models_in_quadrant: float
    """Share of the models that are in it."""
    spread_of_people: Numbers | None
    """Variance of people on each axis net of response noise, shape (2,); None where it cannot be told."""
    spread_of_models: Numbers | None
    """Variance of models on each axis, shape (2,); None for one model."""


def compare(
    people: Codes, chosen: Numbers, offered: Numbers, models: Numbers, *, seed: int, fewest: int = 10
) -> Monoculture | None:
    """Compare people with models that answered the same prompts.

    :param people: Shape (choices,): the number of the person.
    :param chosen: Shape (choices, 2): the poles of what was chosen.
    :param offered: Shape (choices, k, 2): the poles of what was offered.
    :param models: Shape (models, 2): the mean pole of each model's answers to the same prompts.
    :param seed: Draws the random choices.
    :param fewest: Fewer people are not reported.
    :return: None with fewer people, or without a model.
    """
    stands = standing(people, chosen)
    if len(stands.people) < fewest or not len(models):
        return None
    quadrant = _quadrant(models)
    random = np.random.default_rng(seed)
    baselines = [_at_random(people, offered, models, quadrant, random) for _draw in range(BASELINES)]
    beyond, inside = np.mean(baselines, axis=0)
    return Monoculture(
        beyond=_share(_beyond(stands.positions, models), at_random=float(beyond)),
        in_quadrant=_share(_inside(stands.positions, quadrant), at_random=float(inside)),
        quadrant=(int(quadrant[0]), int(quadrant[1])),
        models_in_quadrant=float(_inside(models, quadrant).mean()),
        spread_of_people=variance_net_of_noise(people, chosen),
        spread_of_models=models.var(axis=0, ddof=1) if len(models) > 1 else None,
    )


def _beyond(positions: Numbers, models: Numbers) -> NDArray[np.bool_]:
    return np.asarray((positions > models.min(axis=0)).all(axis=1))


def _inside(positions: Numbers, quadrant: Codes) -> NDArray[np.bool_]:
    return np.asarray((positions * quadrant > 0).all(axis=1))


def _quadrant(models: Numbers) -> Codes:
    """Return the quadrant that most models are in; of several the first, from the upper right."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    return np.asarray(corners[int(np.argmax([_inside(models, corner).sum() for corner in corners]))])


def _at_random(
    people: Codes, offered: Numbers, models: Numbers, quadrant: Codes, random: np.random.Generator
) -> tuple[float, float]:
    picks = offered[np.arange(len(people)), random.integers(0, offered.shape[1], len(people))]
    positions = standing(people, picks).positions
    return float(_beyond(positions, models).mean()), float(_inside(positions, quadrant).mean())


def _share(flags: NDArray[np.bool_], *, at_random: float) -> Share:
    count, people = int(flags.sum()), len(flags)
    low, high = wilson_interval(count, people)
    return Share(share=count / people, low=low, high=high, people=people, at_random=at_random)
