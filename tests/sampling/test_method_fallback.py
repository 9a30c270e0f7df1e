"""What is still missing when the tries are used up comes from the fallback, and is recorded as its."""

import pytest

from sampling.asking import NoFitSet
from sampling.wordings import wording
from tests.sampling.methods_at_work import GOOD, VOICES, Recipe, joined, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

WITH_VOICES: Recipe = {"variant": "plain", "voices": VOICES, "fallback": "value-conditioned"}


def test_without_a_fallback_the_failure_is_visible() -> None:
    with pytest.raises(NoFitSet):
        run(order(tries=1), [joined(*GOOD[:3])])


def test_the_missing_answers_are_asked_for_one_by_one_and_the_good_ones_stay() -> None:
    drafts, _, [_, rest] = run(order(tries=1, fallback="independent"), [joined(FIT, OTHER)], [THIRD, FOURTH])
    assert [(draft.text, draft.method) for draft in drafts] == [
        (FIT, "negatively-correlated"),
        (OTHER, "negatively-correlated"),
        (THIRD, "independent"),
        (FOURTH, "independent"),
    ]
    assert rest[0].messages[-1]["content"].endswith(wording("ordinary", language="en"))


def test_nothing_good_at_all_makes_a_set_of_the_fallback_alone() -> None:
    drafts, _, _ = run(order(tries=2, **WITH_VOICES), ["No."], ["No."], GOOD)
    assert [(draft.method, draft.condition) for draft in drafts] == [
        ("value-conditioned", voice["key"]) for voice in VOICES
    ]


def test_only_voices_that_are_not_heard_yet_speak() -> None:
    recipe: Recipe = {"voices": VOICES, "fallback": "value-conditioned", "tries": 1}
    broken = joined(FIT, "Assistant: Yes. User: No.", THIRD, FOURTH)
    drafts, _, [_, [rest]] = run(order(**recipe), [broken], [OTHER])
    assert rest.condition == "reason"
    assert [draft.condition for draft in drafts] == ["tradition", "safety", "freedom", "reason"]


def test_it_has_one_round_and_then_the_set_fails_with_its_reason() -> None:
    with pytest.raises(NoFitSet) as failure:
        run(order(tries=1, fallback="independent"), [joined(*GOOD[:3])], [FIT])
    assert failure.value.reasons == ["alike"]


def test_its_answers_differ_from_the_good_ones_or_the_set_fails() -> None:
    drafts, replies, _ = run(
        order(method="sequential", tries=1, fallback="independent"), [FIT], [FIT], [OTHER, THIRD, FOURTH]
    )
    assert replies[1].rejected == ["alike"]
    assert [draft.method for draft in drafts] == ["sequential"] + ["independent"] * 3


def test_where_several_models_write_one_that_gave_a_fit_answer_is_asked() -> None:
    models = [{"name": "huggingface", "model": f"org/{name}"} for name in "abcd"]
    recipe: Recipe = {
        "method": "models",
        "generator": None,
        "generators": models,
        "fallback": "independent",
        "tries": 1,
    }
    _, _, [_, [rest]] = run(order(**recipe), ["", OTHER, THIRD, FOURTH], [FIT])
    assert rest.generator is not None
    assert rest.generator.model == "org/b"
    _, _, [_, rests] = run(order(**recipe), [""] * 4, GOOD)
    assert {request.generator and request.generator.model for request in rests} == {"org/a"}


def test_to_a_question_of_fact_the_fallback_does_not_make_answers_differ() -> None:
    drafts, _, [_, rest] = run(order(factual=True, tries=1, **WITH_VOICES), [FIT, FIT, "", ""], [FIT, FIT])
    assert [draft.method for draft in drafts] == ["independent"] * 4
    assert {request.condition for request in rest} == {""}
