"""Ready sets pass the same checks as generated ones, and say where they came from."""

from typing import Any

import pytest
from django.utils import timezone

from sampling.intake import ImportedCandidate, Source, UnfitSet, import_set
from sampling.models import CandidateSet
from sampling.recipe_document import IMPORTED, Lengths
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SOURCE = Source(file="prompts.jsonl", sha256="ab" * 32, line=7)


def bring(*texts: str, **options: Any) -> CandidateSet:
    return import_set(
        messages=[{"role": "user", "content": "How do I begin?"}],
        language=options.pop("language", "en"),
        candidates=[ImportedCandidate(text=text) for text in texts],
        source=SOURCE,
        now=NOW,
        **options,
    )


def test_a_fit_set_is_ready_at_once_and_says_where_it_came_from() -> None:
    candidate_set = bring(FIT, OTHER, THIRD, FOURTH)
    candidate_set.refresh_from_db()
    assert candidate_set.status == "ready"
    assert sorted(candidate_set.canonical_order or []) == [0, 1, 2, 3]
    assert (candidate_set.source_file, candidate_set.source_sha256, candidate_set.source_line) == (
        "prompts.jsonl",
        "ab" * 32,
        7,
    )
    assert candidate_set.recipe.says.method == "imported"
    assert list(candidate_set.candidates.order_by("slot").values_list("text", flat=True)) == [FIT, OTHER, THIRD, FOURTH]
    assert set(candidate_set.candidates.values_list("method", "completion")) == {("imported", None)}


def test_what_the_source_says_of_an_author_is_kept_and_nothing_is_made_up() -> None:
    known = ImportedCandidate(text=FIT, author_kind="person", author="panel 3", labels=["traditional"])
    others = [ImportedCandidate(text=text) for text in (OTHER, THIRD, FOURTH)]
    candidate_set = import_set(messages=[], language="en", candidates=[known, *others], source=SOURCE, now=NOW)
    first, second, *_ = candidate_set.candidates.order_by("slot")
    assert (first.author_kind, first.author, first.labels) == ("person", "panel 3", ["traditional"])
    assert (second.author_kind, second.author, second.labels) == ("", "", [])


@pytest.mark.parametrize(
    ("texts", "reasons"),
    [
        ([FIT, OTHER, THIRD], ["too-few"]),
        ([FIT, OTHER, THIRD, FOURTH, "One more."], ["too-many"]),
        ([FIT, OTHER, THIRD, "  "], ["empty"]),
        ([FIT, OTHER, THIRD, FIT], ["alike"]),
        ([FIT, OTHER, THIRD, "It depends on the"], []),
        ([FIT, OTHER, THIRD, "It depends on two things:"], ["cut-off"]),
        ([FIT, OTHER, THIRD, "Parlez-en avec vos parents pendant le dîner, ils vous aideront."], ["language"]),
        ([FIT, OTHER, THIRD, "Do this.</s>"], ["special-token-left"]),
        ([FIT, OTHER, THIRD, "I'm sorry, but I can't help with that."], ["refusal"]),
        ([FIT, OTHER, THIRD, "Here are four responses with different values."], ["about-the-task"]),
        ([FIT, OTHER, THIRD, "First of all, sort out that shit."], ["moderated"]),
        ([FIT, OTHER, THIRD, f"{FOURTH} {FOURTH} " * 90], ["too-long", "uneven"]),
        ([FIT, OTHER, THIRD, f"{FOURTH} " * 20], ["uneven"]),
    ],
)
def test_an_unfit_set_is_refused_with_the_reason(texts: list[str], reasons: list[str]) -> None:
    if not reasons:
        assert bring(*texts).is_ready
        return
    with pytest.raises(UnfitSet) as refusal:
        bring(*texts)
    assert refusal.value.reasons == reasons
    assert not CandidateSet.objects.exists()


def test_answers_may_be_alike_where_the_prompt_asks_for_facts() -> None:
    assert bring(FIT, FIT, OTHER, THIRD, factual=True).is_ready
    assert bring(FIT, FIT, OTHER, THIRD, recipe=IMPORTED.model_copy(update={"alike": "flag"})).remarks == ["alike"]


def test_the_standards_of_the_study_hold_for_ready_sets_and_are_kept_with_them() -> None:
    recipe = IMPORTED.model_copy(update={"refusals": "show", "lengths": Lengths(maximum=200, times=50)})
    candidate_set = bring(FIT, OTHER, THIRD, "I'm sorry, but I can't help with that.", recipe=recipe)
    assert candidate_set.remarks == ["refusal"]
    assert candidate_set.recipe.says.lengths == recipe.lengths
    assert candidate_set.recipe.says.refusals == "show"
    with pytest.raises(UnfitSet) as refusal:
        bring(FIT, OTHER, THIRD, f"{FOURTH} " * 5, recipe=recipe)
    assert refusal.value.reasons == ["too-long"]


def test_a_set_may_have_another_number_of_answers_where_the_study_says_so() -> None:
    candidate_set = bring(FIT, OTHER, recipe=IMPORTED.model_copy(update={"candidates": 2}))
    assert sorted(candidate_set.canonical_order or []) == [0, 1]
    assert candidate_set.recipe.says.candidates == 2


def test_headings_in_ready_answers_are_no_leftovers() -> None:
    assert bring(f"### First\n\n{FIT}", OTHER, THIRD, FOURTH).is_ready


def test_texts_are_kept_composed_and_without_invisible_characters() -> None:
    candidate_set = bring("\ufeffCafe\u0301 first, then everything else that you have to do.\r\n", OTHER, THIRD, FOURTH)
    assert candidate_set.candidates.get(slot=0).text == "Café first, then everything else that you have to do."


def test_the_canonical_order_is_not_always_the_order_of_the_file() -> None:
    orders = {str(bring(FIT, OTHER, THIRD, FOURTH).canonical_order) for _ in range(12)}
    assert len(orders) > 1
