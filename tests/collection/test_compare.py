"""An annotator chooses one of the candidates and says why."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from collection import assignment, conversation, typed
from collection.conversation import Step
from collection.models import Comparison, Draft, Task
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import (
    ASKS,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    merged,
    new_version,
)


def compare(turn, choice=0, explanation="", key=None, now=None):
    return conversation.compare(
        turn=turn,
        choice=choice,
        explanation=explanation,
        idempotency_key=key or uuid4(),
        now=now or timezone.now(),
    )


def turn_in(**asks):
    return TurnFactory(task__study=StudyFactory(asks=asks))


def state_of(task):
    return Task.objects.get(pk=task.pk).state


@pytest.mark.django_db
def test_the_choice_is_a_place_on_this_annotators_screen():
    turn = TurnFactory(order=[2, 0, 3, 1])

    comparison = compare(turn, choice=2, explanation=" It is kind. ")

    assert comparison.candidate == turn.candidates_in_order()[2]
    assert comparison.candidate == turn.candidate_set.candidates.get(slot=3)
    assert (comparison.outcome, comparison.explanation) == ("chosen", "It is kind.")
    assert conversation.step(Task.objects.get()) == Step.WRITE_NEXT


@pytest.mark.django_db
def test_the_same_submission_again_is_the_same_comparison():
    turn = TurnFactory()
    key = uuid4()

    first = compare(turn, choice=1, key=key)

    assert compare(turn, choice=1, key=key) == first
    assert Comparison.objects.count() == 1


@pytest.mark.django_db
def test_the_same_submission_again_is_answered_also_after_the_task_is_over():
    turn = turn_in(turns={"maximum": 1})
    key = uuid4()
    first = compare(turn, key=key)

    assert state_of(turn.task) == "completed"
    assert compare(turn, key=key) == first


@pytest.mark.django_db
def test_another_submission_changes_nothing():
    turn = TurnFactory()
    compare(turn, choice=1)

    with pytest.raises(conversation.AlreadyCompared):
        compare(turn, choice=2)
    assert Comparison.objects.filter(candidate__slot=1).count() == Comparison.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_key", [True, False], ids=["double click", "two tabs"])
def test_two_submissions_at_once_are_one_comparison(monkeypatch, same_key):
    turn = TurnFactory()
    key = uuid4()
    Meeting(monkeypatch).before(conversation, "_explanation")

    results = at_once(
        lambda: compare(turn, choice=1, key=key),
        lambda: compare(turn, choice=2, key=key if same_key else uuid4()),
    )

    comparison = Comparison.objects.get()
    if same_key:
        assert results == [comparison, comparison]
    else:
        assert {type(result) for result in results} == {Comparison, conversation.AlreadyCompared}
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_sixteen_retries_at_once_are_one_comparison():
    turn = TurnFactory()
    key = uuid4()

    results = at_once(*[lambda: compare(turn, choice=3, key=key)] * 16)

    assert set(results) == {Comparison.objects.get()}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["requested", "generating", "failed"])
def test_nothing_is_chosen_before_the_set_is_ready(status):
    turn = TurnFactory(candidate_set=CandidateSetFactory(**{status: True}))

    with pytest.raises(conversation.NotReady):
        compare(turn)


@pytest.mark.django_db
@pytest.mark.parametrize("choice", [-1, 4, 99])
def test_there_are_as_many_places_as_candidates(choice):
    turn = TurnFactory()

    with pytest.raises(conversation.ChoiceNotOffered):
        compare(turn, choice=choice)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["completed", "abandoned"])
def test_a_task_that_was_left_takes_no_comparison(state):
    turn = TurnFactory(task__state=state)

    with pytest.raises(conversation.TaskIsOver):
        compare(turn)


@pytest.mark.django_db
def test_the_last_turn_completes_the_task():
    turn = turn_in(turns={"maximum": 2})
    assert not conversation.is_last_turn(turn)
    compare(turn)
    assert state_of(turn.task) == "open"
    last = TurnFactory(task=turn.task)
    assert conversation.is_last_turn(last)
    now = timezone.now()

    compare(last, now=now)

    task = Task.objects.get()
    assert (task.state, task.finished_at) == ("completed", now)
    assert conversation.step(task) == Step.DONE
    assert audit.faults() == []


@pytest.mark.django_db
def test_without_a_later_recipe_a_task_has_one_turn():
    turn = turn_in(turns={"maximum": 1}, recipes={"later": None})

    compare(turn)

    assert state_of(turn.task) == "completed"


@pytest.mark.django_db
def test_a_task_keeps_to_the_version_of_the_study_under_which_it_was_given():
    turn = turn_in(turns={"maximum": 2})
    study = turn.task.study
    new_version(study, merged(ASKS, {"slug": study.slug, "turns": {"maximum": 1}}))

    compare(turn)

    assert state_of(turn.task) == "open"


# ---- explanations ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_where_none_is_asked_for_none_is_kept():
    assert compare(turn_in(explanations={"asked": "never"}), explanation="Because").explanation == ""


@pytest.mark.django_db
def test_an_optional_one_may_be_missing():
    assert compare(turn_in(explanations={"asked": "optional", "minimum_characters": 20})).explanation == ""


@pytest.mark.django_db
@pytest.mark.parametrize("blank", ["", "   ", "\u200b\n"])
def test_a_required_one_is_missed(blank):
    turn = turn_in(explanations={"asked": "required"})

    with pytest.raises(conversation.ExplanationMissing):
        compare(turn, explanation=blank)
    assert not Comparison.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["optional", "required"])
def test_one_that_is_given_has_the_length_that_the_study_wants(asked):
    turn = turn_in(explanations={"asked": asked, "minimum_characters": 10})

    with pytest.raises(typed.TextRefused) as caught:
        compare(turn, explanation="Too short")
    assert caught.value.reason == "too-short"
    assert compare(turn, explanation="Long enough").explanation == "Long enough"


@pytest.mark.django_db
def test_an_explanation_has_at_most_four_thousand_characters():
    turn = TurnFactory()

    with pytest.raises(typed.TextRefused) as caught:
        compare(turn, explanation="a" * 4001)
    assert caught.value.reason == "too-long"


# ---- what follows ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_choosing_extends_the_lease_and_clears_the_draft():
    turn = turn_in(lease_minutes=30)
    now = timezone.now() + timedelta(minutes=20)
    Draft.objects.create(task=turn.task, explanation="It is k", choice="2", message="And", updated_at=now)

    compare(turn, now=now)

    assert Task.objects.get().lease_until == now + timedelta(minutes=30)
    draft = Draft.objects.get()
    assert (draft.explanation, draft.choice, draft.message) == ("", "", "And")


@pytest.mark.django_db
def test_what_was_shown_first_is_noted_once():
    turn = TurnFactory()
    now = timezone.now()

    conversation.mark_shown(turn=turn, now=now)
    turn.refresh_from_db()
    conversation.mark_shown(turn=turn, now=now + timedelta(minutes=1))

    turn.refresh_from_db()
    assert turn.shown_at == now


@pytest.mark.django_db
def test_it_asks_the_database_a_bounded_number_of_times(django_assert_num_queries):
    item = ItemFactory()
    task = TaskFactory(item=item)
    for _ in range(2):
        turn = TurnFactory(task=task)
        ComparisonFactory(turn=turn)
    turn = TurnFactory(task=task)
    turn = type(turn).objects.select_related("task__annotator__panel").get(pk=turn.pk)
    assert turn.task.asks.turns

    with django_assert_num_queries(9):
        compare(turn)


# ---- ending early ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_conversation_that_is_long_enough_can_be_ended():
    task = ComparisonFactory().turn.task
    assert conversation.can_end(task)

    conversation.end(task=task, now=timezone.now())
    conversation.end(task=task, now=timezone.now())

    assert state_of(task) == "completed"
    assert assignment.progress(task.annotator).done == 1


@pytest.mark.django_db
def test_one_that_is_too_short_cannot():
    comparison = ComparisonFactory(turn=turn_in(turns={"minimum": 2, "maximum": 3}))
    task = comparison.turn.task

    assert not conversation.can_end(task)
    with pytest.raises(conversation.TooFewTurns):
        conversation.end(task=task, now=timezone.now())


@pytest.mark.django_db
def test_answers_that_wait_are_compared_first():
    task = ComparisonFactory().turn.task
    TurnFactory(task=task)

    assert not conversation.can_end(task)
    with pytest.raises(conversation.NotYourTurn):
        conversation.end(task=task, now=timezone.now())


@pytest.mark.django_db
def test_where_the_next_answers_could_not_be_written_a_long_enough_conversation_can_be_ended():
    task = ComparisonFactory().turn.task
    TurnFactory(task=task, candidate_set=CandidateSetFactory(failed=True))

    assert conversation.can_end(task)
    conversation.end(task=task, now=timezone.now())
    assert state_of(task) == "completed"


@pytest.mark.django_db
def test_a_task_that_was_left_cannot_be_ended():
    task = ComparisonFactory(turn__task__state="abandoned").turn.task

    with pytest.raises(conversation.TaskIsOver):
        conversation.end(task=task, now=timezone.now())
