"""What makes a candidate be chosen: its place on the screen, its length, what it speaks for. No Django."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import logsumexp
from scipy.stats import chi2

from pluralism.two_way import LEVEL

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

_STEPS = 100
_FAR = 15.0
"""A term beyond this turns any choice into a certainty: the data do not bound it."""


class Undefined(Exception):
    """The choices do not settle what was asked."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place on the screen."""

    chosen: int
    share: float
    low: float
    high: float
    """95 % interval over people."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """How often each place was chosen."""

    places: list[Place]
    choices: int
    people: int
    p: float | None
    """Of the hypothesis that all are chosen as often; None where there are too few people to tell."""


def position_effect(places: Codes, people: Codes, *, k: int) -> Places:
    """Return how often each place of the screen was chosen, and whether that could be chance.

    Orders are drawn at random, so without habits of place each is chosen in one of k cases, whatever the candidates.
    People keep their habits: the test is Wald's on the sums of each person, not chi-square on choices.

    :param places: Shape (choices,), from 0: where the chosen candidate stood.
    :param people: Shape (choices,): the number of the person.
    :raises Undefined: without any choice.
    """
    if not len(places):
        raise Undefined("nobody chose")
    numbers, of = np.unique(people, return_inverse=True)
    counts = np.zeros((len(numbers), k))
    np.add.at(counts, (of, places), 1)
    shares, whole = counts.sum(axis=0) / len(places), counts.sum(axis=1, keepdims=True)
    spread = _spread(counts - whole * shares) / len(places) ** 2
    halves = _normal() * np.sqrt(np.diag(spread))
    return Places(
        places=[
            Place(
                chosen=int(chosen),
                share=float(share),
                low=max(0.0, float(share - half)),
                high=min(1.0, float(share + half)),
            )
            for chosen, share, half in zip(counts.sum(axis=0), shares, halves, strict=True)
        ],
        choices=len(places),
        people=len(numbers),
        p=_wald((counts - whole / k)[:, 1:]),
    )


def _spread(scores: Numbers) -> Numbers:
    """Return the covariance of a sum over clusters, from the sum of each, shape (clusters, terms)."""
    clusters = len(scores)
    return np.asarray(scores.T @ scores * (clusters / (clusters - 1) if clusters > 1 else np.nan))


def _wald(scores: Numbers) -> float | None:
    """Return the p value of the hypothesis that sums over clusters are 0, shape (clusters, terms)."""
    if len(scores) <= 2 * scores.shape[1]:
        return None
    total, spread = scores.sum(axis=0), _spread(scores)
    if np.linalg.matrix_rank(spread) < len(total):
        return None
    return float(chi2.sf(total @ np.linalg.solve(spread, total), len(total)))


@dataclass(frozen=True, kw_only=True)
class Term:
    """One coefficient: by how much a candidate's log odds of being chosen rise with one unit."""

    value: float
    error: float
    """Standard error, clustered by person."""

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        half = _normal() * self.error
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """Of the hypothesis that it is 0, two-sided."""
        return 2 * (1 - NormalDist().cdf(abs(self.value) / self.error)) if self.error else 0.0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Coefficients with their covariance."""

    values: Numbers
    covariance: Numbers

    def terms(self) -> list[Term]:
        """Return each coefficient by itself."""
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0))
        return [Term(value=float(value), error=float(error)) for value, error in zip(self.values, errors, strict=True)]


def conditional_logit(terms: Numbers, chosen: Codes, people: Codes) -> Fit:
    """Return what each term adds to the log odds of being chosen.

    McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior" (1974), by Newton's method; errors by Liang
    and Zeger, "Longitudinal Data Analysis Using Generalized Linear Models" (1986), clustered by person.

    :param terms: Shape (choices, k, terms): of each candidate that was offered. A candidate that was not offered has
        NaN throughout.
    :param chosen: Shape (choices,): which of the k.
    :param people: Shape (choices,): the number of the person.
    :raises Undefined: if the choices do not settle a term: it never differs within a set, goes along with others, or
        always goes with being chosen.
    """
    offered = np.asarray(~np.isnan(terms).any(axis=2))
    known = np.where(offered[:, :, None], terms, 0.0)
    picked = known[np.arange(len(chosen)), chosen]
    values = np.zeros(terms.shape[2])
    for _step in range(_STEPS):
        scores, information = _slope(known, offered, picked, values)
        if not len(scores) or np.linalg.cond(information) > 1e12:
            raise Undefined("a term never differs between candidates of one set, or goes along with others")
        step = np.linalg.solve(information, scores.sum(axis=0))
        # A long step may overshoot; the likelihood is concave, so short ones arrive.
        values = values + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(values).max() > _FAR:
            raise Undefined("a term always goes with being chosen, or with not being chosen")
        if np.abs(step).max() < 1e-10:
            break
    scores, information = _slope(known, offered, picked, values)
    inverse = np.linalg.inv(information)
    numbers, of = np.unique(people, return_inverse=True)
    by_person = np.zeros((len(numbers), len(values)))
    np.add.at(by_person, of, scores)
    return Fit(values=values, covariance=inverse @ _spread(by_person) @ inverse)


def _slope(terms: Numbers, offered: NDArray[np.bool_], picked: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the slope of each choice's log likelihood, shape (choices, terms), and the information of all."""
    utilities = np.where(offered, terms @ values, -np.inf)
    chances = np.exp(utilities - logsumexp(utilities, axis=1, keepdims=True))
    means = np.einsum("nk,nkt->nt", chances, terms)
    apart = terms - means[:, None, :]
    return picked - means, np.einsum("nk,nks,nkt->st", chances, apart, apart)


