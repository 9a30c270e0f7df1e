"""One answer each from several models."""

from sampling.recipe_document import Generator
from tests.sampling.methods_at_work import GOOD, Recipe, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

SPECS = [
    {"name": "huggingface", "model": "org/small"},
    {"name": "huggingface", "model": "org/large", "adapter": "org/poems"},
    {"name": "openai-compatible", "model": "hosted", "endpoint": "somewhere"},
    {"name": "huggingface", "model": "org/old"},
]
FROM_FOUR: Recipe = {"method": "models", "generator": None, "generators": SPECS}


def test_every_model_is_asked_once_and_in_the_same_words() -> None:
    drafts, _, [requests] = run(order(**FROM_FOUR), GOOD)
    assert [request.generator for request in requests] == [Generator.model_validate(spec) for spec in SPECS]
    assert len({str(request.messages) for request in requests}) == 1
    assert [draft.text for draft in drafts] == GOOD
    assert {(draft.method, draft.condition) for draft in drafts} == {("models", "")}


def test_what_is_unfit_is_asked_again_of_the_same_model() -> None:
    drafts, _, [_, again] = run(order(**FROM_FOUR), [FIT, "", THIRD, FIT], [OTHER, FOURTH])
    assert [request.generator and request.generator.model for request in again] == ["org/large", "org/old"]
    assert [draft.text for draft in drafts] == GOOD


def test_one_model_may_be_listed_several_times() -> None:
    drafts, _, _ = run(order(**(FROM_FOUR | {"generators": [SPECS[0]] * 4})), GOOD)
    assert [draft.text for draft in drafts] == GOOD
