"""Plots of compared recipes: everything that is drawn has its place on the axis, and zero is always there."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from collection.comparison_tables import FIRST_TRY, SHOWN, Cell, Row, Table
from collection.plotting import plot
from pluralism.resampling import Estimate

ENDS = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda value: value == 0 or abs(value) > 1e-6)


@st.composite
def estimates(draw):
    low, value, high = sorted(draw(st.tuples(ENDS, ENDS, ENDS)))
    known = draw(st.booleans())
    return Estimate(value=value, low=low if known else None, high=high if known else None, prompts=3)


def table(*values, bounds=None, floor=None, **sides):
    rows = [
        Row(
            recipe=f"recipe {place}",
            part="",
            is_baseline=place == 0,
            cells=sides or {SHOWN: Cell(estimate=value, beside={} if floor is None else {"floor": floor})},
        )
        for place, value in enumerate(values)
    ]
    return Table(key="k", title="a figure", better="", rows=rows, bounds=bounds)


def at(place):
    return float(place.removesuffix("%"))


@given(st.lists(st.one_of(st.none(), estimates()), min_size=1, max_size=6))
def test_everything_lies_between_the_ends_of_the_axis(values):
    drawn = plot(table(*values))
    marks = [mark for line in drawn.lines for mark in line.marks]
    assert len(marks) == sum(value is not None for value in values)
    places = [place for mark in marks for place in (mark.low, mark.x, mark.high) if place]
    places += [tick.x for tick in drawn.ticks] + ([drawn.zero] if drawn.zero else [])
    assert all(2 <= at(place) <= 98 for place in places)
    for mark in marks:
        assert not mark.low or at(mark.low) <= at(mark.x) <= at(mark.high)
    assert 2 <= len(drawn.ticks) <= 13
    assert len({tick.said for tick in drawn.ticks}) == len(drawn.ticks)


@given(st.lists(estimates(), min_size=1, max_size=6))
def test_the_axis_says_where_zero_is(values):
    drawn = plot(table(*values))
    zero = [tick for tick in drawn.ticks if float(tick.said.replace("−", "-")) == 0]
    assert len(zero) == 1
    assert not drawn.zero or zero[0].x == drawn.zero


def test_shares_stand_on_the_whole_axis():
    [one, other] = plot(table(estimate(0.25), estimate(0.5), bounds=(0.0, 1.0))).lines
    assert (one.marks[0].x, other.marks[0].x) == ("26.00%", "50.00%")


def estimate(value):
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, prompts=3)


def test_first_tries_and_what_is_shown_stand_below_each_other():
    sides = {FIRST_TRY: Cell(estimate=estimate(0.3)), SHOWN: Cell(estimate=estimate(0.6))}
    [line] = plot(table(None, **sides)).lines
    assert [mark.side for mark in line.marks] == ["first-try", "shown"]
    assert line.marks[0].y < line.marks[1].y
    assert line.said == "0.60"


def test_the_lowest_possible_value_is_drawn_where_the_axis_reaches_it():
    [line] = plot(table(estimate(-0.1), floor=-0.2)).lines
    assert line.floor == line.marks[0].low
    # Far below everything else it would leave no room for what differs.
    assert plot(table(estimate(-0.1), floor=-3.0)).lines[0].floor == ""


@pytest.mark.parametrize("text", ["nothing is known", "<b>&amp;"])
def test_what_is_not_known_is_a_dash(text):
    drawn = plot(Table(key="k", title=text, better="", rows=table(None).rows))
    assert (drawn.lines[0].said, drawn.lines[0].marks) == ("–", [])
    assert drawn.description == "recipe 0: –"


def test_names_stand_where_reading_begins():
    assert not plot(table(estimate(0.1))).from_the_right
    with translation.override("ar"):
        assert plot(table(estimate(0.1))).from_the_right
