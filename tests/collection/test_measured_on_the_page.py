"""What the page's script measured comes with what is sent, and nothing of it is needed."""

import uuid

import pytest

from collection.models import Comparison, Turn
from tests.factories import AnnotatorFactory, StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn():
    return TurnFactory()


def compare(turn, **measured):
    sent = {"key": uuid.uuid4(), "choice": "1", "explanation": "Why not.", **measured}
    return client_of(turn.task.annotator).post(f"/turns/{turn.pk}/compare/", sent)


def test_device_time_and_the_number_of_pasted_characters_are_kept(turn):
    compare(turn, device="phone", seconds_visible="41.5", pasted="8")
    kept = Comparison.objects.get()
    assert (kept.device, kept.seconds_visible, kept.pasted_characters) == ("phone", 41.5, 8)


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {"device": "", "seconds_visible": "", "pasted": ""},
        {"device": "fridge", "seconds_visible": "nan", "pasted": "-1"},
        {"device": "<b>", "seconds_visible": "1e99", "pasted": "9" * 30},
    ],
)
def test_what_is_missing_or_makes_no_sense_is_not_kept_and_refuses_nothing(turn, measured):
    assert compare(turn, **measured).status_code == 302
    kept = Comparison.objects.get()
    assert (kept.device, kept.seconds_visible, kept.pasted_characters) == ("", None, None)


def test_the_same_submission_again_is_the_same_though_the_clock_went_on(turn):
    key = uuid.uuid4()
    for seconds in ("10.0", "12.5"):
        answer = compare(turn, key=key, seconds_visible=seconds)
        assert answer.status_code == 302
    assert Comparison.objects.get().seconds_visible == 10.0


def test_what_was_seen_of_each_answer_is_kept_by_place(turn):
    compare(turn, exposure="2,5300,100;1,41000,90;0,0,0;3,12,5")
    assert Comparison.objects.get().exposure == [[2, 5300, 100], [1, 41000, 90], [0, 0, 0], [3, 12, 5]]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "1,5,100",
        "1,5,100;2,5,100;3,5,100;4,5,101",
        "1,5,100;1,5,100;2,5,100;3,5,100",
        "1,99999999,1;0,0,0;0,0,0;0,0,0",
        "٣,5,100;1,5,100;2,5,100;4,5,100",
        "x" * 500,
    ],
)
def test_what_does_not_fit_the_answers_is_not_kept(turn, said):
    assert compare(turn, exposure=said).status_code == 302
    assert Comparison.objects.get().exposure is None


def test_a_message_comes_with_how_much_of_it_was_pasted():
    study = StudyFactory()
    task = TaskFactory(study=study, annotator=AnnotatorFactory(panel=study.panel), own=True)
    sent = {"key": uuid.uuid4(), "message": "How do I ask?", "pasted": "5", "device": "phone"}
    client_of(task.annotator).post(f"/tasks/{task.pk}/message/", sent)
    assert Turn.objects.get().pasted_characters == 5