def slot_and_length(places: Codes, lengths: Numbers) -> Numbers:
    """Return the terms of places (each against the first) and of length, shape (choices, k, k).

    The last term is the binary logarithm of the length: its coefficient is what twice the length adds. Places are drawn
    at random, so their terms are causes; lengths are not, and theirs is an association.

    :param places: Shape (choices, k): where each candidate stood, from 0.
    :param lengths: Shape (choices, k), above 0, in any unit.
    """
    k = places.shape[1]
    slots = (places[:, :, None] == np.arange(1, k)).astype(float)
    return np.concatenate([slots, np.log2(lengths)[:, :, None]], axis=2)


def strengths(alternatives: Codes, chosen: Codes, people: Codes, *, kinds: int) -> list[Term]:
    """Return how strongly each kind of candidate draws choices: log strengths that add up to 0.

    The Plackett-Luce model on first choices (Luce, "Individual Choice Behavior", 1959); with two candidates it is that
    of Bradley and Terry, "Rank Analysis of Incomplete Block Designs" (1952).

    :param alternatives: Shape (choices, k): the kind of each candidate, as the value it speaks for; below 0: it does
        not count. A choice counts where the chosen one has a kind, and another one has another.
    :param chosen: Shape (choices,): which of the k.
    :param people: Shape (choices,).
    :param kinds: How many there are.
    :raises Undefined: if a kind was never chosen over, or never passed over for, the others: then no strength fits.
    """
    of_chosen = alternatives[np.arange(len(chosen)), chosen]
    rivals = (alternatives >= 0) & (alternatives != of_chosen[:, None])
    counts = (of_chosen >= 0) & rivals.any(axis=1)
    _settled(alternatives[counts], of_chosen[counts], rivals[counts], kinds)
    dummies = (alternatives[counts][:, :, None] == np.arange(1, kinds)).astype(float)
    dummies[alternatives[counts] < 0] = np.nan
    found = conditional_logit(dummies, chosen[counts], people[counts])
    # From strengths against the first kind to strengths against the average one.
    against = np.vstack([np.zeros(kinds - 1), np.eye(kinds - 1)]) - 1 / kinds
    return Fit(values=against @ found.values, covariance=against @ found.covariance @ against.T).terms()


def _settled(alternatives: Codes, of_chosen: Codes, rivals: NDArray[np.bool_], kinds: int) -> None:
    """Check that every kind won and lost, directly or along a chain, against every other: Ford (1957)."""
    rows, columns = np.nonzero(rivals)
    won = csr_array((np.ones(len(rows)), (of_chosen[rows], alternatives[rows, columns])), shape=(kinds, kinds))
    parts, _names = connected_components(won, directed=True, connection="strong")
    if kinds < 2 or parts > 1:
        raise Undefined("a kind was always chosen over the others, never, or never offered beside them")


def _normal() -> float:
    return NormalDist().inv_cdf((1 + LEVEL) / 2)
