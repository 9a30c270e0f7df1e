"""An annotator likes none of the candidates."""

from uuid import uuid4

import pytest
from django.utils import timezone

from collection import conversation
from collection.conversation import NONE, Step
from collection.models import Comparison, Overlap, Task, Turn
from tests import audit
from tests.factories import ComparisonFactory, StudyFactory, TaskFactory, TurnFactory, make_ready


def none(turn, key=None):
    return conversation.compare(
        turn=turn, choice=NONE, explanation="All four miss it.", idempotency_key=key or uuid4(), now=timezone.now()
    )


def turn_where(**none_of_these):
    return TurnFactory(task__study=StudyFactory(asks={"none_of_these": none_of_these}))


def task_now():
    return Task.objects.get()


@pytest.mark.django_db
def test_it_is_an_outcome_of_its_own_and_counts_for_overlap():
    turn = TurnFactory()

    comparison = none(turn)

    assert (comparison.outcome, comparison.candidate) == ("none", None)
    assert comparison.explanation == "All four miss it."
    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


@pytest.mark.django_db
def test_where_the_study_wants_a_choice_it_is_refused():
    turn = turn_where(allowed=False)

    with pytest.raises(conversation.NoneNotAllowed):
        none(turn)
    assert not Comparison.objects.exists()


@pytest.mark.django_db
def test_then_the_message_is_worded_otherwise_and_the_conversation_goes_on_from_the_last_choice():
    task = TaskFactory()
    first = ComparisonFactory(turn__task=task)
    none(TurnFactory(task=task, message="So what about rain?"))
    assert conversation.step(task_now()) == Step.REWORD

    turn = conversation.send_message(
        task=task, message="What should I do when it rains?", idempotency_key=uuid4(), now=timezone.now()
    )

    assert (turn.number, turn.follows) == (3, "rewording")
    assert [message["content"] for message in turn.candidate_set.messages] == [
        first.turn.message,
        first.candidate.text,
        "What should I do when it rains?",
    ]


@pytest.mark.django_db
def test_instead_of_wording_it_otherwise_a_long_enough_conversation_can_be_ended():
    turn = turn_where(then="reword")
    none(turn)

    assert conversation.can_end(task_now())
    conversation.end(task=turn.task, now=timezone.now())
    assert task_now().state == "completed"


@pytest.mark.django_db
def test_or_one_fresh_set_is_written_for_the_same_message():
    turn = turn_where(then="fresh")
    key = uuid4()

    none(turn, key)
    none(turn, key)

    fresh = Turn.objects.get(number=2)
    assert (fresh.follows, fresh.message) == ("fresh", turn.message)
    assert fresh.candidate_set != turn.candidate_set
    assert fresh.candidate_set.messages == turn.candidate_set.messages
    assert conversation.step(task_now()) == Step.WAIT


@pytest.mark.django_db
def test_a_message_gets_one_fresh_set_and_is_then_worded_otherwise():
    turn = turn_where(then="fresh")
    none(turn)
    fresh = Turn.objects.get(number=2)
    make_ready(fresh.candidate_set)

    none(fresh)

    assert Turn.objects.count() == 2
    assert conversation.step(task_now()) == Step.REWORD


@pytest.mark.django_db
def test_or_the_task_ends_and_the_minimum_of_turns_is_waived():
    study = StudyFactory(asks={"none_of_these": {"then": "end"}, "turns": {"minimum": 2, "maximum": 3}})
    turn = TurnFactory(task__study=study)

    none(turn)

    assert task_now().state == "completed"
    assert audit.faults() == []


@pytest.mark.django_db
@pytest.mark.parametrize("then", ["reword", "fresh", "end"])
def test_on_the_last_turn_it_completes_the_task(then):
    study = StudyFactory(asks={"none_of_these": {"then": then}, "turns": {"maximum": 1}})
    turn = TurnFactory(task__study=study)

    none(turn)

    assert task_now().state == "completed"
    assert Turn.objects.count() == 1
