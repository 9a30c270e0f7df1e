"""The figures of compared recipes as tables: the same numbers as by hand, first tries and shown sets apart."""

import pytest
from django.core.cache import cache

from collection import comparison_tables
from collection.comparison_figures import figures, remembered_figures
from collection.comparison_tables import FIRST_TRY, SHOWN, Cell, Table, accuracy_said
from sampling.embedding import N_GRAMS
from sampling.labelling import Accuracy
from sampling.models import CandidateSet, Label
from tests.collection.compared_sets import comparison_of
from tests.sampling.measured_sets import labelled, measured, written

pytestmark = pytest.mark.django_db

ALIKE = [("a", []), ("a", ["alike"]), ("b", []), ("c", [])]


def far(distance):
    one = labelled(written(["a", "b", "c", "d"], ALIKE, new_tokens=400))
    measured(one, mean_distance=distance, relevance=0.5)
    measured(one, of="first-try", mean_distance=distance - 0.3, relevance=0.5)
    return one


def near(distance):
    one = labelled(written(["a", "a", "a", "b"], new_tokens=200, recipe={"method": "independent"}))
    measured(one, mean_distance=distance, relevance=0.6)
    measured(one, of="first-try", mean_distance=distance, relevance=0.6)
    return one


@pytest.fixture
def comparison():
    """Two prompts, two sets each: one recipe says everything in every set, the other three times a and once b."""
    return comparison_of(
        {"nc": [far(0.9), far(0.8), far(0.9), far(0.8)], "plain": [near(0.2)] + [near(0.4) for _ in range(3)]}
    )


def tables(comparison, baseline="plain"):
    found = figures(comparison=comparison, baseline=baseline)
    return {table.key: table for group in comparison_tables.groups(found, baseline=baseline) for table in group.tables}


def cell(table: Table, recipe: str, side: str = SHOWN) -> Cell:
    [row] = [row for row in table.rows if row.recipe == recipe and not row.part]
    return row.cells[side]


def values(table, side=SHOWN):
    return {row.recipe: row.cells[side].estimate.value for row in table.rows}


def test_they_say_what_is_counted_by_hand(comparison):
    found = tables(comparison)
    assert values(found["mean_distance"]) == pytest.approx({"nc": 0.85, "plain": 0.35})
    assert values(found["mean_distance"], FIRST_TRY) == pytest.approx({"nc": 0.55, "plain": 0.35})
    assert values(found["relevance"]) == pytest.approx({"nc": 0.5, "plain": 0.6})
    assert values(found["fit"], FIRST_TRY) == {"nc": 0, "plain": 1}
    assert values(found["fit"]) == {"nc": 1, "plain": 1}
    assert values(found["new_tokens"], "") == {"nc": 400, "plain": 200}
    assert values(found["distinct"]) == {"nc": 4, "plain": 2}
    assert values(found["distinct"], FIRST_TRY) == {"nc": 3, "plain": 2}
    assert values(found["covers.c"]) == {"nc": 1, "plain": 0}


def test_correlation_stands_beside_the_lowest_that_is_possible(comparison):
    found = cell(tables(comparison)["rho_w"], "nc")
    # No two answers of a set agree; of the 16 pairs between two sets of a prompt 4 do.
    assert (found.beside["within"], found.beside["between"]) == (0, 0.25)
    assert found.estimate.value == found.beside["floor"] == pytest.approx(-1 / 3)
    plain = cell(tables(comparison)["rho_w"], "plain")
    # 3 of 6 pairs within, and 9 + 1 of 16 between.
    assert (plain.beside["within"], plain.beside["between"]) == (0.5, 0.625)
    assert plain.estimate.value == pytest.approx((0.5 - 0.625) / (1 - 0.625))


def test_differences_are_from_the_baseline_that_is_asked_for(comparison):
    assert cell(tables(comparison, "plain")["mean_distance"], "nc").less.value == pytest.approx(0.5)
    assert cell(tables(comparison, "nc")["mean_distance"], "plain").less.value == pytest.approx(-0.5)
    assert cell(tables(comparison, "plain")["mean_distance"], "plain").less is None
    assert cell(tables(comparison, "plain")["covers.c"], "nc").less.value == 1
    assert [row.is_baseline for row in tables(comparison, "plain")["rho_w"].rows] == [False, True]


def test_recipes_stay_in_the_order_in_which_they_were_given(comparison):
    assert list(figures(comparison=comparison, baseline="plain")) == ["nc", "plain"]
    assert [row.recipe for row in tables(comparison)["mean_distance"].rows] == ["nc", "plain"]


