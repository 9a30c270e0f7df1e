"""A recipe has what its method takes and nothing else; what it lacks is said in a sentence."""

import pytest
from pydantic import ValidationError

from sampling.recipe_document import RecipeDocument
from tests.sampling.conftest import document
from tests.sampling.methods_at_work import MODEL, RECIPES, VOICES, Recipe

COMMUNITY = {"key": "rural", "generator": MODEL, "attribute": {"en": "life in the country"}}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_with_what_its_method_takes_is_valid(recipe: Recipe) -> None:
    written_out = document(**recipe).canonical()
    assert RecipeDocument.model_validate(written_out).sha256() == document(**recipe).sha256()


def test_parts_that_are_not_given_do_not_count_in_the_hash() -> None:
    assert set(document().canonical()) == {
        "method",
        "ordinary",
        "candidates",
        "generator",
        "decoding",
        "alike",
        "tries",
    }


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ({"method": "independent", "variant": "relevance-first"}, "a variant belongs to negatively-correlated"),
        ({"variant": "relevance-first", "voices": VOICES}, "takes voices for the fallback value-conditioned only"),
        ({"variant": "plain"}, "plain is for recipes with voices"),
        ({"voices": VOICES[:3]}, "need a voice each"),
        ({"voices": VOICES[:2], "ordinary": 1}, "need a voice each"),
        ({"method": "select", "select": {"method": "negatively-correlated"}, "voices": VOICES[:2]}, "a voice each"),
        ({"method": "value-conditioned"}, "value-conditioned needs voices"),
        ({"method": "value-conditioned", "voices": VOICES[:3]}, "a voice for each candidate"),
        ({"fallback": "value-conditioned"}, "value-conditioned needs voices"),
        ({"variant": "plain", "fallback": "value-conditioned", "voices": VOICES[:3]}, "a voice for each candidate"),
        ({"method": "select", "select": {"method": "value-conditioned"}}, "value-conditioned needs voices"),
        ({"voices": [*VOICES, VOICES[0]]}, "tradition is listed twice"),
        ({"method": "independent", "voices": VOICES}, "voices is not for independent"),
        ({"method": "verbalized"}, "verbalized needs verbalized"),
        ({"method": "verbalized", "verbalized": {"pool": 3}}, "at least as large as the set"),
        ({"method": "select", "select": {"method": "verbalized"}}, "verbalized needs verbalized"),
        (
            {"method": "select", "select": {"method": "verbalized"}, "verbalized": {"pool": 3}},
            "at least as large as the set",
        ),
        ({"method": "select"}, "select needs select"),
        ({"method": "select", "select": {"pool": 4}}, "larger than the set"),
        ({"select": {"pool": 8}}, "select is not for negatively-correlated"),
        ({"method": "models"}, "those two take none"),
        ({"method": "models", "generator": None, "generators": [MODEL] * 3}, "one generator for each candidate"),
        ({"method": "community"}, "community needs communities"),
        ({"method": "community", "communities": {"pool": [COMMUNITY]}}, "a community for each candidate"),
        ({"alike_from": 0.9}, "alike_from needs an embedder"),
    ],
)
def test_what_does_not_fit_together_is_said(recipe: Recipe, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        document(**recipe)


def test_languages_that_a_voice_lacks_are_named() -> None:
    half = [*VOICES[:3], {"key": "quiet", "texts": {"en": "Silence"}}]
    assert document(voices=half).lacks_languages(["en", "hi", "fr"]) == ["hi", "fr"]
    assert document(voices=VOICES).lacks_languages(["en", "hi"]) == []
    assert document().lacks_languages(["en", "sw"]) == []
