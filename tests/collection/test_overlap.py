"""An item goes to exactly as many people as its overlap says, however they come."""

import random
import threading
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from collection import assignment, conversation
from collection.models import Comparison, Overlap, Task, Turn
from tests import audit
from tests.concurrency import at_once
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory


def next_task(annotator, now=None):
    return assignment.next_task(annotator=annotator, now=now or timezone.now())


def choose(task, now=None, choice=0):
    turn = task.turns.get(number=1)
    return conversation.compare(
        turn=turn, choice=choice, explanation="", idempotency_key=uuid4(), now=now or timezone.now()
    )


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_ask_at_once_exactly_five_get_the_item():
    item = ItemFactory(wanted=5)
    people = AnnotatorFactory.create_batch(16, panel=item.study.panel)

    results = at_once(*(lambda person=person: next_task(person) for person in people))

    assert Counter(type(result) for result in results) == {Task: 5, assignment.NoTaskAvailable: 11}
    assert Overlap.objects.get().taken == 5
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_ask_at_once_fill_every_place_of_several_items():
    study = StudyFactory(asks={"overlap": 4})
    ItemFactory.create_batch(4, study=study)
    people = AnnotatorFactory.create_batch(16, panel=study.panel)

    results = at_once(*(lambda person=person: next_task(person) for person in people))

    assert {type(result) for result in results} == {Task}
    assert set(Overlap.objects.values_list("taken", flat=True)) == {4}
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_assignments_that_expire_are_given_to_others_and_never_to_too_many():
    item = ItemFactory(wanted=5)
    people = AnnotatorFactory.create_batch(20, panel=item.study.panel)
    now = timezone.now()
    first = [next_task(person, now) for person in people[:5]]
    for task in first[:2]:
        choose(task, now)
    later = now + timedelta(hours=2)

    # Three places are overdue; sixteen people want them, the sweep runs, and two of the late ones send their work.
    results = at_once(
        *(lambda person=person: next_task(person, later) for person in people[5:19]),
        *(lambda task=task: choose(task, later) for task in first[2:4]),
        lambda: assignment.expire(now=later),
        lambda: assignment.expire(now=later),
    )

    unexpected = [one for one in results if isinstance(one, Exception) and type(one) is not assignment.NoTaskAvailable]
    assert unexpected == []
    assert Comparison.objects.count() == 4
    assert Overlap.objects.get().taken == 5
    assert audit.faults() == []


@pytest.mark.django_db
def test_the_orders_of_those_who_share_an_item_are_balanced():
    item = ItemFactory(wanted=8)
    tasks = [next_task(person) for person in AnnotatorFactory.create_batch(8, panel=item.study.panel)]

    turns = [task.current_turn for task in tasks]
    assert [turn.order_index for turn in turns] == list(range(8))
    assert {turn.candidate_set for turn in turns} == {item.candidate_set}
    for place in range(4):
        assert set(Counter(turn.order[place] for turn in turns).values()) == {2}


@pytest.mark.django_db(transaction=True)
def test_people_who_come_at_once_get_orders_of_their_own():
    item = ItemFactory(wanted=16)
    people = AnnotatorFactory.create_batch(16, panel=item.study.panel)

    at_once(*(lambda person=person: next_task(person) for person in people))

    assert set(Turn.objects.values_list("order_index", flat=True)) == set(range(16))


@pytest.mark.django_db
def test_the_database_itself_refuses_one_too_many():
    item = ItemFactory(wanted=1, taken=1)

    with pytest.raises(IntegrityError, match="overlap_is_never_exceeded"), transaction.atomic():
        item.overlaps.update(taken=2)


@pytest.mark.django_db(transaction=True)
def test_nothing_goes_wrong_when_many_do_everything_at_once():
    study = StudyFactory(asks={"overlap": 3, "tasks_per_annotator": 1000, "turns": {"maximum": 1}})
    ItemFactory.create_batch(12, study=study)
    people = AnnotatorFactory.create_batch(8, panel=study.panel)
    start = timezone.now()
    clock = {"hours": 0.0}
    lock = threading.Lock()

    def now():
        # Every look at the clock is twenty minutes later: leases of an hour run out all the time.
        with lock:
            clock["hours"] += 1 / 3
            return start + timedelta(hours=clock["hours"])

    def live(person, seed):
        rng = random.Random(seed)
        for _ in range(12):
            try:
                task = next_task(person, now())
                if (chance := rng.random()) < 0.4:
                    choose(task, now(), choice=rng.randrange(4))
                elif chance < 0.6:
                    conversation.skip(task=task, reason="other", now=now())
                elif chance < 0.8:
                    assignment.expire(now=now())
            except (assignment.NoTaskAvailable, conversation.Refused):
                continue
        return "lived"

    results = at_once(
        *(lambda person=person, tab=tab: live(person, 100 * person.pk + tab) for person in people for tab in (1, 2))
    )

    assert set(results) == {"lived"}
    assert audit.faults() == []