def test_only_an_interval_below_zero_says_that_a_sampler_is_negatively_correlated(comparison):
    table = tables(comparison)["rho_w"]
    assert [comparison_tables.is_negative(table, row.cells[SHOWN]) for row in table.rows] == [True, True]
    one = comparison_of({"nc": [far(0.9), far(0.8)], "plain": [near(0.2), near(0.4)]})
    table = tables(one)["rho_w"]
    # One prompt cannot say how much prompts differ.
    assert cell(table, "nc").estimate.value < 0
    assert not any(comparison_tables.is_negative(table, row.cells[SHOWN]) for row in table.rows)
    assert not comparison_tables.is_negative(tables(comparison)["mean_distance"], cell(table, "nc"))


def test_answers_that_were_asked_to_differ_stand_apart_from_ordinary_ones():
    methods = ["negatively-correlated"] * 3 + ["ordinary"]
    sets = [labelled(written(["b", "c", "d", "A"], methods=methods, recipe={"ordinary": 1}), A="b") for _ in range(4)]
    found = tables(comparison_of({"3+1": sets, "plain": [near(0.2) for _ in range(4)]}))["rho_w"]
    assert [(row.recipe, row.part) for row in found.rows] == [
        ("3+1", ""),
        ("3+1", "negatively-correlated"),
        ("plain", ""),
    ]
    whole, apart = (row.cells[SHOWN] for row in found.rows[:2])
    assert apart.beside["within"] == 0
    assert whole.beside["within"] == pytest.approx(1 / 6)


def test_every_source_of_labels_has_its_own_tables_those_by_hand_first(comparison):
    for one in CandidateSet.objects.all():
        labelled(one, source="judge@1", b="a")
    found = comparison_tables.groups(figures(comparison=comparison), baseline="nc")
    by_hand, judged = found[:2]
    assert (by_hand.is_judged, by_hand.accuracy, judged.is_judged) == (False, None, True)
    assert str(judged.title) == "Values of map, labelled by judge@1"
    # It takes every b for an a: right on 12 of the 16 texts of the one, and on 4 of the 8 of the other.
    assert (judged.accuracy.texts, judged.accuracy.right) == (24, 16)
    assert [group.key for group in comparison_tables.only(found, source="judge@1")] == [
        "labels.map.judge@1",
        "words",
        "relevance",
        "costs",
    ]
    assert len(comparison_tables.only(found, scheme="other")) == 3


def test_what_a_judge_is_worth_is_said_in_a_sentence():
    assert accuracy_said(Accuracy(texts=40, undecided=2, right=33)) == (
        "Of 40 texts labelled by hand this judge decided 38 and was right on 33: 87 % (73 % to 94 %)."
    )
    assert "is not known" in accuracy_said(Accuracy(texts=2, undecided=2, right=0))


def test_what_went_wrong_is_counted_by_reason(comparison):
    failed = [written(None, [("x", ["language"])], rejected=["language"]) for _ in range(2)]
    other = comparison_of({"nc": [far(0.9), far(0.8)], "plain": failed})
    sets, faults, rejections = comparison_tables.counts(figures(comparison=other))
    assert sets.said == [("The model wrote no complete set of answers that could be shown.", [(0, 2), (2, 2)])]
    assert faults.rows == [("alike", [2, 0]), ("language", [0, 2])]
    assert list(faults.of) == [8, 2]
    assert rejections.rows == [("language", [0, 2])]


def test_nothing_went_wrong_is_no_table():
    fine = comparison_of({"a": [near(0.1), near(0.2)], "b": [near(0.1), near(0.2)]})
    assert comparison_tables.counts(figures(comparison=fine)) == []


def test_without_labels_there_are_no_tables_of_values(comparison):
    Label.objects.all().delete()
    found = comparison_tables.groups(figures(comparison=comparison), baseline="nc")
    assert [group.key for group in found] == ["words", "relevance", "costs"]


@pytest.mark.parametrize(("tokens", "decimals"), [(4000, 0), (400, 0), (40, 1), (4, 2)])
def test_numbers_have_as_many_places_as_tell_them_apart(tokens, decimals):
    one, other = ([written(new_tokens=tokens) for _ in range(2)] for _recipe in range(2))
    assert tables(comparison_of({"a": one, "b": other}), "a")["new_tokens"].decimals == decimals


# ---- remembered ------------------------------------------------------------------------------------------------------
def test_figures_are_computed_once_until_a_set_or_a_label_comes_or_goes(
    comparison, django_assert_num_queries, monkeypatch
):
    cache.clear()
    first = remembered_figures(comparison=comparison)
    with django_assert_num_queries(3):
        assert remembered_figures(comparison=comparison) == first
    assert remembered_figures(comparison=comparison, baseline="plain") != first
    Label.objects.filter(candidate_set__trial__compared__name="nc", value="d").update(value="a")
    labelled(CandidateSet.objects.first(), source="judge@1")
    changed = remembered_figures(comparison=comparison)
    assert len(changed["nc"].labels) > len(first["nc"].labels)
    measured(CandidateSet.objects.first(), embedder="m@r", mean_distance=0.3)
    assert remembered_figures(comparison=comparison, embedder="m@r") != remembered_figures(
        comparison=comparison, embedder=N_GRAMS
    )
