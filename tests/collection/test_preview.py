"""A researcher sees a task exactly as an annotator will, and nothing remains of it."""

import pytest
from django.urls import reverse

from annotators.models import Annotator
from collection.models import Overlap, Study, Task, Turn
from tests.factories import ItemFactory, StudyFactory, UserFactory, merged, new_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client):
    researcher = UserFactory()
    client.force_login(researcher)
    return StudyFactory(state=Study.State.DRAFT, researchers=[researcher], asks={"prompts": {"own_share": 0}})


def look(client, study, language="en", **query):
    return client.get(reverse("preview", args=[study.slug, language]), query)


@pytest.fixture
def mixed(study):
    """The study, with a few prompts of annotators' own among those that are given."""
    new_version(study, merged(study.asks.canonical(), {"prompts": {"own_share": 0.01}}))
    return study


def test_the_four_candidates_are_on_the_page(client, study):
    item = ItemFactory(study=study)
    page = look(client, study).content.decode()
    for candidate in item.candidate_set.candidates.all():
        assert candidate.text.split("(")[0].strip() in page.replace("&#x27;", "'")
    assert "Preview" in page


def test_nothing_remains_of_a_preview(client, study):
    ItemFactory(study=study)
    look(client, study)
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT
    assert not Annotator.objects.exists()
    assert not Task.objects.exists()
    assert not Turn.objects.exists()
    overlap = Overlap.objects.get()
    assert (overlap.taken, overlap.orders_drawn) == (0, 0)


def test_nothing_on_a_preview_can_be_sent(client, study):
    ItemFactory(study=study)
    page = look(client, study).content.decode()
    assert 'action=""' in page
    assert "hx-post" not in page
    assert "data-draft" not in page


def test_where_nothing_is_ready_the_page_says_what_to_do(client, study):
    ItemFactory(study=study, candidate_set=None)
    assert "nothing to see in this language yet" in look(client, study).content.decode()


def test_the_researcher_chooses_which_kind_of_task_to_see(client, mixed):
    item = ItemFactory(study=mixed)
    given, own = look(client, mixed), look(client, mixed, own="yes")
    assert item.prompt.text in given.text
    assert item.prompt.text not in own.text
    assert 'id="id_message"' in own.text
    mixed.version.refresh_from_db()
    assert mixed.version.asks.prompts.own_share == 0.01


def test_where_annotators_write_no_prompts_none_is_previewed(client, study):
    item = ItemFactory(study=study)
    page = look(client, study, own="yes")
    assert item.prompt.text in page.text
    assert "With a prompt of one" not in page.text


def test_the_page_is_in_the_newcomers_language_and_what_is_around_it_in_the_researchers(client, study):
    ItemFactory(study=study, language="fr")
    client.cookies["django_language"] = "it"
    page = look(client, study, "fr").text
    assert '<html lang="fr"' in " ".join(page.split())
    assert '<aside class="preview-bar" lang="it"' in " ".join(page.split())


def test_only_languages_of_ones_own_study_have_a_preview(client, study):
    assert look(client, study, "xx").status_code == 404
    assert look(client, StudyFactory()).status_code == 404
