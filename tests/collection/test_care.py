"""What is owed to people on every page: the way to what concerns them, how far they are, how long a pause may be."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotators.panel_file import PanelPart
from collection.models import Task
from tests.browser import places
from tests.browser.places import PLACES
from tests.factories import StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

# Before somebody is in, or after they are out, and the page to which the link leads.
ELSEWHERE = {places.screened_out, places.about_you, places.withdrawing, places.your_link}


def test_consent_contact_and_the_way_out_are_one_click_away_on_every_page():
    without = []
    for make_place in PLACES:
        place = make_place("en")
        if place.annotator is None or make_place in ELSEWHERE:
            continue
        page = client_of(place.annotator).get(place.address).content.decode()
        if 'href="/about-you/"' not in page:
            without.append(make_place.__name__)
    assert without == []


def test_behind_that_click_are_the_text_the_contact_the_way_out_and_what_was_earned():
    place = places.earned("en")
    page = client_of(place.annotator).get("/about-you/").content.decode()
    for part in ("Read the text again", "Whom you can ask", "Withdraw from the study", "What you have earned"):
        assert part in page


def test_the_link_says_what_was_earned_where_the_panel_pays():
    annotator = TaskFactory().annotator
    assert "what you have earned" not in client_of(annotator).get("/tasks/").content.decode()
    panel = annotator.panel
    pay = {"currency": "EUR", "conversation": 0.6}
    panel.definition = PanelPart.model_validate({**panel.definition, "pay": pay}).model_dump(mode="json")
    panel.save()
    assert "what you have earned" in client_of(annotator).get("/tasks/").content.decode()


def test_a_task_says_which_one_it_is_and_who_pauses_how_long_it_is_kept():
    task = TurnFactory(task=TaskFactory(study=StudyFactory(asks={"tasks_per_annotator": 10}))).task
    Task.objects.update(lease_until=timezone.now() + timedelta(minutes=45, seconds=30))
    client = client_of(task.annotator)
    assert "Conversation 1 of 10" in client.get(f"/tasks/{task.pk}/").content.decode()
    assert "stays yours for another 45\xa0minutes" in client.get("/tasks/").content.decode()
