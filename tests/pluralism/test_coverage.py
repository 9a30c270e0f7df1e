"""Which values sets hold, against what independent draws would hold."""

import numpy as np
import pytest

from pluralism.correlation import UNDECIDED, UNLABELLED
from pluralism.coverage import values_held
from tests.pluralism.samplers import all_different, independent, prompts


def test_coverage_and_distinct_values_are_counted_per_set() -> None:
    labels = np.array([[0, 0, 1, 2], [0, 1, 1, 1], [3, 3, 3, 3], [0, 1, 2, 3]])
    found = values_held(labels, np.array([1, 1, 2, 2]), values=5, seed=1)
    assert [one.covered.value for one in found.coverage if one] == [0.75, 0.75, 0.5, 0.5, 0]
    assert [one.share.value for one in found.coverage if one] == [4 / 16, 5 / 16, 2 / 16, 5 / 16, 0]
    assert found.distinct
    assert found.distinct.value == (3 + 2 + 1 + 4) / 4
    assert found.all_distinct
    assert found.all_distinct.value == 1 / 4


def test_what_independent_draws_would_cover_is_known_without_bias() -> None:
    random, of = np.random.default_rng(1), prompts(40, 3)
    gains = []
    for _study in range(200):
        found = values_held(independent(of, random=random), of, values=4, seed=1, resamples=2)
        gains += [one.gain.value for one in found.coverage if one and one.gain]
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(len(gains)) < 0.005


def test_it_is_the_known_formula_where_prompts_are_many_sets_deep() -> None:
    random, of = np.random.default_rng(2), prompts(1, 4000)
    labels = random.choice(2, (4000, 4), p=[0.9, 0.1])
    rare = values_held(labels, of, values=2, seed=1, resamples=2).coverage[1]
    assert rare
    assert rare.if_independent
    assert rare.if_independent.value == pytest.approx(1 - (1 - rare.share.value) ** 4, abs=1e-3)


def test_sets_that_hold_every_value_cover_more_than_independent_draws_would() -> None:
    of = prompts(20, 3)
    found = values_held(all_different(of, random=np.random.default_rng(3)), of, values=4, seed=1)
    for one in found.coverage:
        assert one
        assert one.gain
        assert one.covered.value == 1
        # 3 of 12 candidates speak for it: none of 4 drawn does in 126 of 495 cases.
        assert one.if_independent
        assert one.if_independent.value == pytest.approx(1 - 126 / 495)
        assert one.gain.is_positive


def test_one_set_for_a_prompt_cannot_tell_what_independent_draws_would_cover() -> None:
    found = values_held(np.array([[0, 1, 0, 0], [0, 0, 0, 0]]), np.array([1, 2]), values=2, seed=1).coverage[1]
    assert found
    assert (found.covered.value, found.if_independent, found.gain) == (0.5, None, None)


def test_a_candidate_that_could_not_be_told_speaks_for_nothing() -> None:
    found = values_held(np.array([[0, 1, 2, UNDECIDED]] * 2), np.array([1, 1]), values=3, seed=1)
    assert found.sets == 2
    assert found.undecided
    assert found.undecided.value == 0.25
    assert found.distinct
    assert found.distinct.value == 3
    assert found.all_distinct
    assert found.all_distinct.value == 0


def test_sets_that_are_not_labelled_throughout_are_counted_and_left_out() -> None:
    labels = np.array([[0, 1, 2, 3], [0, 0, 0, UNLABELLED], [UNLABELLED] * 4])
    found = values_held(labels, np.array([1, 1, 2]), values=4, seed=1)
    assert (found.sets, found.sets_left_out) == (1, 2)
    assert found.distinct
    assert found.distinct.value == 4


def test_without_labelled_sets_there_is_nothing() -> None:
    found = values_held(np.full((2, 4), UNLABELLED), np.array([1, 1]), values=2, seed=1)
    assert (found.sets, found.coverage, found.distinct, found.all_distinct) == (0, [None, None], None, None)
