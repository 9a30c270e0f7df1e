"""Questions at a random place among a person's tasks: drawn once, asked there, and told in the release."""

from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator
from annotators.panel_file import PanelPart
from collection import surveying
from tests.exports.conversations import rows, talk, write
from tests.factories import SURVEY, AnnotatorFactory, InvitationFactory, ItemFactory, PanelFactory, StudyFactory
from tests.signed_in import client_of

POLITICS = {
    "key": "politics",
    "text": {"en": "Your views?"},
    "asked": "random",
    "options": [{"key": "left", "text": {"en": "Left"}}, {"key": "right", "text": {"en": "Right"}}],
}


@pytest.fixture
def study(db):
    panel = PanelFactory(survey=[*SURVEY[:3], POLITICS])
    study = StudyFactory(panel=panel, asks={"tasks_per_annotator": 4, "turns": {"maximum": 1}})
    ItemFactory.create_batch(6, study=study)
    return study


def person(study, *, done, survey_at=0.5):
    annotator = AnnotatorFactory(panel=study.panel, survey_at=survey_at)
    for item in study.items.order_by("pk")[:done]:
        talk(study=study, annotator=annotator, item=item)
    return annotator


def test_every_place_from_before_the_first_task_to_after_the_last_one_is_as_probable():
    drawn = Counter(surveying.place_of(step / 1000, tasks=4) for step in range(1000))
    assert drawn == {0: 200, 1: 200, 2: 200, 3: 200, 4: 200}


@pytest.mark.parametrize(("survey_at", "place"), [(0.0, 0), (0.5, 2), (0.99, 4)])
def test_they_come_at_the_place_that_was_drawn_and_not_before(study, survey_at, place):
    due = [surveying.is_due(person(study, done=done, survey_at=survey_at)) for done in range(5)]
    assert due == [done >= place for done in range(5)]


def test_they_stand_between_two_tasks_and_then_the_way_goes_on(study):
    annotator = person(study, done=2)
    client = client_of(annotator)
    assert client.get(reverse("tasks")).url == reverse("more_questions")
    assert client.post(reverse("next_task")).url == reverse("more_questions")
    assert "Your views?" in client.get(reverse("more_questions")).content.decode()
    client.post(reverse("more_questions"), {"politics": "left"})
    assert client.get(reverse("more_questions")).url == reverse("tasks")
    assert client.post(reverse("next_task")).url.startswith("/tasks/")


def test_nobody_is_interrupted_in_a_task(study):
    annotator = person(study, done=1, survey_at=0.3)
    talk(study=study, annotator=annotator, item=study.items.last(), choices=[None], state="open")
    assert not surveying.is_due(annotator)


def test_what_did_not_come_on_the_way_is_asked_at_the_end(study):
    annotator = person(study, done=4, survey_at=None)
    assert not surveying.is_due(annotator)
    assert client_of(annotator).get(reverse("finished")).url == reverse("last_questions")


def test_the_place_is_drawn_when_a_person_comes_in(client, study):
    InvitationFactory(panel=study.panel, token="let-me-in")
    text = client.get("/join/let-me-in/").context["text"]
    client.post("/join/let-me-in/", {"text": text.pk, "agree": "on", "adult": "on"})
    assert 0 <= Annotator.objects.get().survey_at < 1


@pytest.mark.django_db(transaction=True)
def test_a_release_says_of_every_turn_whether_the_questions_came_before_it(study, settings, tmp_path):
    settings.RELEASES_DIR = tmp_path / "releases"
    annotator = person(study, done=2)
    enrolment.answer(annotator=annotator, answers={"politics": "left"}, now=timezone.now())
    now = timezone.now()
    talk(study=study, annotator=annotator, item=study.items.last(), at=now + timedelta(seconds=2.5))
    write(study, tmp_path / "out", snapshot_at=now + timedelta(seconds=3))
    assert sorted(row["after_survey"] for row in rows(tmp_path / "out", "turns")) == [False, False, True]


def test_at_most_four_questions_come_before_the_first_task():
    survey = [{**SURVEY[1], "key": f"age-{number}"} for number in range(5)]
    consent = {"version": "1", "texts": {"en": "You agree."}}
    with pytest.raises(ValueError, match="more than four questions before the first task"):
        PanelPart.model_validate({"slug": "p", "name": "P", "consent": consent, "survey": survey})
