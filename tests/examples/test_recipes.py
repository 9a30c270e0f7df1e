"""The recipes to copy say what they are meant to, name what is there, and leave no method out."""

from pathlib import Path
from typing import get_args

import pytest
import yaml
from django.conf import settings

from sampling.recipe_document import MethodName, RecipeDocument, Voice

EXAMPLES = Path(settings.BASE_DIR) / "examples"
RECIPES = {
    path.stem: RecipeDocument.model_validate(yaml.safe_load(path.read_text("utf-8")))
    for path in sorted((EXAMPLES / "recipes").glob("*.yaml"))
}


def test_every_method_that_writes_has_a_recipe() -> None:
    assert {recipe.method for recipe in RECIPES.values()} == {*get_args(MethodName)} - {"imported"}


def test_every_way_of_a_method_has_a_recipe() -> None:
    recipes = RECIPES.values()
    assert {recipe.verbalized.draw for recipe in recipes if recipe.verbalized} == {"tail", "proportional"}
    assert {recipe.select.by for recipe in recipes if recipe.select} == {"k-dpp", "max-min"}
    negatively_correlated = [recipe for recipe in recipes if recipe.method == "negatively-correlated"]
    assert {(recipe.ordinary, recipe.variant, bool(recipe.voices)) for recipe in negatively_correlated} == {
        (0, None, False),
        (1, None, False),
        (0, "relevance-first", False),
        (0, None, True),
    }


def test_no_two_recipes_are_the_same() -> None:
    assert len({recipe.sha256() for recipe in RECIPES.values()}) == len(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_names_is_in_this_repository(name: str) -> None:
    writers = list(RECIPES[name].writers())
    assert writers
    for writer in writers:
        assert (Path(settings.BASE_DIR) / writer.model / "config.json").exists()
        assert writer.adapter is None or (Path(settings.BASE_DIR) / writer.adapter / "adapter_config.json").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_used_in_every_language_of_the_site(name: str) -> None:
    assert RECIPES[name].lacks_languages([code for code, _name in settings.LANGUAGES]) == []


def test_the_viewpoints_in_recipes_are_those_to_copy() -> None:
    voices = [Voice.model_validate(voice) for voice in yaml.safe_load((EXAMPLES / "voices.yaml").read_text("utf-8"))]
    spoken = {name: recipe.voices for name, recipe in RECIPES.items() if recipe.voices}
    assert spoken == dict.fromkeys(["named-axes", "value-conditioned"], voices)
