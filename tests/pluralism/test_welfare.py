"""Welfare, trade-offs and fronts: worked cases, properties, and refusals."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralism import welfare
from pluralism.welfare import NotDefined

UTILITIES = arrays(np.float64, st.integers(1, 6), elements=st.floats(0.01, 10))
POINTS = arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=st.sampled_from([0.0, 0.25, 0.5, 1]))


def test_the_named_cases_are_mean_nash_harmonic_and_rawls() -> None:
    utilities = np.array([1.0, 4.0])
    assert welfare.welfare(utilities, 0) == pytest.approx(2.5)
    assert welfare.welfare(utilities, 0.5) == pytest.approx(((1 + 2) / 2) ** 2)
    assert welfare.welfare(utilities, 1) == pytest.approx(2)
    assert welfare.welfare(utilities, 2) == pytest.approx(1.6)
    assert welfare.welfare(utilities, inf) == 1
    assert welfare.welfare(utilities, 0, np.array([3.0, 1.0])) == pytest.approx(1.75)


@given(UTILITIES, st.floats(0, 60), st.floats(0.1, 9))
def test_welfare_is_between_worst_and_mean_and_keeps_its_unit(utilities, alpha: float, unit: float) -> None:
    found = welfare.welfare(utilities, alpha)
    assert utilities.min() * (1 - 1e-9) <= found <= utilities.mean() * (1 + 1e-9)
    assert welfare.welfare(utilities * unit, alpha) == pytest.approx(found * unit)
    assert welfare.welfare(utilities[::-1], alpha) == pytest.approx(found)
    assert welfare.welfare(utilities, alpha + 1) <= found * (1 + 1e-9)


def test_nash_is_where_its_neighbours_meet_and_rawls_where_alpha_ends() -> None:
    utilities = np.array([0.2, 0.5, 3.0])
    assert welfare.welfare(utilities, 1 + 1e-7) == pytest.approx(welfare.welfare(utilities, 1), rel=1e-5)
    assert welfare.welfare(utilities, 2000) == pytest.approx(welfare.welfare(utilities, inf), rel=1e-3)


@pytest.mark.parametrize(
    ("utilities", "alpha"),
    [([0.0, 1], 0), ([-1.0, 2], inf), ([], 0), ([1.0], -1), ([inf, 1.0], 0), ([1.0], float("nan"))],
)
def test_welfare_of_what_is_not_above_zero_is_refused(utilities, alpha) -> None:
    with pytest.raises(NotDefined):
        welfare.welfare(np.array(utilities), alpha)


def test_a_threshold_counts_who_reaches_it() -> None:
    assert welfare.satisfied(np.array([0.2, 0.5, 0.9]), 0.5) == pytest.approx(2 / 3)
    assert welfare.satisfied(np.array([0.2, 0.9]), 0.5, np.array([3.0, 1.0])) == 0.25
    with pytest.raises(NotDefined):
        welfare.satisfied(np.array([]), 0.5)


def test_a_point_that_another_beats_is_not_on_the_front() -> None:
    points = np.array([[1.0, 0], [0, 1], [0.5, 0.5], [0.4, 0.5], [0.5, 0.5]])
    assert welfare.non_dominated(points).tolist() == [True, True, True, False, True]


@given(POINTS)
def test_the_front_is_what_the_definition_says(points) -> None:
    dominated = [any(np.all(other >= one) and np.any(other > one) for other in points) for one in points]
    assert welfare.non_dominated(points).tolist() == [not each for each in dominated]
    assert welfare.non_dominated(points).any()


def test_hypervolumes_of_known_shapes() -> None:
    assert welfare.hypervolume(np.array([[1.0, 3], [2, 2], [3, 1]]), np.zeros(2)) == 6
    assert welfare.hypervolume(np.array([[1.0, 1, 1], [2, 0.5, 0.5]]), np.zeros(3)) == pytest.approx(1.25)
    assert welfare.hypervolume(np.array([[1.0, 1]]), np.array([0.5, 2])) == 0


@given(POINTS)
def test_the_volume_is_the_share_of_a_fine_grid_below_some_point(points) -> None:
    """Coordinates are quarters, so the middles of 4 x 4 x 4 cells tell exactly."""
    middles = (np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) + 0.5) / 4
    covered = (middles[:, None, :] < points[None, :, :]).all(axis=2).any(axis=1)
    assert welfare.hypervolume(points, np.zeros(3)) == pytest.approx(covered.mean())
    front = points[welfare.non_dominated(points)]
    assert welfare.hypervolume(front, np.zeros(3)) == pytest.approx(covered.mean())


def test_steering_adds_up_what_each_trade_off_says_of_its_own_answers() -> None:
    functions = [welfare.weighted(np.array([3.0, 1])), welfare.worst]
    found = welfare.steering(functions, np.array([[0.8, 0.4], [0.5, 0.6]]), np.array([0.6, 0.4]))
    assert found.reached == pytest.approx([0.7, 0.5])
    assert found.unsteered == pytest.approx([0.55, 0.4])
    assert found.total == pytest.approx(1.2)
    assert found.gain == pytest.approx(0.125)
    with pytest.raises(NotDefined):
        welfare.steering([], np.zeros((0, 2)), np.zeros(2))
    with pytest.raises(NotDefined):
        welfare.weighted(np.array([1.0, -1]))


def test_shares_of_few_choices_are_never_zero() -> None:
    found = welfare.smoothed_shares(np.array([[3.0, 0, 0, 0], [0, 0, 0, 0]]))
    assert found.tolist() == [[0.7, 0.1, 0.1, 0.1], [0.25] * 4]


def test_a_jury_has_the_seats_it_should_and_everybody_the_same_chance() -> None:
    strata = np.array([0, 0, 0, 1, 1, -1])
    jury = welfare.sortition(strata, np.array([2, 1]), seed=1)
    assert np.bincount(strata[jury]).tolist() == [2, 1]
    assert jury.tolist() == welfare.sortition(strata, np.array([2, 1]), seed=1).tolist()
    seats = np.bincount(np.concatenate([welfare.sortition(strata, np.array([2, 1]), seed=seed) for seed in range(900)]))
    assert seats / 900 == pytest.approx([2 / 3] * 3 + [1 / 2] * 2, abs=3 * sqrt(0.25 / 900))
    with pytest.raises(NotDefined, match="3 seats for stratum 1"):
        welfare.sortition(strata, np.array([0, 3]), seed=1)


def test_every_source_and_warning_says_what_it_is() -> None:
    assert all(welfare.SOURCES.values())
    assert set(welfare.WARNINGS) == {"tyranny of the majority", "fanatical influence", "incommensurability"}
