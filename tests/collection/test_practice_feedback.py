"""After a practice task people read, in their language, what it was about."""

import uuid

import pytest
from django.utils import timezone

from collection import conversation
from tests.factories import AnnotatorFactory, ItemFactory, PromptFactory, StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db


def practised(*, slot, expected=2, feedback="", language="en"):
    """Let somebody do a practice task, and return its page."""
    study = StudyFactory()
    prompt = PromptFactory(study=study, role="practice", expected_slot=expected, feedback=feedback, language=language)
    item = ItemFactory(study=study, prompt=prompt)
    item.overlaps.all().delete()
    annotator = AnnotatorFactory(panel=study.panel, language=language)
    turn = TurnFactory(task=TaskFactory(study=study, annotator=annotator, item=item, kind="practice", overlap=None))
    turn.order = [3, 2, 1, 0]
    turn.save()
    choice = "none" if slot is None else turn.order.index(slot)
    conversation.compare(turn=turn, choice=choice, explanation="", idempotency_key=uuid.uuid4(), now=timezone.now())
    client = client_of(annotator)
    client.cookies["django_language"] = language
    return client.get(f"/tasks/{turn.task_id}/").content.decode()


def test_who_chose_what_was_expected_is_told_so():
    page = practised(slot=2)
    assert "That was practice." in page
    assert "You chose answer B. That is the one we had in mind." in page
    assert "Read answer" not in page


def test_who_chose_another_one_is_shown_the_one_that_was_meant_on_their_own_screen():
    page = practised(slot=3)
    assert "You chose answer A. The one we had in mind is B." in page
    assert "Put some money aside before anything else." in page
    assert "Read all the answers to the end" in page


def test_who_chose_none_is_told_too():
    assert "You chose none of these. The one we had in mind is B." in practised(slot=None)


def test_what_the_researcher_wrote_takes_the_place_of_our_sentence():
    page = practised(slot=0, feedback="The **second** one says why. <script>alert(1)</script>")
    assert "<strong>second</strong> one says why." in page
    assert "<script>alert(1)" not in page
    assert "Read all the answers to the end" not in page


def test_practice_that_expects_nothing_says_only_what_it_was():
    page = practised(slot=0, expected=None)
    assert "That was practice." in page
    assert "we had in mind" not in page


def test_the_text_of_the_researcher_is_marked_as_being_in_the_language_of_the_task():
    page = practised(slot=0, feedback="दूसरा उत्तर कारण बताता है।", language="hi")
    assert "दूसरा उत्तर कारण बताता है।" in page
    assert '<html lang="hi"' in page
