"""What the demo starts with."""

import pytest

from collection.models import Item, Study
from config.demo import loading


@pytest.fixture
def loaded(db):
    loading.load_studies(model="")


def models():
    return {
        recipe.says.generator.model
        for study in Study.objects.all()
        for recipe in (study.version.first_recipe, study.version.later_recipe)
        if recipe is not None and recipe.says.generator is not None
    }


@pytest.mark.usefixtures("loaded")
def test_it_can_be_tried_in_every_language_at_once():
    assert loading.languages() == ["en", "fr", "it", "hi", "pt", "ar"]
    for language in loading.languages():
        ready = Item.objects.filter(prompt__language=language, candidate_set__status="ready")
        assert ready.count() >= 8, language


@pytest.mark.usefixtures("loaded")
def test_another_start_changes_nothing_unless_a_model_is_named():
    Study.objects.filter(slug="everyday").update(state="paused")
    before = list(Study.objects.values_list("pk", "version", "state").order_by("pk"))
    loading.load_studies(model="")
    assert list(Study.objects.values_list("pk", "version", "state").order_by("pk")) == before
    assert models() == {"examples/demo_model/weights"}


@pytest.mark.usefixtures("loaded")
def test_a_named_model_writes_from_now_on():
    loading.load_studies(model="/models/another")
    assert models() == {"/models/another"}
    assert {study.version.number for study in Study.objects.all()} == {2}
