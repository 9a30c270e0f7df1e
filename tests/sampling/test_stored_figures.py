"""What a study's sets measure on average, recipe by recipe, from what stands beside each set."""

import pytest

from sampling.embedding import N_GRAMS
from sampling.intake import erase
from sampling.models import CandidateSet
from sampling.stored_figures import StoredFigures, by_recipe
from tests.sampling.measured_sets import measured, written

pytestmark = pytest.mark.django_db


def figures() -> list[StoredFigures]:
    return by_recipe(CandidateSet.objects.all())


def test_each_recipe_has_its_means_the_most_used_one_first() -> None:
    rare = written(recipe={"method": "independent"})
    often = [written(), written()]
    measured(rare, mean_distance=0.1)
    for distance, one in zip([0.5, 0.7], often, strict=True):
        measured(one, mean_distance=distance, relevance=0.2)
    first, second = figures()
    assert (first.recipe.method, first.ready) == ("negatively-correlated", 2)
    assert first.embeddings[0].shown["mean_distance"] == pytest.approx(0.6)
    assert first.embeddings[0].shown["relevance"] == pytest.approx(0.2)
    assert first.embeddings[0].shown["vendi"] is None
    assert (second.recipe.method, second.embeddings[0].shown["mean_distance"]) == ("independent", 0.1)


def test_first_tries_of_failed_sets_count_and_are_told_from_what_is_shown() -> None:
    ready, failed = written(), written(None, [("a", ["language"])])
    measured(ready, mean_distance=0.8)
    measured(ready, of="first-try", mean_distance=0.6)
    measured(failed, of="first-try", mean_distance=0.2)
    [one] = figures()
    assert (one.ready, one.failed) == (1, 1)
    [embedding] = one.embeddings
    assert (embedding.sets, embedding.shown["mean_distance"]) == (1, 0.8)
    assert embedding.first_try["mean_distance"] == pytest.approx(0.4)


def test_sets_that_were_fit_as_they_came_are_counted() -> None:
    written()
    written(["a", "b", "c", "d"], [("a", []), ("b", []), ("c", []), ("x", ["language"])])
    written(["a", "b", "c", "d"], [("a", []), ("b", []), ("c", [])])
    written(None, [("a", ["language"])])
    [one] = figures()
    assert (one.fit_at_first_try, one.ready, one.failed) == (1, 3, 1)


def test_embeddings_stand_side_by_side_with_n_grams_first() -> None:
    one = written()
    measured(one, embedder="a-model@r", mean_distance=0.3)
    measured(one, mean_distance=0.5)
    assert [embedding.embedder for embedding in figures()[0].embeddings] == [N_GRAMS, "a-model@r"]


def test_sets_that_came_ready_have_no_first_try() -> None:
    one = written(raw=[], recipe={"method": "imported", "generator": None})
    measured(one, mean_distance=0.5)
    [found] = figures()
    assert found.fit_at_first_try is None
    assert found.embeddings[0].first_try == {}


def test_erased_sets_do_not_count() -> None:
    gone = written()
    measured(gone, mean_distance=0.5)
    erase(candidate_sets=CandidateSet.objects.all(), now=gone.requested_at)
    assert figures() == []


def test_it_takes_as_many_queries_as_recipes_and_not_as_sets(django_assert_max_num_queries) -> None:
    for _set in range(5):
        measured(written(), mean_distance=0.5)
        measured(written(recipe={"method": "independent"}), mean_distance=0.5)
    with django_assert_max_num_queries(5):
        assert len(figures()) == 2
