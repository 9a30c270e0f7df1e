"""To a question of fact nobody is asked to differ: answers that agree are no fault."""

import pytest

from sampling.wordings import wording
from tests.sampling.methods_at_work import RECIPES, Recipe, order, run
from tests.sampling.test_checks import FIT


@pytest.mark.parametrize("recipe", [recipe for name, recipe in RECIPES.items() if name != "models"])
def test_independent_answers_take_the_place_of_those_made_to_differ(recipe: Recipe) -> None:
    drafts, _, [requests] = run(order(factual=True, **recipe), [FIT] * 4)
    assert [(draft.text, draft.method, draft.condition) for draft in drafts] == [(FIT, "independent", "")] * 4
    ordinary = wording("ordinary", language="en")
    assert {request.messages[-1]["content"] for request in requests} == {f"And then?\n\n{ordinary}"}


def test_several_models_stay_several_models() -> None:
    drafts, _, _ = run(order(factual=True, **RECIPES["models"]), [FIT] * 4)
    assert {draft.method for draft in drafts} == {"models"}


def test_a_fact_needs_no_voice_in_its_language() -> None:
    foreign = "Demande à tes grands-parents comment ils ont vécu cela, et écris ce qu'ils disent."
    drafts, _, _ = run(order(factual=True, language="fr", **RECIPES["value-conditioned"]), [foreign] * 4)
    assert len(drafts) == 4
