"""How near a model's probabilities of answers are to what a group of people chose. No Django.

"Distributionally pluralistic" models of Sorensen et al., "A Roadmap to Pluralistic Alignment" (2024), section 2.3.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pluralism.divergence import (
    BASE,
    FEWEST,
    ROOT,
    clustered_error,
    corrected_entropy,
    entropy,
    js_distance,
    kl_divergence,
    wasserstein,
    without_each,
)
from pluralism.tetrachoric import tetrachoric
from pluralism.two_way import LEVEL, Interval, Rows

Numbers = NDArray[np.float64]

DRAWS = 1000
SHUFFLES = 200


@dataclass(frozen=True, kw_only=True)
class Distance:
    """A model's probabilities against the choices of a group, averaged over items. Logarithms have base 2."""

    distance: float
    """Jensen-Shannon distance: the square root of the divergence."""
    null: float
    """Mean of the same if as many people had answered just as the model says."""
    p: float
    """Share of such draws that are at least as far, the data counted among them (one-sided)."""
    interval: Interval
    """95 % interval of the excess, over people and items."""
    shuffled: float
    """Mean distance when the model's probabilities are dealt to the candidates of each item anew. A model that is no
    nearer than this knows how divided people are, at most, and not about what."""
    divergence: float
    """Kullback-Leibler divergence of people from the model in bits, over the items where it is finite."""
    infinite: float
    """Share of the items where it is not: somebody chose what the model gives no probability."""
    moved: float
    """Wasserstein distance with candidates equally far apart: the share of people who would have to choose another."""
    correlation: float | None
    """Tetrachoric correlation of being favoured (above 1 in k) by the model and by the group, over all candidates."""
    entropy_of_people: float
    """In bits, corrected for the number of people."""
    entropy_of_model: float
    items: int
    people: int
    choices: int
    base: int = BASE
    root: str = ROOT

    @property
    def excess(self) -> float:
        """How much farther than if people answered as the model says."""
        return self.distance - self.null


def against(rows: Rows, probabilities: Numbers, *, seed: int, fewest: int = FEWEST) -> Distance | None:
    """Compare the choices of one group with a model.

    :param rows: The group's choices.
    :param probabilities: Shape (items, k): of each category; NaN for an item that the model was not asked.
    :param fewest: Items with fewer people of the group are left out.
    :return: None where no item is left.
    """
    counts = np.bincount(rows.items, minlength=len(probabilities))
    usable = (counts >= max(1, fewest)) & ~np.isnan(probabilities).any(axis=1)
    if not usable.any():
        return None
    inside = rows.where(usable[rows.items])
    places = np.cumsum(usable) - 1
    kept = Rows(items=places[inside.items], people=inside.people, categories=inside.categories)
    shares = probabilities[usable] / probabilities[usable].sum(axis=1, keepdims=True)
    votes = kept.votes(len(shares), shares.shape[1])
    random = np.random.default_rng(seed)
    distances, divergences = js_distance(votes, shares), kl_divergence(votes, shares)
    nulls = _as_the_model_says(votes, shares, random)
    finite = np.isfinite(divergences)
    excess = float(distances.mean() - nulls.mean())
    return Distance(
        distance=float(distances.mean()),
        null=float(nulls.mean()),
        p=float((1 + np.sum(nulls >= distances.mean() - 1e-12)) / (1 + DRAWS)),
        interval=_interval(kept, votes, shares, distances, excess),
        shuffled=float(np.mean([_shuffled(votes, shares, random) for _draw in range(SHUFFLES)])),
        divergence=float(divergences[finite].mean()) if finite.any() else float("inf"),
        infinite=float(1 - finite.mean()),
        moved=float(wasserstein(votes, shares).mean()),
        correlation=tetrachoric(_favoured(votes, shares)),
        entropy_of_people=float(corrected_entropy(votes).mean()),
        entropy_of_model=float(entropy(shares).mean()),
        items=len(shares),
        people=len(np.unique(kept.people)),
        choices=len(kept.items),
    )


def _as_the_model_says(votes: Numbers, shares: Numbers, random: np.random.Generator) -> Numbers:
    """Return mean distances of as many people who answer in the model's shares, shape (DRAWS,)."""
    drawn = random.multinomial(votes.sum(axis=1).astype(int), shares, size=(DRAWS, len(shares)))
    distances = js_distance(drawn.reshape(-1, shares.shape[1]).astype(float), np.tile(shares, (DRAWS, 1)))
    return np.asarray(distances.reshape(DRAWS, -1).mean(axis=1))


def _shuffled(votes: Numbers, shares: Numbers, random: np.random.Generator) -> float:
    return float(js_distance(votes, random.permuted(shares, axis=1)).mean())


def _interval(rows: Rows, votes: Numbers, shares: Numbers, distances: Numbers, excess: float) -> Interval:
    error = clustered_error(rows, distances, js_distance(without_each(rows, votes), shares[rows.items]))
    if error is None:
        return None
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return excess - half, excess + half


def _favoured(votes: Numbers, shares: Numbers) -> Numbers:
    """Return how many candidates the group and the model favour, shape (2, 2)."""
    people, model = (side / side.sum(axis=1, keepdims=True) > 1 / side.shape[1] for side in (votes, shares))
    return np.array([[np.sum((people == one) & (model == other)) for other in (True, False)] for one in (True, False)])
