"""What models answer against what people choose: distributions, reasonable answers, steering."""

import numpy as np
import pytest

from pluralism import distributional, overton, steering
from pluralism.two_way import Rows, intervals

SHARES = np.random.default_rng(0).dirichlet([1] * 4, 30)


def group(shares, *, people=20, seed=1):
    """Return choices of a group that answers in these shares."""
    random = np.random.default_rng(seed)
    picks = np.concatenate([random.choice(shares.shape[1], people, p=of) for of in shares])
    return Rows(
        items=np.repeat(np.arange(len(shares)), people),
        people=np.tile(np.arange(people), len(shares)),
        categories=picks,
    )


def test_people_who_answer_as_the_model_says_are_no_farther_than_its_null() -> None:
    found = [distributional.against(group(SHARES, seed=seed), SHARES, seed=seed) for seed in range(40)]
    assert np.mean([one.p <= 0.05 for one in found if one]) <= 0.15
    assert np.mean([one.excess for one in found if one]) == pytest.approx(0, abs=0.003)
    held = [one.interval[0] <= 0 <= one.interval[1] for one in found if one and one.interval]
    assert len(held) == 40
    assert np.mean(held) > 0.85


def test_a_model_that_is_sure_where_people_are_divided_is_far() -> None:
    sure = np.eye(4)[SHARES.argmax(axis=1)]
    found = distributional.against(group(SHARES), sure, seed=1)
    assert found
    assert found.p == pytest.approx(1 / 1001)
    assert found.interval
    assert found.interval[0] > 0.2
    assert found.infinite == 1
    assert found.divergence == float("inf")
    assert found.entropy_of_model == 0
    assert found.entropy_of_people > 1
    assert found.correlation is not None
    assert found.correlation > 0.5


def test_a_model_that_knows_only_how_divided_people_are_is_no_nearer_than_shuffled() -> None:
    known = distributional.against(group(SHARES), SHARES, seed=1)
    blind = distributional.against(group(SHARES), np.random.default_rng(5).permuted(SHARES, axis=1), seed=1)
    assert known
    assert blind
    assert known.distance < known.shuffled - 0.1
    assert blind.distance == pytest.approx(blind.shuffled, abs=0.08)
    assert known.entropy_of_model == pytest.approx(blind.entropy_of_model)
    assert known.moved < blind.moved


def test_items_the_model_was_not_asked_or_with_few_people_are_left_out() -> None:
    rows = group(SHARES)
    asked = SHARES.copy()
    asked[3:] = np.nan
    found = distributional.against(rows, asked, seed=1)
    assert found
    assert (found.items, found.people, found.choices) == (3, 20, 60)
    assert distributional.against(rows, SHARES, seed=1, fewest=21) is None
    # Probabilities need not add up to 1.
    assert distributional.against(rows, asked * 8, seed=1) == found


def test_support_is_the_best_lower_bound_of_strata_with_enough_people() -> None:
    votes = np.array([[[30, 10, 0, 0]], [[0, 1, 0, 9]]], dtype=float)
    people = np.array([[40], [10]], dtype=float)
    found = overton.support(votes, people, fewest=10)
    assert found[0] == pytest.approx([0.598, 0.142, 0, 0.596], abs=1e-3)
    alone = overton.support(votes, people, fewest=11)
    assert alone[0, 3] == pytest.approx(0, abs=1e-9)
    assert np.isnan(overton.support(votes, people, fewest=99)).all()


def test_precision_and_recall_are_of_candidates() -> None:
    covered = np.array([[True, False, False, True], [True, False, False, False]])
    reasonable = np.array([[True, True, True, False], [True, True, False, False]])
    found = overton.scores(covered, reasonable, seed=1)
    assert found.recall
    assert found.recall.value == 2 / 5
    assert found.precision
    assert found.precision.value == 2 / 3
    assert (found.reasonable, found.items) == (2.5, 2)
    nothing = overton.scores(np.zeros((2, 4), dtype=bool), reasonable, seed=1)
    assert nothing.precision is None
    assert nothing.recall
    assert nothing.recall.value == 0


def test_a_steered_answer_wins_as_often_as_the_group_prefers_it() -> None:
    rows = Rows(items=np.zeros(10, dtype=int), people=np.arange(10), categories=np.array([0] * 6 + [1] * 2 + [2] * 2))
    assert steering.win_rate(rows, np.array([0]), np.array([1])) == 0.75
    assert steering.win_rate(rows, np.array([1]), np.array([0])) == 0.25
    assert steering.win_rate(rows, np.array([0]), np.array([0])) == 0.5
    assert np.isnan(steering.win_rate(rows, np.array([0]), np.array([steering.OTHER])))
    assert np.isnan(steering.win_rate(rows, np.array([3]), np.array([3])))


def test_intervals_of_win_rates_come_from_people_and_items() -> None:
    rows = group(SHARES)
    best, worst = SHARES.argmax(axis=1), SHARES.argmin(axis=1)
    (between,) = intervals(
        rows, lambda of, times: np.array([steering.win_rate(of, best, worst, times)]), seed=1, resamples=200
    )
    assert between
    assert 0.5 < between[0] < steering.win_rate(rows, best, worst) < between[1] <= 1


def test_answers_that_were_misread_are_any_other_as_often() -> None:
    random = np.random.default_rng(1)
    picks = np.repeat([-1, 0, 1, 2, 3], 4000)
    assert steering.misread(picks, right=1, k=4, random=random).tolist() == picks.tolist()
    wrong = steering.misread(picks, right=0, k=4, random=random)
    assert not np.any(wrong == picks)
    for pick in range(-1, 4):
        counts = np.bincount(wrong[picks == pick] + 1, minlength=5) / 4000
        assert np.delete(counts, pick + 1) == pytest.approx([0.25] * 4, abs=0.03)
    half = steering.misread(picks, right=0.5, k=4, random=random)
    assert np.mean(half == picks) == pytest.approx(0.5, abs=0.02)


def test_how_people_are_numbered_changes_no_interval() -> None:
    rows = group(SHARES)
    others = Rows(items=rows.items, people=rows.people * 7 + 1000, categories=rows.categories)
    assert distributional.against(others, SHARES, seed=1) == distributional.against(rows, SHARES, seed=1)
