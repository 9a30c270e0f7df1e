"""A larger pool reduced to the texts that differ most, in two ways."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralism.diversity import cosines, greedy_k_dpp, greedy_max_min

CHOICES = [greedy_k_dpp, greedy_max_min]


def cloud(seed: int, n: int = 12, d: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def determinant(vectors: np.ndarray, places: list[int]) -> float:
    return float(np.linalg.det(cosines(vectors)[np.ix_(places, places)]))


def by_definition(vectors: np.ndarray, k: int, quality: np.ndarray) -> list[int]:
    """Return the greedy choice as one would write it down: the place that makes the determinant largest."""
    kernel = quality[:, None] * (cosines(vectors) + 1e-6 * np.eye(len(vectors))) * quality
    chosen: list[int] = []
    for _step in range(k):
        rest = [place for place in range(len(vectors)) if place not in chosen]
        gains = [np.linalg.slogdet(kernel[np.ix_([*chosen, place], [*chosen, place])])[1] for place in rest]
        chosen.append(rest[int(np.argmax(gains))])
    return chosen


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_fast_choice_is_the_greedy_choice_of_the_definition(seed: int, k: int) -> None:
    vectors = cloud(seed)
    quality = np.random.default_rng(seed + 1).uniform(0.2, 1, len(vectors))
    assert greedy_k_dpp(vectors, k, quality) == by_definition(vectors, k, quality)


@pytest.mark.parametrize("choose", CHOICES)
def test_of_copies_one_is_chosen_while_there_is_something_else(choose: Callable[..., list[int]]) -> None:
    vectors = np.array([[1, 0, 0]] * 4 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 4, dtype=float)
    assert sorted(place // 4 for place in choose(vectors, 3)) == [0, 1, 2]


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize("vectors", [np.ones((5, 2)), np.zeros((5, 2)), np.eye(5)])
def test_as_many_as_wanted_come_each_once_even_of_copies(choose: Callable[..., list[int]], vectors: np.ndarray) -> None:
    for k in range(1, 6):
        chosen = choose(vectors, k)
        assert len(chosen) == len(set(chosen)) == k


def test_max_min_begins_with_the_two_farthest_and_goes_on_with_the_farthest_from_both() -> None:
    angles = np.radians([0, 10, 80, 90, 45])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert greedy_max_min(vectors, 3) == [0, 3, 4]


@given(st.integers(0, 10_000))
def test_max_min_is_at_least_half_as_far_apart_as_the_best_choice(seed: int) -> None:
    vectors = cloud(seed, n=8)
    distances = np.sqrt(2 * (1 - cosines(vectors)))

    def nearest(places: tuple[int, ...]) -> float:
        return min(distances[one, other] for one, other in combinations(places, 2))

    best = max(nearest(places) for places in combinations(range(8), 4))
    assert nearest(tuple(greedy_max_min(vectors, 4))) >= best / 2


def test_what_is_wanted_for_its_own_sake_is_preferred() -> None:
    # Three directions; the nonsense lies farthest from the rest, and nobody wants it.
    vectors = np.array([[1, 0.2, 0], [0.2, 1, 0], [0, 0, 1]], dtype=float)
    assert 2 in greedy_k_dpp(vectors, 2)
    assert sorted(greedy_k_dpp(vectors, 2, np.array([1, 1, 0.05]))) == [0, 1]


def test_both_span_more_than_the_first_of_the_pool() -> None:
    vectors = np.concatenate([cloud(3, n=1) + 0.1 * cloud(4, n=8), cloud(5, n=4)])
    for choose in CHOICES:
        assert determinant(vectors, choose(vectors, 4)) > 100 * determinant(vectors, [0, 1, 2, 3])


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize("k", [0, 6])
def test_more_than_there_are_cannot_be_chosen(choose: Callable[..., list[int]], k: int) -> None:
    with pytest.raises(ValueError, match=f"{k} of 5"):
        choose(np.eye(5), k)


@pytest.mark.parametrize("quality", [[1, 1], [1, 1, 1, 1, 0]])
def test_every_text_needs_a_quality_above_zero(quality: list[float]) -> None:
    with pytest.raises(ValueError, match="quality"):
        greedy_k_dpp(np.eye(5), 2, np.array(quality, dtype=float))
