"""A researcher sees a task exactly as an annotator will, and nothing remains of it."""

import pytest
from django.urls import reverse

from annotators.models import Annotator
from collection.models import Overlap, Study, Task, Turn
from tests.factories import ItemFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client):
    researcher = UserFactory()
    client.force_login(researcher)
    return StudyFactory(state=Study.State.DRAFT, researchers=[researcher], asks={"prompts": {"own_share": 0}})


def look(client, study, language="en"):
    return client.get(reverse("preview", args=[study.slug, language]))


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


def test_only_languages_of_ones_own_study_have_a_preview(client, study):
    assert look(client, study, "xx").status_code == 404
    assert look(client, StudyFactory()).status_code == 404
