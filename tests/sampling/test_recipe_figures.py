"""What the sets of several recipes measure beside each other."""

import pytest
from numpy.random import default_rng

from pluralism.resampling import Estimate
from sampling.embedding import N_GRAMS
from sampling.intake import erase
from sampling.label_figures import LabelFigures
from sampling.models import CandidateSet, Label
from sampling.recipe_figures import COSTS, MEASURES, RecipeFigures, Tried, compared, embedders
from sampling.recipe_sets import MEASURED
from tests.sampling.measured_sets import VALUES, labelled, measured, written

pytestmark = pytest.mark.django_db


def of_prompts(*sets: CandidateSet, sets_per_prompt: int = 1) -> Tried:
    return {one.pk: place // sets_per_prompt for place, one in enumerate(sets)}


def figures(*sets: CandidateSet, sets_per_prompt: int = 1) -> RecipeFigures:
    [found] = compared([of_prompts(*sets, sets_per_prompt=sets_per_prompt)], seed=1)
    return found


def value(found: Estimate | None) -> float:
    assert found is not None
    return found.value


def said(found: RecipeFigures, of: str = "shown", part: str = "", source: str = "researcher") -> LabelFigures:
    [one] = [labels for labels in found.labels if (labels.of, labels.part, labels.source) == (of, part, source)]
    return one


def test_sets_are_counted_by_what_became_of_them() -> None:
    found = figures(
        written(),
        written(["a", "b", "c", "d"], [("a", []), ("x", ["language"]), ("c", []), ("d", [])]),
        written(None, [("a", ["too-few"])], rejected=["too-few", "language"]),
        written(None, [], failure="too-slow"),
        CandidateSet.objects.create(recipe=written().recipe, messages=[], language="en"),
    )
    assert (found.sets, found.prompts, found.unfinished) == (5, 5, 1)
    assert found.failed == {"unfit": 1, "too-slow": 1}
    assert value(found.means["fit_at_first_try"]) == 1 / 4
    assert value(found.means["fit_after_repair"]) == 2 / 4
    assert (found.raw_answers, found.faults) == (9, {"language": 1, "too-few": 1})
    assert found.rejections == {"too-few": 1, "language": 1}


def test_a_short_first_try_is_not_fit() -> None:
    found = figures(written(["a", "b", "c", "d"], [("a", []), ("b", []), ("c", [])]))
    assert value(found.means["fit_at_first_try"]) == 0
    assert value(found.means["fit_after_repair"]) == 1


def test_all_tries_are_paid_for() -> None:
    found = figures(written(new_tokens=100, cost=0.5, seconds=2), written(new_tokens=300, cost=None, seconds=4))
    assert value(found.means["new_tokens"]) == 200
    assert value(found.means["seconds"]) == 3
    # Without a price nothing is made up.
    assert found.means["cost"] == Estimate(value=0.5, low=None, high=None, prompts=1)


def test_measures_are_averaged_over_the_sets_that_have_them() -> None:
    near, far, unmeasured = written(), written(), written()
    measured(near, mean_distance=0.2, relevance=0.8)
    measured(far, mean_distance=0.6, relevance=0.4)
    measured(far, of="first-try", mean_distance=0.5)
    found = figures(near, far, unmeasured)
    assert value(found.means["shown.mean_distance"]) == pytest.approx(0.4)
    assert value(found.means["shown.relevance"]) == pytest.approx(0.6)
    assert value(found.means["first-try.mean_distance"]) == 0.5
    assert found.means["shown.vendi"] is None
    assert found.not_measured == 1


def test_every_embedding_stands_by_itself() -> None:
    one = written()
    measured(one, mean_distance=0.2)
    measured(one, embedder="m@r", mean_distance=0.9)
    tried = [of_prompts(one)]
    assert embedders(tried) == [N_GRAMS, "m@r"]
    [by_words], [by_model] = compared(tried, seed=1), compared(tried, seed=1, embedder="m@r")
    assert value(by_words.means["shown.mean_distance"]) == 0.2
    assert value(by_model.means["shown.mean_distance"]) == 0.9


def test_every_figure_has_a_title_and_every_title_a_figure() -> None:
    found = figures(written())
    keys = {f"{of}.{figure.key}" for of in ("shown", "first-try") for figure in MEASURES}
    assert set(found.means) == keys | {figure.key for figure in COSTS}
    assert [figure.key for figure in MEASURES] == list(MEASURED)
    assert all(str(figure.title) for figure in [*MEASURES, *COSTS])


def test_differences_are_taken_on_the_prompts_that_both_recipes_have() -> None:
    base = [written() for _prompt in range(6)]
    other = [written() for _prompt in range(5)]
    for place, one in enumerate(base):
        measured(one, mean_distance=place / 10)
    for place, one in enumerate(other):
        measured(one, mean_distance=place / 10 + 0.25)
    first, second = compared([of_prompts(*base), of_prompts(*other)], seed=1)
    assert first.less_baseline == {}
    found = second.less_baseline["shown.mean_distance"]
    assert found is not None
    assert (found.prompts, found.is_positive) == (5, True)
    assert found.value == pytest.approx(0.25)
    # Every prompt differs by as much: the pairs leave nothing to chance, while the means overlap.
    assert found.low == pytest.approx(0.25)
    assert second.means["shown.mean_distance"]
    assert second.means["shown.mean_distance"].low is not None
    assert first.means["shown.mean_distance"]
    assert first.means["shown.mean_distance"].high is not None
    assert second.means["shown.mean_distance"].low < first.means["shown.mean_distance"].high


def test_labels_say_which_values_sets_hold_and_how_they_correlate() -> None:
    sets = [labelled(written(["a", "b", "c", "d"])) for _set in range(6)]
    found = said(figures(*sets, sets_per_prompt=2))
    assert (found.scheme, found.values, found.accuracy) == ("map", list(VALUES), None)
    assert value(found.correlation.rho_w) == pytest.approx(-1 / 3)
    assert found.correlation.prompts == 3
    assert value(found.held.distinct) == 4
    assert [value(one.covered) for one in found.held.coverage if one] == [1, 1, 1, 1]


def test_first_tries_are_told_from_what_is_shown() -> None:
    raw = [("a", []), ("a", ["alike"]), ("a", ["alike"]), ("b", [])]
    sets = [labelled(written(["a", "b", "c", "d"], raw)) for _set in range(4)]
    found = figures(*sets, sets_per_prompt=2)
    assert value(said(found, "shown").held.distinct) == 4
    assert value(said(found, "first-try").held.distinct) == 2
    # 3 of the 6 pairs of each first try agree, none of what is shown.
    assert said(found, "first-try").correlation.within == 0.5
    assert said(found, "shown").correlation.within == 0


def test_the_first_try_of_a_set_that_failed_counts_too() -> None:
    raw = [("a", ["language"]), ("b", ["language"]), ("c", []), ("c", [])]
    failed, ready = labelled(written(None, raw)), labelled(written(["a", "b", "c", "d"]))
    found = figures(failed, ready, sets_per_prompt=2)
    assert said(found, "first-try").held.sets == 2
    assert said(found, "shown").held.sets == 1


def test_the_diverse_part_of_sets_with_an_ordinary_answer_is_measured_apart() -> None:
    methods = ["negatively-correlated"] * 3 + ["ordinary"]
    sets = [
        labelled(written(["b", "c", "d", "a"], methods=methods, recipe={"ordinary": 1})),
        labelled(written(["a", "c", "d", "A"], methods=methods, recipe={"ordinary": 1}), A="a"),
        labelled(written(["b", "a", "d", "A"], methods=methods, recipe={"ordinary": 1}), A="a"),
    ]
    found = figures(*sets, sets_per_prompt=3)
    diverse, whole = said(found, part="negatively-correlated"), said(found)
    assert diverse.correlation.within == 0
    assert whole.correlation.within == pytest.approx((0 + 1 + 1) / 18)
    assert value(diverse.held.distinct) == 3


def test_texts_without_a_label_and_undecided_ones_are_told_apart() -> None:
    whole = labelled(written(["a", "b", "c", "d"]), d="")
    partly = labelled(written(["a", "b", "c", "d"]))
    Label.objects.filter(candidate_set=partly, value="d").delete()
    held = said(figures(whole, partly, sets_per_prompt=2)).held
    assert (held.sets, held.sets_left_out) == (1, 1)
    assert value(held.undecided) == 1 / 4
    assert value(held.distinct) == 3


def test_a_judge_stands_beside_how_often_it_is_right() -> None:
    one = labelled(written(["a", "b", "c", "d"]), d="")
    labelled(one, source="m@r", b="a", c="")
    found = figures(one)
    assert [labels.source for labels in found.labels if labels.of == "shown"] == ["researcher", "m@r"]
    judged = said(found, source="m@r")
    # The researcher could not tell d; the judge could not tell c, was right on a and wrong on b.
    assert judged.accuracy is not None
    assert (judged.accuracy.texts, judged.accuracy.undecided, judged.accuracy.right) == (3, 1, 1)
    assert judged.values == list(VALUES)


def test_values_that_one_recipe_never_gives_are_listed_for_it_too() -> None:
    of_all = [labelled(written(["a", "b", "c", "d"]))]
    of_one = [labelled(written(["a", "a", "a", "a"]))]
    _all, one = compared([of_prompts(*of_all), of_prompts(*of_one)], seed=1)
    assert [value(coverage.covered) for coverage in said(one).held.coverage if coverage] == [1, 0, 0, 0]


def test_differences_of_values_are_paired() -> None:
    random = default_rng(1)
    base = [labelled(written([str(text) for text in random.choice(list("abcd"), 4)])) for _set in range(40)]
    diverse = [labelled(written([str(text) for text in random.permutation(list("abcd"))])) for _set in range(40)]
    tried = [of_prompts(*sets, sets_per_prompt=2) for sets in (base, diverse)]
    first, second = compared(tried, seed=1)
    assert said(first).less_baseline == {}
    found = said(second).less_baseline
    assert set(found) == {"rho_w", "distinct", "all_distinct", "covers.a", "covers.b", "covers.c", "covers.d"}
    assert found["rho_w"]
    assert found["rho_w"].is_negative
    assert found["distinct"]
    assert found["distinct"].is_positive
    assert value(found["covers.a"]) == pytest.approx(
        1 - value(next(one.covered for one in said(first).held.coverage if one))
    )


def test_recipes_with_sets_of_other_sizes_are_compared_by_correlation_alone() -> None:
    four = [labelled(written(["a", "b", "c", "d"])) for _set in range(2)]
    three = [labelled(written(["a", "b", "c"], recipe={"candidates": 3})) for _set in range(2)]
    _base, other = compared([of_prompts(*sets, sets_per_prompt=2) for sets in (four, three)], seed=1)
    assert set(said(other).less_baseline) == {"rho_w"}


def test_imported_sets_have_no_first_try_to_be_fit_at() -> None:
    one = written(recipe={"method": "imported", "generator": None})
    assert figures(one).means["fit_at_first_try"] is None
    assert figures(one).means["fit_after_repair"] is None


def test_answers_to_questions_of_fact_say_nothing_of_how_answers_differ() -> None:
    fact, other = labelled(written(["a", "a", "a", "a"], factual=True)), labelled(written(["a", "b", "c", "d"]))
    measured(fact, mean_distance=0.1)
    measured(other, mean_distance=0.7)
    found = figures(fact, other, sets_per_prompt=2)
    assert (found.sets, found.factual, found.not_measured) == (2, 1, 0)
    assert value(found.means["shown.mean_distance"]) == 0.7
    assert value(said(found).held.distinct) == 4
    # What they took and whether they were fit counts as that of others.
    assert value(found.means["fit_after_repair"]) == 1
    assert found.means["seconds"] is not None
    assert found.means["seconds"].value == 2


def test_erased_sets_are_counted_and_left_out() -> None:
    gone, stays = labelled(written(["a", "a", "a", "a"])), labelled(written(["a", "b", "c", "d"]))
    erase(candidate_sets=CandidateSet.objects.filter(pk=gone.pk), now=gone.requested_at)
    found = figures(gone, stays, sets_per_prompt=2)
    assert (found.sets, found.erased) == (1, 1)
    assert value(said(found).held.distinct) == 4
    assert not Label.objects.filter(candidate_set=gone).exists()


def test_no_sets_have_no_figures() -> None:
    [found] = compared([{}], seed=1)
    assert found.sets == 0
    assert set(found.means.values()) == {None}
    assert found.labels == []


def test_the_same_seed_gives_the_same_figures(django_assert_max_num_queries) -> None:
    sets = [labelled(written([str(text) for text in default_rng(n).choice(list("abcd"), 4)])) for n in range(12)]
    tried = [of_prompts(*sets, sets_per_prompt=2), of_prompts(*sets[:6], sets_per_prompt=2)]
    assert compared(tried, seed=3) == compared(tried, seed=3)
    assert compared(tried, seed=3) != compared(tried, seed=4)
    # As many as recipes and sources, not as sets.
    with django_assert_max_num_queries(25):
        compared(tried, seed=3)
