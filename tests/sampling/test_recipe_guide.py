"""The guide to recipes can be copied from, and names everything there is."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from collection.configuration import Prompts, Recipes
from sampling import recipe_document
from sampling.recipe_document import MethodName, RecipeDocument

GUIDE = Path("docs/recipes.md").read_text(encoding="utf-8")
EXAMPLES = [YAML(typ="safe").load(text) for text in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example)))
def test_every_example_can_be_copied(example: dict[str, Any]) -> None:
    parts: dict[str, type[BaseModel]] = {"prompts": Prompts, "recipes": Recipes}
    if part := next((part for part in parts if part in example), None):
        parts[part].model_validate(example[part])
    else:
        RecipeDocument.model_validate(example)


def test_every_method_has_an_example() -> None:
    assert {example.get("method") for example in EXAMPLES} - {None} == set(get_args(MethodName))


@pytest.mark.parametrize("method", get_args(MethodName))
def test_every_method_has_its_section(method: str) -> None:
    assert f"\n### {method}\n" in GUIDE
    assert f"(#{method})" in GUIDE


def test_every_part_of_a_recipe_is_explained() -> None:
    models = [
        thing for thing in vars(recipe_document).values() if isinstance(thing, type) and issubclass(thing, BaseModel)
    ]
    parts = {part for model in models for part in model.model_fields}
    assert parts >= {"voices", "adapter_revision", "from_probability"}
    assert {part for part in parts if f"`{part}`" not in GUIDE} == set()


def test_the_defaults_are_those_that_hold() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", GUIDE, re.MULTILINE)
    defaults = {part: str(field.default) for part, field in RecipeDocument.model_fields.items()}
    assert dict(rows).items() <= (defaults | {"refusals": "repair"}).items()
    assert len(rows) == 5
