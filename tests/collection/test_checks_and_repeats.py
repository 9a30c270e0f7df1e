"""Practice, attention checks and repeats are mixed in, judged, and count in no overlap."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotators.models import CheckOutcome
from collection import assignment, conversation
from collection.models import Overlap, Task
from tests import audit
from tests.factories import AnnotatorFactory, ItemFactory, PromptFactory, StudyFactory, TaskFactory, TurnFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ONE_TURN = {"turns": {"minimum": 1, "maximum": 1}}


def check_item(study, role="attention", expected=2):
    prompt = PromptFactory(study=study, role=role, expected_slot=expected, feedback="The second one says why.")
    item = ItemFactory(study=study, prompt=prompt)
    item.overlaps.all().delete()
    return item


def choose(task, slot):
    turn = task.current_turn
    return conversation.compare(
        turn=turn, choice=turn.order.index(slot), explanation="", idempotency_key=uuid.uuid4(), now=NOW
    )


def person(study):
    return AnnotatorFactory(panel=study.panel)


def outcomes():
    return list(CheckOutcome.objects.values_list("kind", "passed"))


@pytest.mark.parametrize(("slot", "passed"), [(2, True), (0, False)])
def test_an_attention_check_notes_whether_the_expected_answer_was_chosen(slot, passed):
    study = StudyFactory(asks={"attention": {"share": 0.5}})
    item = check_item(study)
    task = TaskFactory(study=study, item=item, kind="attention", overlap=None)
    TurnFactory(task=task)

    choose(task, slot)

    task.refresh_from_db()
    assert task.state == "completed"
    assert outcomes() == [("attention", passed)]
    assert audit.faults() == []


def test_checks_come_at_the_studys_rate_each_once():
    study = StudyFactory(asks={**ONE_TURN, "attention": {"share": 0.5}, "tasks_per_annotator": 60})
    checks = {check_item(study).pk for _ in range(3)}
    ItemFactory.create_batch(30, study=study)
    annotator = person(study)

    tasks = []
    for _ in range(20):
        task = assignment.next_task(annotator=annotator, now=NOW)
        tasks.append(task)
        choose(task, 2)

    drawn = [task for task in tasks if task.kind == "attention"]
    assert {task.item_id for task in drawn} == checks
    assert len(drawn) == 3
    assert {task.draw_probability for task in drawn} == {0.5 / 3, 0.5 / 2, 0.5}
    assert all(task.overlap_id is None for task in drawn)
    assert audit.faults() == []


def test_practice_comes_first_in_order_and_counts_towards_nothing():
    study = StudyFactory(asks={"tasks_per_annotator": 1})
    practice = [check_item(study, role="practice") for _ in range(2)]
    ItemFactory(study=study)
    annotator = person(study)

    for item in practice:
        task = assignment.next_task(annotator=annotator, now=NOW)
        assert (task.kind, task.item) == ("practice", item)
        choose(task, 1)
    assert assignment.progress(annotator).done == 0
    task = assignment.next_task(annotator=annotator, now=NOW)

    assert task.kind == "regular"
    assert outcomes() == [("practice", False)] * 2
    assert audit.faults() == []


def test_a_repeat_gives_the_same_item_in_another_order_and_takes_no_place():
    study = StudyFactory(asks={**ONE_TURN, "repeats": {"share": 0.5, "after": 1}, "tasks_per_annotator": 50})
    ItemFactory.create_batch(12, study=study)
    annotator = person(study)
    repeats = []
    for _ in range(16):
        task = assignment.next_task(annotator=annotator, now=NOW)
        if task.kind == "repeat":
            repeats.append(task)
        choose(task, 1)
    assert repeats
    for task in repeats:
        assert task.item == task.repeat_of.item
        assert task.overlap is None
        assert task.current_turn.order_index is None
        assert task.state == "open" or task.turns.count() == 1
    assert len({task.repeat_of_id for task in repeats}) == len(repeats)
    assert sum(Overlap.objects.values_list("taken", flat=True)) == 16 - len(repeats)
    assert outcomes() == [("repeat", True)] * len(repeats)
    assert audit.faults() == []


def test_a_repeat_notes_another_choice():
    study = StudyFactory(asks={**ONE_TURN, "repeats": {"share": 0.5, "after": 1}, "tasks_per_annotator": 50})
    ItemFactory.create_batch(12, study=study)
    annotator = person(study)
    for number in range(16):
        task = assignment.next_task(annotator=annotator, now=NOW)
        choose(task, 3 if task.kind == "repeat" else number % 2)
    assert set(outcomes()) == {("repeat", False)}


def test_between_an_item_and_its_repeat_lie_as_many_tasks_as_the_study_says():
    study = StudyFactory(asks={**ONE_TURN, "repeats": {"share": 0.5, "after": 4}, "tasks_per_annotator": 50})
    ItemFactory.create_batch(20, study=study)
    annotator = person(study)
    for _ in range(20):
        choose(assignment.next_task(annotator=annotator, now=NOW), 0)
    order = list(Task.objects.of(annotator).order_by("pk"))
    repeats = [task for task in order if task.repeat_of_id]
    assert repeats
    assert all(order.index(task) - order.index(task.repeat_of) > 4 for task in repeats)


def test_the_database_keeps_one_repeat_and_no_place_for_checks():
    task = TaskFactory()
    with pytest.raises(IntegrityError, match="only_regular_tasks_hold_places"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(kind="attention")
    with pytest.raises(IntegrityError, match="a_repeat_says_of_what"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(kind="repeat", overlap=None)
