"""Tasks that are kept for somebody who has not seen them: the next one, and those that were promised."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotators.models import ConsentText
from collection import assignment, conversation, withdrawal
from collection.models import Overlap, Task, Turn
from tests import audit
from tests.concurrency import at_once
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

NOW = timezone.now()


def study_of(items, **asks):
    study = StudyFactory(asks={"overlap": 1, **asks})
    ItemFactory.create_batch(items, study=study)
    return study


def person(study):
    return AnnotatorFactory(panel=study.panel)


def taken():
    return sum(Overlap.objects.values_list("taken", flat=True))


@pytest.mark.django_db
def test_the_next_task_is_kept_once_however_often_it_is_asked_for():
    annotator = person(study_of(5))
    assignment.next_task(annotator=annotator, now=NOW)

    held = assignment.hold_next(annotator=annotator, now=NOW)

    assert held.state == "held"
    assert assignment.hold_next(annotator=annotator, now=NOW) is None
    assert taken() == 2
    assert audit.faults() == []


@pytest.mark.django_db
def test_a_held_task_waits_until_a_new_consent_text_is_agreed_to():
    annotator = person(study_of(5))
    first = assignment.next_task(annotator=annotator, now=NOW)
    held = assignment.hold_next(annotator=annotator, now=NOW)
    conversation.skip(task=first, reason="", now=NOW)
    later = NOW + timedelta(hours=1)
    ConsentText.objects.create(panel=annotator.panel, version="2", language="en", text="More.", published_at=later)

    with pytest.raises(assignment.NotAdmitted) as refused:
        assignment.next_task(annotator=annotator, now=NOW)

    assert refused.value.needs == "consent"
    held.refresh_from_db()
    assert held.is_held


@pytest.mark.django_db
def test_a_held_task_is_the_next_one():
    annotator = person(study_of(5))
    first = assignment.next_task(annotator=annotator, now=NOW)
    held = assignment.hold_next(annotator=annotator, now=NOW)
    conversation.skip(task=first, reason="", now=NOW)

    later = NOW + timedelta(minutes=5)
    task = assignment.next_task(annotator=annotator, now=later)

    assert task == held
    assert (task.state, task.recorded_at) == ("open", later)
    assert task.lease_until == later + timedelta(minutes=task.asks.lease_minutes)


@pytest.mark.django_db
def test_nothing_is_kept_for_who_is_in_no_task_or_would_have_enough():
    study = study_of(5, tasks_per_annotator=1)
    annotator = person(study)
    assert assignment.hold_next(annotator=annotator, now=NOW) is None
    assignment.next_task(annotator=annotator, now=NOW)
    assert assignment.hold_next(annotator=annotator, now=NOW) is None


@pytest.mark.django_db
def test_a_study_may_want_nothing_kept():
    annotator = person(study_of(5, held={"ahead": 0}))
    assignment.next_task(annotator=annotator, now=NOW)
    assert assignment.hold_next(annotator=annotator, now=NOW) is None


@pytest.mark.django_db
def test_what_nobody_came_for_is_free_again_and_may_come_to_the_same_person():
    annotator = person(study_of(2))
    assignment.next_task(annotator=annotator, now=NOW)
    held = assignment.hold_next(annotator=annotator, now=NOW)

    assignment.expire(now=held.lease_until + timedelta(seconds=1))

    assert not Task.objects.filter(pk=held.pk).exists()
    assert not Turn.objects.filter(task=held.pk).exists()
    assert taken() == 1
    assert assignment.hold_next(annotator=annotator, now=NOW).item == held.item


@pytest.mark.django_db
def test_working_on_a_task_keeps_the_one_after_it():
    annotator = person(study_of(2))
    task = assignment.next_task(annotator=annotator, now=NOW)
    held = assignment.hold_next(annotator=annotator, now=NOW)
    later = NOW + timedelta(minutes=20)

    conversation.save_draft(task=task, explanation="Well …", now=later)

    held.refresh_from_db()
    assert held.lease_until == later + timedelta(minutes=task.asks.held.minutes)


@pytest.mark.django_db
def test_who_leaves_leaves_nothing_behind_that_is_held():
    annotator = person(study_of(3))
    assignment.next_task(annotator=annotator, now=NOW)
    assignment.hold_next(annotator=annotator, now=NOW)

    withdrawal.withdraw(annotator=annotator, now=NOW)

    assert not Task.objects.held().exists()
    assert taken() == 0
    assert audit.faults() == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["paused", "closed"])
def test_a_held_task_of_a_study_that_stops_is_let_go(state):
    study = study_of(3)
    annotator = person(study)
    first = assignment.next_task(annotator=annotator, now=NOW)
    assignment.hold_next(annotator=annotator, now=NOW)
    type(study).objects.update(state=state)
    conversation.skip(task=first, reason="", now=NOW)

    with pytest.raises(assignment.NoTaskAvailable):
        assignment.next_task(annotator=annotator, now=NOW)
    assert not Task.objects.held().exists()
    assert taken() == 0


# ---- what is promised ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_starts_has_the_tasks_that_the_study_promises():
    study = study_of(4, held={"reserved": 3})
    first, late = person(study), person(study)

    assignment.next_task(annotator=first, now=NOW)

    assert Task.objects.of(first).held().count() == 2
    with pytest.raises(assignment.NotAdmitted, match="screened_out"):
        assignment.next_task(annotator=late, now=NOW)
    late.refresh_from_db()
    assert late.standing == "screened-out"
    assert not Task.objects.of(late).exists()
    assert taken() == 3
    assert audit.faults() == []


@pytest.mark.django_db
def test_who_has_started_is_promised_nothing_anew():
    study = study_of(8, held={"reserved": 2})
    annotator = person(study)
    for _task in range(2):
        task = assignment.next_task(annotator=annotator, now=NOW)
        conversation.skip(task=task, reason="", now=NOW)
    assignment.next_task(annotator=annotator, now=NOW)
    assert not Task.objects.held().exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_come_at_once_as_many_start_as_can_have_what_is_promised():
    study = study_of(12, held={"reserved": 4})
    people = [person(study) for _ in range(8)]

    results = at_once(*(lambda one=one: assignment.next_task(annotator=one, now=NOW) for one in people))

    started = [result for result in results if isinstance(result, Task)]
    assert len(started) == 3
    assert {str(result) for result in results if result not in started} == {"screened_out"}
    assert taken() == 12
    assert audit.faults() == []


# ---- caps ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_day_has_as_many_tasks_as_the_study_says():
    annotator = person(study_of(5, tasks_per_day=2))
    for _task in range(2):
        conversation.skip(task=assignment.next_task(annotator=annotator, now=NOW), reason="", now=NOW)
    with pytest.raises(assignment.EnoughForToday):
        assignment.next_task(annotator=annotator, now=NOW)
    assert assignment.next_task(annotator=annotator, now=NOW + timedelta(days=1))
