"""How far apart the texts of a set are: hand-computed cases, bounds, and what changes nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralism.diversity import (
    cosines,
    distinctness,
    length_spread,
    mean_pairwise_distance,
    relevance,
    vendi_score,
)

NORTH, EAST, NORTH_EAST = [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]

sets_of_vectors = st.integers(2, 8).flatmap(
    lambda n: arrays(float, (n, 5), elements=st.floats(-10, 10, allow_subnormal=False).map(lambda x: round(x, 3)))
)


def test_the_distance_is_one_less_the_cosine_averaged_over_pairs() -> None:
    vectors = np.array([NORTH, EAST, NORTH_EAST])
    assert mean_pairwise_distance(vectors) == pytest.approx((1 + 2 * (1 - math.sqrt(0.5))) / 3)


def test_the_length_of_a_vector_does_not_count() -> None:
    vectors = np.array([NORTH, EAST, NORTH_EAST])
    longer = vectors * np.array([[7.0], [0.1], [3.0]])
    assert mean_pairwise_distance(longer) == pytest.approx(mean_pairwise_distance(vectors))
    assert vendi_score(longer) == pytest.approx(vendi_score(vectors))


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_texts_with_nothing_in_common_count_each_and_copies_count_once(n: int) -> None:
    assert vendi_score(np.eye(n)) == pytest.approx(n)
    assert vendi_score(np.ones((n, 3))) == pytest.approx(1)


def test_the_vendi_score_of_two_texts_is_the_entropy_of_their_cosine() -> None:
    # The eigenvalues of [[1, c], [c, 1]] / 2 are (1 + c) / 2 and (1 - c) / 2.
    high, low = (1 + math.sqrt(0.5)) / 2, (1 - math.sqrt(0.5)) / 2
    expected = math.exp(-high * math.log(high) - low * math.log(low))
    assert vendi_score(np.array([NORTH, NORTH_EAST])) == pytest.approx(expected)


def test_texts_without_a_vector_are_like_nothing_but_themselves() -> None:
    vectors = np.array([NORTH, [0.0, 0.0], [0.0, 0.0]])
    assert cosines(vectors).tolist() == np.eye(3).tolist()
    assert relevance(vectors, np.array(NORTH)).tolist() == [1, 0, 0]


@given(sets_of_vectors)
def test_figures_stay_within_their_bounds(vectors: np.ndarray) -> None:
    assert 0 <= mean_pairwise_distance(vectors) <= 2
    assert 1 - 1e-9 <= vendi_score(vectors) <= len(vectors) + 1e-9
    assert np.all(np.abs(relevance(vectors, vectors[0])) <= 1)


@given(sets_of_vectors, st.randoms(use_true_random=False))
def test_the_order_of_texts_does_not_count(vectors: np.ndarray, random) -> None:
    order = random.sample(range(len(vectors)), len(vectors))
    assert mean_pairwise_distance(vectors[order]) == pytest.approx(mean_pairwise_distance(vectors))
    assert vendi_score(vectors[order]) == pytest.approx(vendi_score(vectors))


def test_relevance_is_the_cosine_with_the_message() -> None:
    assert relevance(np.array([NORTH, EAST, NORTH_EAST]), np.array(NORTH)) == pytest.approx([1, 0, math.sqrt(0.5)])


def test_one_text_has_no_distance() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        mean_pairwise_distance(np.eye(1))


def test_distinctness_is_the_share_of_different_word_pairs() -> None:
    # a b, b c, a b, b d: three different ones of four.
    assert distinctness([["a", "b", "c"], ["a", "b", "d"]]) == 0.75
    assert distinctness([["a", "b"], ["c", "d"]]) == 1
    assert distinctness([["alone"], []]) is None


def test_word_pairs_do_not_reach_from_one_text_into_the_next() -> None:
    assert distinctness([["a", "b"], ["a", "b"]]) == 0.5


def test_the_spread_of_lengths_is_relative() -> None:
    assert length_spread([10, 10, 10]) == 0
    assert length_spread([50, 150]) == length_spread([5, 15]) == 0.5
    with pytest.raises(ValueError, match="some length"):
        length_spread([0, 0])
