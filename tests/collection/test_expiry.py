"""A lease runs out."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from collection import assignment, conversation, jobs
from collection.models import Overlap, Task
from tests import audit
from tests.concurrency import at_once
from tests.factories import AnnotatorFactory, ComparisonFactory, ItemFactory, StudyFactory, TaskFactory, TurnFactory

HOUR = timedelta(hours=1)


def compare(turn, now):
    return conversation.compare(turn=turn, choice=0, explanation="", idempotency_key=uuid4(), now=now)


@pytest.fixture
def turn(transactional_db):
    """The first turn of a task that holds the only place of its item."""
    item = ItemFactory(wanted=1)
    task = assignment.next_task(annotator=AnnotatorFactory(panel=item.study.panel), now=timezone.now())
    return task.current_turn


def again(row):
    return type(row).objects.get(pk=row.pk)


def test_the_place_is_wanted_again(turn):
    later = timezone.now() + 2 * HOUR

    assert assignment.expire(now=timezone.now()) == 0
    assert assignment.expire(now=later) == 1

    task = again(turn.task)
    assert (task.state, task.finished_at, task.overlap) == ("expired", later, None)
    assert Overlap.objects.get().taken == 0
    assert conversation.step(task) == conversation.Step.DONE
    assert audit.faults() == []


def test_the_job_sweeps(turn):
    Task.objects.update(lease_until=timezone.now() - HOUR)

    assert jobs.expire_tasks() == 1
    assert jobs.expire_tasks() == 0


def test_an_accepted_first_comparison_keeps_its_place(turn):
    now = timezone.now()
    compare(turn, now)

    assignment.expire(now=now + 2 * HOUR)

    task = again(turn.task)
    assert (task.state, task.overlap_id is not None) == ("expired", True)
    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


def test_whoever_comes_back_too_late_gets_another_prompt(turn):
    other = ItemFactory(study=turn.task.study)

    task = assignment.next_task(annotator=turn.task.annotator, now=timezone.now() + 2 * HOUR)

    assert task.item == other
    assert again(turn.task).state == "expired"
    assert audit.faults() == []


def test_whoever_finds_nothing_gets_what_others_let_expire_before_the_sweep_comes_by(turn):
    somebody = AnnotatorFactory(panel=turn.task.study.panel)
    with pytest.raises(assignment.NoTaskAvailable):
        assignment.next_task(annotator=somebody, now=timezone.now())

    task = assignment.next_task(annotator=somebody, now=timezone.now() + 2 * HOUR)

    assert task.item == turn.task.item
    assert audit.faults() == []


def test_work_that_comes_before_the_sweep_is_simply_accepted(turn):
    later = timezone.now() + 2 * HOUR

    compare(turn, later)

    task = again(turn.task)
    assert (task.state, task.lease_until > later) == ("open", True)
    assert audit.faults() == []


def test_work_that_comes_after_it_takes_its_place_again(turn):
    later = timezone.now() + 2 * HOUR
    assignment.expire(now=later)

    compare(turn, later)

    task = again(turn.task)
    assert (task.state, task.surplus, task.overlap_id is not None) == ("open", False, True)
    assert task.finished_at is None
    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


def test_work_whose_place_is_gone_is_kept_as_surplus(turn):
    later = timezone.now() + 2 * HOUR
    assignment.next_task(annotator=AnnotatorFactory(panel=turn.task.study.panel), now=later)

    comparison = compare(turn, later)

    task = again(turn.task)
    assert (task.state, task.surplus, task.overlap) == ("open", True, None)
    assert comparison.pk is not None
    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


def test_late_work_of_who_is_in_another_task_is_kept_and_goes_no_further(turn):
    later = timezone.now() + 2 * HOUR
    ItemFactory(study=turn.task.study)
    other = assignment.next_task(annotator=turn.task.annotator, now=later)

    compare(turn, later)

    task = again(turn.task)
    assert (task.state, task.overlap_id is not None) == ("expired", True)
    assert assignment.next_task(annotator=turn.task.annotator, now=later) == other
    assert audit.faults() == []


@pytest.mark.django_db
def test_late_work_on_the_last_turn_completes_the_task():
    study = StudyFactory(asks={"turns": {"maximum": 1}})
    turn = TurnFactory(task__study=study, task__lease_until=timezone.now() - HOUR)
    assignment.expire(now=timezone.now())

    compare(turn, timezone.now())

    assert again(turn.task).state == "completed"
    assert audit.faults() == []


@pytest.mark.django_db
def test_a_second_late_turn_needs_no_place_of_its_own():
    task = ComparisonFactory().turn.task
    turn = TurnFactory(task=task)
    assignment.expire(now=timezone.now() + 2 * HOUR)

    compare(turn, timezone.now() + 2 * HOUR)

    assert again(task).surplus is False
    assert audit.faults() == []


def test_a_sweep_goes_past_whoever_sends_their_work_at_this_moment(turn, monkeypatch):
    later = timezone.now() + 2 * HOUR
    explanation = conversation._explanation
    swept = []

    def sweep():
        swept.append(assignment.expire(now=later))
        connections.close_all()

    def sweep_meanwhile(*args):
        thread = threading.Thread(target=sweep)
        thread.start()
        thread.join(timeout=5)
        return explanation(*args)

    monkeypatch.setattr(conversation, "_explanation", sweep_meanwhile)

    compare(turn, later)

    assert swept == [0]
    assert again(turn.task).state == "open"
    assert audit.faults() == []


def test_two_sweeps_at_once_give_a_place_back_once(turn):
    later = timezone.now() + 2 * HOUR

    counts = at_once(*[lambda: assignment.expire(now=later)] * 4)

    assert sum(counts) == 1
    assert Overlap.objects.get().taken == 0


@pytest.mark.django_db
def test_of_two_late_ones_for_one_place_one_is_surplus():
    item = ItemFactory(wanted=2)
    now = timezone.now()
    turns = [TurnFactory(task=TaskFactory(item=item, lease_until=now - HOUR)) for _ in range(2)]
    assignment.expire(now=now)
    assignment.next_task(annotator=AnnotatorFactory(panel=item.study.panel), now=now)

    for turn in turns:
        compare(turn, now)

    assert sorted(Task.objects.filter(turns__in=turns).values_list("surplus", flat=True)) == [False, True]
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_late_ones_at_once_for_one_place_one_is_surplus():
    item = ItemFactory(wanted=2)
    now = timezone.now()
    turns = [TurnFactory(task=TaskFactory(item=item, lease_until=now - HOUR)) for _ in range(2)]
    assignment.expire(now=now)
    assignment.next_task(annotator=AnnotatorFactory(panel=item.study.panel), now=now)

    at_once(*(lambda turn=turn: compare(turn, now) for turn in turns))

    assert sorted(Task.objects.filter(turns__in=turns).values_list("surplus", flat=True)) == [False, True]
    assert audit.faults() == []
