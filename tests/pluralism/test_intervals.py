"""Intervals: they draw prompts, not sets; the same seed gives the same; they hold the truth as often as they say."""

import numpy as np
import pytest

from pluralism import resampling
from pluralism.proportions import wilson_interval
from pluralism.resampling import Estimate, by_prompt, difference, ratio


def test_a_ratio_of_sums_weighs_prompts_by_their_sets() -> None:
    found = ratio(np.array([1.0, 9.0]), np.array([1.0, 3.0]), seed=1)
    assert found
    assert (found.value, found.prompts) == (2.5, 2)


def test_the_same_seed_gives_the_same_interval() -> None:
    parts, wholes = np.random.default_rng(1).random(30), np.ones(30)
    one, again, other = (ratio(parts, wholes, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_samples_of_too_many_prompts_are_drawn_anew_each_time_and_are_the_same(monkeypatch) -> None:
    parts, wholes = np.random.default_rng(1).random(300), np.ones(300)
    remembered = ratio(parts, wholes, seed=1)
    monkeypatch.setattr(resampling, "_REMEMBERED", 0)
    assert ratio(parts, wholes, seed=1) == remembered


def test_sets_that_resemble_each_other_tell_less_than_as_many_prompts() -> None:
    means = np.random.default_rng(2).random(20)
    few = ratio(means * 50, np.full(20, 50.0), seed=1)
    many = ratio(np.repeat(means, 50), np.ones(1000), seed=1)
    assert few
    assert many
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert few.value == pytest.approx(many.value)
    assert few.high - few.low > 5 * (many.high - many.low)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    found = [ratio(random.normal(0.3, 1, 60), np.ones(60), seed=study, resamples=400) for study in range(400)]
    held = [one.low < 0.3 < one.high for one in found if one and one.low is not None and one.high is not None]
    assert 0.91 < np.mean(held) < 0.98


def test_prompts_without_the_figure_are_left_out_and_not_counted() -> None:
    found = ratio(np.array([1.0, 0.0, 3.0]), np.array([1.0, 0.0, 1.0]), seed=1)
    assert found
    assert (found.value, found.prompts) == (2, 2)
    assert ratio(np.zeros(3), np.zeros(3), seed=1) is None


def test_a_difference_is_paired() -> None:
    random = np.random.default_rng(4)
    level, ones = random.normal(0, 10, 50), np.ones(50)
    found = difference((level + 1 + random.normal(0, 0.1, 50), ones), (level, ones), seed=1)
    assert found
    assert found.is_positive
    assert found.value == pytest.approx(1, abs=0.1)
    apart = ratio(level + 1, ones, seed=1)
    assert apart
    assert not apart.is_positive


def test_sums_of_prompts_come_in_the_order_of_their_numbers() -> None:
    numbers, sums = by_prompt(np.array([[1.0], [2.0], [4.0]]), np.array([9, 3, 9]))
    assert (numbers.tolist(), sums.tolist()) == ([3, 9], [[2], [5]])


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Table I of Newcombe (1998), "Two-sided confidence intervals for the single proportion", method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_nothing_has_no_interval(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize("end", [0.0, -1e-17, 1e-17])
def test_an_interval_that_touches_zero_is_on_neither_side(end: float) -> None:
    assert not Estimate(value=-0.1, low=-0.2, high=end, prompts=9).is_negative
    assert not Estimate(value=0.1, low=end, high=0.2, prompts=9).is_positive
