"""A recipe is known by the hash of what it says, and never changes."""

import pytest
from django.db import IntegrityError, transaction
from pydantic import ValidationError

from sampling.intake import define_recipe
from sampling.models import Recipe
from sampling.recipe_document import RecipeDocument
from tests.sampling.conftest import document


def test_the_hash_does_not_depend_on_what_was_left_to_the_defaults() -> None:
    written_out = RecipeDocument.model_validate(document().canonical())
    assert written_out.sha256() == document().sha256()


def test_the_hash_of_a_recipe_is_the_same_on_every_machine() -> None:
    assert RecipeDocument(method="imported").sha256() == (
        "92169d256ff9741946a859cd74628411b3a8bf2934298566c668755dc1b32405"
    )


@pytest.mark.parametrize(
    "changes",
    [{"tries": 4}, {"ordinary": 1}, {"alike": "flag"}, {"decoding": {"temperature": 0.8}}, {"candidates": 3}],
)
def test_any_change_makes_another_recipe(changes: dict[str, object]) -> None:
    assert document(**changes).sha256() != document().sha256()


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        document().tries = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "imported"},
        {"generator": None},
        {"ordinary": 4},
        {"method": "independent", "ordinary": 1},
        {"unknown": 1},
        {"decoding": {"temperature": 0}},
    ],
)
def test_a_document_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        document(**fields)


@pytest.mark.django_db
def test_the_same_document_is_the_same_recipe() -> None:
    assert define_recipe(document()) == define_recipe(document())
    assert define_recipe(document(tries=2)) != define_recipe(document())
    assert Recipe.objects.count() == 2


def test_a_recipe_gives_back_the_document_it_was_made_of(recipe: Recipe) -> None:
    recipe.refresh_from_db()
    assert recipe.says == document()
    assert recipe.says.sha256() == recipe.sha256


def test_two_rows_never_hold_the_same_recipe(recipe: Recipe) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipe.objects.create(document=recipe.document, sha256=recipe.sha256)
