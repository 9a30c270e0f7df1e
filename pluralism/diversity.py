"""How far apart the texts of one set are, how near to what was asked, and which of a pool differ most. No Django.

Texts come as vectors, one row each; whoever makes the vectors decides what "apart" means.
"""

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
"""Shape (texts, dimensions)."""

_RIDGE = 1e-6
"""Added to the diagonal of a kernel, so that texts with equal vectors can still be chosen when nothing else is left."""


def cosines(vectors: Vectors) -> Vectors:
    """Return the cosine of every pair, shape (n, n), -1 to 1. A vector of zeros is like itself alone.

    :param vectors: Shape (n, d), of any length.
    """
    units = _units(vectors)
    similarities = np.clip(units @ units.T, -1, 1)
    np.fill_diagonal(similarities, 1)
    return similarities


def mean_pairwise_distance(vectors: Vectors) -> float:
    """Return 1 less the cosine, averaged over all pairs: 0 (the same direction) to 2 (opposite).

    :param vectors: Shape (n, d).
    :raises ValueError: if there are fewer than two vectors.
    """
    _at_least(2, vectors)
    upper = np.triu_indices(len(vectors), 1)
    return float(np.mean(1 - cosines(vectors)[upper]))


def vendi_score(vectors: Vectors) -> float:
    """Return the effective number of different texts: 1 (all the same) to n (nothing in common).

    The exponential of the Shannon entropy of the eigenvalues of K / n, where K holds the cosines: Friedman and Dieng,
    "The Vendi Score" (TMLR 2023, arXiv 2210.02410), definition 3.1.

    :param vectors: Shape (n, d).
    :raises ValueError: if there are no vectors.
    """
    _at_least(1, vectors)
    eigenvalues = np.linalg.eigvalsh(cosines(vectors) / len(vectors))
    positive = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-np.sum(positive * np.log(positive))))


def relevance(vectors: Vectors, prompt_vector: Vectors) -> Vectors:
    """Return the cosine of each text with the message it answers, shape (n,), -1 to 1; 0 for a vector of zeros.

    :param vectors: Shape (n, d).
    :param prompt_vector: Shape (d,).
    """
    products: Vectors = _units(vectors) @ _units(prompt_vector[None, :])[0]
    return np.clip(products, -1, 1)


def distinctness(words: Sequence[Sequence[str]]) -> float | None:
    """Return the share of different word pairs among all pairs of neighbours: 1 where none comes twice.

    Distinct-2 of Li et al., "A Diversity-Promoting Objective Function" (NAACL 2016), over all texts of a set.

    :param words: The words of each text, in order.
    :return: Above 0, up to 1; None where no text has two words.
    """
    pairs = list(chain.from_iterable(pairwise(text) for text in words))
    return len(set(pairs)) / len(pairs) if pairs else None


def length_spread(lengths: Sequence[int]) -> float:
    """Return the standard deviation (over n) of the lengths divided by their mean: 0 where all are as long.

    :param lengths: In any unit.
    :raises ValueError: if there are none, or all are 0.
    """
    if not sum(lengths):
        raise ValueError("texts of some length are needed")
    return float(np.std(lengths) / np.mean(lengths))


def greedy_k_dpp(vectors: Vectors, k: int, quality: Vectors | None = None) -> list[int]:
    """Return k places whose vectors span the most, in the order in which they were chosen.

    Greedy MAP inference of a determinantal point process with L_ij = q_i q_j cos_ij: Chen, Zhang and Zhou, "Fast Greedy
    MAP Inference for Determinantal Point Process" (NeurIPS 2018), algorithm 1, in O(n k^2). Unlike there, vectors that
    add nothing are still chosen when k asks for them. Ties go to the first.

    :param vectors: Shape (n, d).
    :param k: 1 to n.
    :param quality: Shape (n,), above 0: how much each is wanted for its own sake, as its relevance; None: all alike.
    :raises ValueError: if k or a quality is out of range.
    """
    _within(k, vectors)
    weights = np.ones(len(vectors)) if quality is None else np.asarray(quality, dtype=float)
    if weights.shape != (len(vectors),) or not np.all(weights > 0):
        raise ValueError("quality needs one number above 0 for each vector")
    kernel = weights[:, None] * (cosines(vectors) + _RIDGE * np.eye(len(vectors))) * weights
    gains, rows = np.diag(kernel).copy(), np.zeros((k, len(vectors)))
    chosen: list[int] = []
    for step in range(k):
        best = int(np.argmax(gains))
        rows[step] = (kernel[best] - rows[:step, best] @ rows[:step]) / np.sqrt(gains[best])
        gains -= rows[step] ** 2
        chosen.append(best)
        gains[chosen] = -np.inf
    return chosen


def greedy_max_min(vectors: Vectors, k: int) -> list[int]:
    """Return k places: the two farthest apart, then always the one farthest from its nearest chosen one.

    At least half as far apart as the best choice where distances obey the triangle inequality: Ravi, Rosenkrantz and
    Tayi, "Heuristic and Special Case Algorithms for Dispersion Problems" (1994), GMM. Ties go to the first.

    :param vectors: Shape (n, d).
    :param k: 1 to n.
    :raises ValueError: if k is out of range.
    """
    _within(k, vectors)
    # Chords of the unit sphere: they order pairs as cosines do and obey the triangle inequality.
    distances = np.sqrt(2 * np.maximum(1 - cosines(vectors), 0))
    first, second = divmod(int(np.argmax(distances)), len(vectors))
    chosen = [first, second][: min(k, 1 + (first != second))]
    while len(chosen) < k:
        nearest = distances[:, chosen].min(axis=1)
        nearest[chosen] = -1
        chosen.append(int(np.argmax(nearest)))
    return chosen


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=float)


def _at_least(fewest: int, vectors: Vectors) -> None:
    if len(vectors) < fewest:
        raise ValueError(f"at least {fewest} vectors are needed")


def _within(k: int, vectors: Vectors) -> None:
    if not 1 <= k <= len(vectors):
        raise ValueError(f"{k} of {len(vectors)} vectors cannot be chosen")
