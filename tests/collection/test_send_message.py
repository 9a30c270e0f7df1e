"""An annotator writes: the opening prompt, the next message, the same thing in other words."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from collection import conversation, typed
from collection.conversation import Step
from collection.models import Draft, Turn
from sampling import intake
from sampling.models import CandidateSet
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import (
    AnnotatorFactory,
    ComparisonFactory,
    ItemFactory,
    RecipeFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    make_ready,
)


def send(task, message="Tell me more", key=None, now=None):
    return conversation.send_message(
        task=task, message=message, idempotency_key=key or uuid4(), now=now or timezone.now()
    )


def seen_afresh(task):
    return type(task).objects.get(pk=task.pk)


@pytest.mark.django_db
def test_the_opening_prompt_of_ones_own_asks_for_candidates():
    task = TaskFactory(own=True, annotator=AnnotatorFactory(language="pt"))
    assert conversation.step(task) == Step.WRITE_OPENING

    turn = send(task, "  Como devo viver?\r\n")

    asked = turn.candidate_set
    assert (turn.number, turn.follows, turn.message) == (1, "start", "Como devo viver?")
    assert (asked.status, asked.urgent, asked.language) == ("requested", True, "pt")
    assert asked.messages == [{"role": "user", "content": "Como devo viver?"}]
    assert asked.recipe == task.version.first_recipe
    assert sorted(turn.order) == [0, 1, 2, 3]
    assert conversation.step(seen_afresh(task)) == Step.WAIT
    make_ready(asked)
    assert conversation.step(seen_afresh(task)) == Step.COMPARE


@pytest.mark.django_db
def test_the_next_message_goes_on_from_the_chosen_answer():
    later = {**RecipeFactory().document, "ordinary": 1}
    task = TaskFactory(study=StudyFactory(asks={"recipes": {"later": later}}))
    comparison = ComparisonFactory(turn__task=task, slot=2)
    assert conversation.step(task) == Step.WRITE_NEXT

    turn = send(task, "And then?")

    assert (turn.number, turn.follows) == (2, "choice")
    assert turn.candidate_set.recipe == task.version.later_recipe
    assert turn.candidate_set.messages == [
        {"role": "user", "content": task.item.prompt.text},
        {"role": "assistant", "content": comparison.candidate.text},
        {"role": "user", "content": "And then?"},
    ]


@pytest.mark.django_db
def test_what_is_asked_about_facts_stays_marked_as_facts():
    task = TaskFactory(item=ItemFactory(prompt__factual=True))
    ComparisonFactory(turn__task=task)

    assert send(task).candidate_set.factual


@pytest.mark.django_db
def test_the_same_key_again_returns_the_same_turn():
    task = TaskFactory(own=True)
    key = uuid4()

    first = send(task, "Once", key)

    assert send(task, "Once", key) == first
    assert Turn.objects.count() == CandidateSet.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_key", [True, False], ids=["double click", "two tabs"])
def test_two_at_once_send_one_message(monkeypatch, same_key):
    task = TaskFactory(own=True)
    key = uuid4()
    Meeting(monkeypatch).before(intake, "request_candidates")

    results = at_once(lambda: send(task, "One", key), lambda: send(task, "Two", key if same_key else uuid4()))

    turn = Turn.objects.get()
    assert CandidateSet.objects.count() == 1
    if same_key:
        assert results == [turn, turn]
    else:
        assert {type(result) for result in results} == {Turn, conversation.NotYourTurn}


@pytest.mark.django_db
def test_answers_are_compared_before_the_next_message():
    turn = TurnFactory()

    with pytest.raises(conversation.NotYourTurn):
        send(turn.task)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["completed", "abandoned"])
def test_a_task_that_is_over_takes_no_message(state):
    task = TaskFactory(own=True, state=state)

    with pytest.raises(conversation.TaskIsOver):
        send(task)


@pytest.mark.django_db
@pytest.mark.parametrize("blank", ["", "  \n\t", "\0", "\u200b\u200d\ufeff", "\u00a0"])
def test_a_message_says_something(blank):
    task = TaskFactory(own=True)

    with pytest.raises(typed.TextRefused) as caught:
        send(task, blank)

    assert caught.value.reason == "empty"
    assert not Turn.objects.exists()


@pytest.mark.django_db
def test_a_message_has_at_most_four_thousand_characters():
    task = TaskFactory(own=True)

    with pytest.raises(typed.TextRefused) as caught:
        send(task, "क" * 4001)

    assert caught.value.reason == "too-long"
    assert send(task, "क" * 4000).message == "क" * 4000


@pytest.mark.django_db
def test_what_cannot_be_stored_is_left_out_and_all_else_stays_as_typed():
    task = TaskFactory(own=True)

    turn = send(task, "a\0b\ud800c\r\n<script>alert('=1+1')</script> क्‍ष 👩‍👩‍👧")

    assert turn.message == "abc\n<script>alert('=1+1')</script> क्‍ष 👩‍👩‍👧"


@pytest.mark.django_db
def test_sending_extends_the_lease_and_clears_the_draft():
    task = TaskFactory(own=True, study=StudyFactory(asks={"lease_minutes": 30}))
    now = timezone.now() + timedelta(minutes=20)
    Draft.objects.create(task=task, message="Tell me mo", updated_at=now)

    send(task, now=now)

    assert seen_afresh(task).lease_until == now + timedelta(minutes=30)
    assert Draft.objects.get().message == ""


@pytest.mark.django_db
def test_a_message_after_expiry_opens_the_task_again():
    task = TaskFactory(state="expired")
    ComparisonFactory(turn__task=task)

    send(task)

    assert seen_afresh(task).is_open
    assert audit.faults() == []


@pytest.mark.django_db
def test_a_message_after_expiry_is_refused_to_who_is_in_another_task():
    task = TaskFactory(own=True, state="expired")
    TaskFactory(study=task.study, annotator=task.annotator)

    with pytest.raises(conversation.TaskIsOver):
        send(task)


@pytest.mark.django_db
def test_an_expired_item_that_was_never_compared_is_not_opened_by_a_message():
    turn = TurnFactory(task__state="expired")

    with pytest.raises(conversation.NotYourTurn):
        send(turn.task)
    assert seen_afresh(turn.task).state == "expired"


@pytest.mark.django_db
def test_a_failed_set_can_be_asked_for_again():
    task = TaskFactory(own=True)
    turn = send(task)
    CandidateSet.objects.update(status="failed", failure="count")
    turn = Turn.objects.get(pk=turn.pk)
    assert conversation.step(seen_afresh(task)) == Step.FAILED

    assert conversation.retry(turn=turn, now=timezone.now()) is True
    assert conversation.retry(turn=turn, now=timezone.now()) is False
    assert conversation.step(seen_afresh(task)) == Step.WAIT


@pytest.mark.django_db
def test_opening_words_are_answered_by_the_later_recipe_where_first_sets_are_imported():
    study = StudyFactory(asks={"recipes": {"first": RecipeFactory(imported=True).document}})
    task = TaskFactory(own=True, study=study)

    assert send(task).candidate_set.recipe == study.version.later_recipe
