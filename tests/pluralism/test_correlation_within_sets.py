"""rho_w: 0 for independent draws whatever the prompts, below 0 where the values of a set avoid each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralism.correlation import (
    UNDECIDED,
    UNLABELLED,
    agreement_by_prompt,
    correlation,
    difference_of_correlations,
)
from tests.pluralism.samplers import all_different, independent, misread, mixed, prompts

# Several sets of several prompts, some labels missing; prompts in any order.
labelled_sets = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(-2, 3), min_size=4, max_size=4)), min_size=1, max_size=12
).map(lambda rows: (np.array([labels for _prompt, labels in rows]), np.array([prompt for prompt, _labels in rows])))


def test_agreement_is_counted_over_pairs() -> None:
    # Within: 1 of the 6 pairs of either set. Between: 0, 0, 1, 2 meets 0, 1, 1, 3 in 2 + 2 = 4 of the 16 pairs.
    labels = np.array([[0, 0, 1, 2], [0, 1, 1, 3]])
    assert agreement_by_prompt(labels, np.array([7, 7])).tolist() == [[1 / 6, 4 / 16]]


def test_the_correlation_is_the_ratio_of_averages_over_prompts() -> None:
    labels = np.array([[0, 0, 1, 2], [0, 1, 1, 3], [0, 1, 2, 3], [0, 1, 2, 3]])
    found = correlation(labels, np.array([1, 1, 2, 2]), seed=1)
    within, between = (1 / 6 + 0) / 2, (1 / 4 + 1 / 4) / 2
    assert (found.within, found.between) == pytest.approx((within, between))
    assert found.rho_w is not None
    assert found.rho_w.value == pytest.approx((within - between) / (1 - between))
    assert found.floor == pytest.approx(-between / (1 - between))


def test_sets_that_hold_every_value_reach_the_floor() -> None:
    of = prompts(20, 3)
    found = correlation(all_different(of, random=np.random.default_rng(1)), of, seed=1)
    assert found.rho_w is not None
    assert found.rho_w.value == pytest.approx(-1 / 3)
    assert found.floor == pytest.approx(-1 / 3)
    assert found.is_negative


def test_copies_are_wholly_correlated() -> None:
    of = prompts(30, 2)
    values = np.random.default_rng(1).integers(0, 4, len(of))
    found = correlation(np.repeat(values[:, None], 4, axis=1), of, seed=1)
    assert found.rho_w is not None
    assert found.rho_w.value == pytest.approx(1)
    assert not found.is_negative


def test_independent_draws_are_not_correlated_however_much_prompts_differ() -> None:
    random, of = np.random.default_rng(1), prompts(60, 4)
    found = [correlation(independent(of, random=random), of, seed=1, resamples=10).rho_w for _study in range(300)]
    values = [one.value for one in found if one]
    # Three standard errors of the mean.
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values)) < 0.01


def alarms(share: float, *, skew: float) -> float:
    """Return how many of 200 studies find a sampler negatively correlated that draws so many sets all different."""
    random, of = np.random.default_rng(2), prompts(60, 4)
    drawn = (mixed(of, share=share, random=random, skew=skew) for _study in range(200))
    return float(
        np.mean([correlation(sets, of, seed=study, resamples=300).is_negative for study, sets in enumerate(drawn)])
    )


def test_few_studies_find_independent_draws_negatively_correlated() -> None:
    # 2.5 % are meant to; three standard errors are allowed for.
    assert alarms(0, skew=0.5) < 0.025 + 3 * 0.011


def test_most_studies_find_a_sampler_that_makes_three_sets_in_ten_differ() -> None:
    assert alarms(0.3, skew=50) > 0.9


def test_a_judge_who_errs_shrinks_the_correlation() -> None:
    random, of = np.random.default_rng(3), prompts(500, 4)
    perfect = all_different(of, random=random)
    seen = correlation(misread(perfect, right=0.86, random=random), of, seed=1, resamples=10)
    # Labels of a judge agree by (a - (1 - a) / 3)^2 of what the values do.
    shrunk = (0.86 - 0.14 / 3) ** 2
    assert seen.rho_w is not None
    assert seen.rho_w.value == pytest.approx(-shrunk / 3, abs=0.01)


@given(labelled_sets, st.permutations([10, 11, 12, 13]), st.randoms(use_true_random=False))
def test_names_of_values_and_the_order_within_sets_do_not_count(sets, names, random) -> None:
    labels, of = sets
    renamed = np.array([[names[label] if label >= 0 else label for label in row] for row in labels])
    shuffled = np.array([random.sample(row, len(row)) for row in renamed.tolist()])
    assert correlation(shuffled, of, seed=1, resamples=20) == correlation(labels, of, seed=1, resamples=20)


@given(labelled_sets)
def test_figures_stay_within_their_bounds(sets) -> None:
    labels, of = sets
    found = correlation(labels, of, seed=1, resamples=20)
    assert found.prompts + found.prompts_with_too_few_sets == len(set(of.tolist()))
    assert found.prompts_of_one_value <= found.prompts
    for share in (found.within, found.between):
        assert share is None or 0 <= share <= 1
    if found.rho_w:
        assert found.floor is not None
        assert found.floor - 1e-9 <= found.rho_w.value <= 1 + 1e-9


def test_prompts_of_one_value_are_counted_and_change_nothing() -> None:
    random, of = np.random.default_rng(4), prompts(20, 3)
    labels = mixed(of, share=0.5, random=random)
    agreeing = np.zeros((6, 4), dtype=int)
    alone, beside = (
        correlation(labels, of, seed=1),
        correlation(np.concatenate([labels, agreeing]), np.concatenate([of, [90, 90, 90, 91, 91, 91]]), seed=1),
    )
    assert (alone.prompts, alone.prompts_of_one_value) == (20, 0)
    assert (beside.prompts, beside.prompts_of_one_value) == (22, 2)
    assert alone.rho_w
    assert beside.rho_w
    assert beside.rho_w.value == pytest.approx(alone.rho_w.value)


def test_where_every_prompt_has_one_value_there_is_no_correlation() -> None:
    found = correlation(np.zeros((4, 4), dtype=int), np.array([0, 0, 1, 1]), seed=1)
    assert (found.rho_w, found.floor, found.prompts_of_one_value) == (None, None, 2)
    assert not found.is_negative


def test_prompts_with_one_set_are_counted_and_left_out() -> None:
    labels = np.array([[0, 1, 2, 3], [0, 1, 2, 3], [0, 0, 0, 0]])
    found = correlation(labels, np.array([1, 1, 2]), seed=1)
    assert (found.prompts, found.prompts_with_too_few_sets) == (1, 1)
    assert found.between == pytest.approx(1 / 4)


def test_one_prompt_gives_a_figure_without_an_interval() -> None:
    found = correlation(np.array([[0, 1, 2, 3], [0, 1, 2, 3]]), np.array([1, 1]), seed=1)
    assert found.rho_w
    assert (found.rho_w.low, found.rho_w.high) == (None, None)
    assert not found.is_negative


def test_pairs_without_labels_are_left_out() -> None:
    whole = np.array([[0, 1, 2], [0, 0, 1]])
    holes = np.array([[0, 1, UNLABELLED, 2], [UNDECIDED, 0, 0, 1]])
    of = np.array([1, 1])
    assert agreement_by_prompt(holes, of).tolist() == agreement_by_prompt(whole, of).tolist()


def test_a_part_of_each_set_is_measured_apart() -> None:
    # Three candidates that differ and an ordinary one that agrees with the first.
    random, of = np.random.default_rng(5), prompts(30, 2)
    diverse = all_different(of, random=random)[:, :3]
    sets = np.concatenate([diverse, diverse[:, :1]], axis=1)
    apart = np.where([False, False, False, True], UNLABELLED, sets)
    part, whole = (correlation(labels, of, seed=1) for labels in (apart, sets))
    assert part.within == 0
    assert whole.within == pytest.approx(1 / 6)


def test_a_difference_draws_the_prompts_of_both_together() -> None:
    random, of = np.random.default_rng(6), prompts(40, 3)
    base = independent(of, random=random)
    better = mixed(of, share=0.6, random=random)
    same = difference_of_correlations((base, of), (base.copy(), of), seed=1)
    apart = difference_of_correlations((better, of), (base, of), seed=1)
    assert same
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert apart
    assert apart.is_negative


def test_a_difference_rests_on_the_prompts_that_both_have() -> None:
    random, of = np.random.default_rng(7), prompts(12, 2)
    labels = mixed(of, share=0.5, random=random)
    some = of >= 4
    found = difference_of_correlations((labels, of), (labels[some], of[some]), seed=1)
    assert found
    assert (found.prompts, found.value) == (8, 0)
    assert difference_of_correlations((labels, of), (labels, of + 100), seed=1) is None


def test_sets_that_are_always_the_same_are_correlated_as_much_as_sets_can_be_however_poor_they_are() -> None:
    # Their values are drawn as from an urn that is emptied: what one candidate has, no other can have. So coverage
    # stands beside rho_w.
    labels, of = np.tile([0, 0, 0, 1], (20, 1)), prompts(10, 2)
    found = correlation(labels, of, seed=1)
    assert found.rho_w
    assert found.rho_w.value == pytest.approx(-1 / 3)
    assert found.floor
    assert found.floor < -1


@pytest.mark.parametrize("labels", [np.zeros((0, 4), dtype=int), np.full((4, 4), UNLABELLED)])
def test_without_labels_there_is_nothing(labels: np.ndarray) -> None:
    found = correlation(labels, prompts(2, 2)[: len(labels)], seed=1)
    assert (found.rho_w, found.within, found.between, found.floor, found.prompts) == (None, None, None, None, 0)
