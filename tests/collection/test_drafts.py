"""What is typed and not sent yet is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from collection import conversation
from collection.models import Draft, Task
from tests.concurrency import at_once
from tests.factories import ComparisonFactory, TaskFactory, TurnFactory


def save(task, **parts):
    return conversation.save_draft(task=task, now=timezone.now(), **parts)


@pytest.mark.django_db
def test_a_draft_is_kept_part_by_part():
    task = TurnFactory().task

    assert save(task, explanation="It is k ")
    assert save(task, choice="2")

    draft = Draft.objects.get()
    assert (draft.explanation, draft.choice, draft.message) == ("It is k ", "2", "")


@pytest.mark.django_db
def test_typing_extends_the_lease():
    task = TaskFactory(own=True)
    now = timezone.now() + timedelta(minutes=50)

    conversation.save_draft(task=task, message="Why", now=now)

    assert Task.objects.get().lease_until == now + timedelta(minutes=60)


@pytest.mark.django_db
def test_a_draft_that_comes_after_it_was_sent_is_dropped():
    comparison = ComparisonFactory()
    task = comparison.turn.task

    save(task, explanation="It is k", choice="1", turn_number=1)
    TurnFactory(task=task)
    assert save(task, message="And the", turn_number=1) is False

    draft = Draft.objects.get()
    assert (draft.explanation, draft.choice, draft.message) == ("", "", "")


@pytest.mark.django_db
def test_a_draft_outlives_the_lease():
    task = TaskFactory(own=True, state="expired")

    assert save(task, message="Why is")
    assert Draft.objects.get().message == "Why is"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["completed", "abandoned"])
def test_a_task_that_is_over_keeps_no_draft(state):
    assert save(TaskFactory(own=True, state=state), message="Why") is False
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_a_text_that_is_too_long_to_be_sent_is_not_lost():
    task = TaskFactory(own=True)

    save(task, message="a" * 6000 + "\0")

    assert Draft.objects.get().message == "a" * 6000


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "kept"), [("0", "0"), ("3", "3"), ("none", "none"), ("4", ""), ("<b>", "")])
def test_a_drafted_choice_is_one_that_is_offered(choice, kept):
    task = TurnFactory().task

    save(task, choice=choice)

    assert Draft.objects.get().choice == kept


@pytest.mark.django_db(transaction=True)
def test_drafts_from_two_tabs_are_one_draft():
    task = TaskFactory(own=True)

    results = at_once(*[lambda: save(task, message="Why")] * 4)

    assert results == [True] * 4
    assert Draft.objects.count() == 1
