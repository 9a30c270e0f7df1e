"""Positions on two axes of values, from answers and loadings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralism.values import CALIBRATED, UNCALIBRATED, Scale, pinned, positions

LOADINGS = np.array([[0.7, 0.1], [0.6, -0.2], [-0.5, 0.3], [0.1, 0.8], [-0.2, 0.6], [0.0, 0.7]])
MEANS = np.array([5.0, 4.0, 6.0, 5.0, 3.0, 2.0])
DEVIATIONS = np.array([2.0, 1.0, 2.5, 2.0, 1.5, 0.5])


def scale(**changes):
    return Scale(**{"loadings": LOADINGS, "means": MEANS, "deviations": DEVIATIONS, **changes})


def answers_of(where):
    """Return what people at these positions answer if nothing disturbs them."""
    return MEANS + DEVIATIONS * (np.asarray(where) @ LOADINGS.T)


@given(arrays(float, (5, 2), elements=st.floats(-3, 3)))
def test_positions_without_noise_are_found_exactly(where) -> None:
    assert positions(answers_of(where), scale()) == pytest.approx(where, abs=1e-9)


@given(arrays(float, (4, 2), elements=st.floats(-3, 3)), st.sets(st.integers(0, 5), max_size=4))
def test_a_skipped_item_says_nothing(where, skipped) -> None:
    answers = answers_of(where)
    answers[:, list(skipped)] = np.nan
    assert positions(answers, scale()) == pytest.approx(where, abs=1e-8)


def test_people_who_skip_different_items_are_scored_each_by_their_own() -> None:
    where = np.array([[1.0, -1.0], [-2.0, 0.5], [0.0, 0.0]])
    answers = answers_of(where)
    answers[0, 0] = answers[1, 5] = np.nan
    assert positions(answers, scale()) == pytest.approx(where, abs=1e-9)


def test_the_average_person_stands_in_the_middle() -> None:
    assert positions(MEANS[None], scale()) == pytest.approx(np.zeros((1, 2)), abs=1e-12)


def test_with_noise_the_position_is_that_of_least_squares() -> None:
    answers = MEANS + DEVIATIONS * np.array([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    expected = np.linalg.inv(LOADINGS.T @ LOADINGS) @ LOADINGS.T @ np.array([1.0, 0, 0, 0, 0, 0])
    assert positions(answers, scale())[0] == pytest.approx(expected)


@pytest.mark.parametrize("answered", [[], [0], [3]])
def test_too_few_answers_settle_no_position(answered) -> None:
    answers = np.full((1, 6), np.nan)
    answers[0, answered] = 5.0
    assert np.isnan(positions(answers, scale())).all()


def test_items_that_load_alike_settle_no_position() -> None:
    alike = scale(loadings=np.repeat([[0.5, 0.0]], 6, axis=0))
    assert np.isnan(positions(MEANS[None], alike)).all()


def test_nobody_and_a_matrix_of_another_shape() -> None:
    assert positions(np.empty((0, 6)), scale()).shape == (0, 2)
    with pytest.raises(ValueError, match="a column for each item"):
        positions(np.zeros((3, 5)), scale())


def test_positions_are_uncalibrated_unless_the_loadings_have_a_source() -> None:
    assert scale().calibration == scale(source="  ").calibration == UNCALIBRATED
    assert scale(source="Inglehart and Welzel 2005, table 2.1").calibration == CALIBRATED


def test_a_paraphrase_is_never_drawn_on_the_published_map() -> None:
    assert scale(source="A source", paraphrase=False).on_published_map
    assert not scale(source="A source", paraphrase=True).on_published_map
    assert not scale(paraphrase=False).on_published_map


@pytest.mark.parametrize(
    "changes",
    [
        {"loadings": np.ones((6, 3))},
        {"means": np.ones(5)},
        {"deviations": np.zeros(6)},
        {"deviations": np.full(6, np.nan)},
        {"loadings": np.full((6, 2), np.inf)},
    ],
)
def test_a_scale_that_does_not_hold_together_is_refused(changes) -> None:
    with pytest.raises(ValueError, match=r"loadings|deviations"):
        scale(**changes)


def test_anchors_turn_each_axis_by_itself() -> None:
    found = np.array([[1.0, 2], [3, 4], [np.nan, 9], [0, 0]])
    groups = np.array([0, 1, 1, 2])
    assert pinned(found, groups, [(0, 1), (0, 1)]) == pytest.approx(found, nan_ok=True)
    turned = pinned(found, groups, [(1, 0), (0, 2)])
    assert turned == pytest.approx(found * [-1, -1], nan_ok=True)
    assert pinned(turned, groups, [(1, 0), (0, 2)]) == pytest.approx(turned, nan_ok=True)


@pytest.mark.parametrize(("anchors", "said"), [((0, 7), "nobody"), ((0, 0), "same place")])
def test_anchors_that_settle_nothing_are_refused(anchors, said) -> None:
    with pytest.raises(ValueError, match=said):
        pinned(np.zeros((2, 2)), np.array([0, 1]), [anchors, anchors])
