"""An annotator leaves a task, or reports a candidate."""

from uuid import uuid4

import pytest
from django.utils import timezone

from collection import assignment, conversation, reports
from collection.models import Item, Overlap, Report, Task
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import AnnotatorFactory, ComparisonFactory, ItemFactory, TaskFactory, TurnFactory


def skip(task, reason="unclear"):
    conversation.skip(task=task, reason=reason, now=timezone.now())


def report(turn, place=1, reason="It tells how to hurt somebody."):
    return conversation.report(turn=turn, place=place, reason=reason, now=timezone.now())


@pytest.mark.django_db
def test_skipping_gives_the_place_to_somebody_else_and_costs_nothing():
    task = TurnFactory().task

    skip(task)
    skip(task)

    task = Task.objects.get()
    assert (task.state, task.left_because, task.overlap) == ("abandoned", "unclear", None)
    assert Overlap.objects.get().taken == 0
    assert assignment.progress(task.annotator).done == 0
    assert audit.faults() == []


@pytest.mark.django_db
def test_skipping_after_an_accepted_first_comparison_keeps_the_place():
    task = ComparisonFactory().turn.task

    skip(task)

    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_skipping_in_two_tabs_gives_back_one_place():
    task = TurnFactory().task

    at_once(*[lambda: skip(task)] * 4)

    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_skipping_in_one_tab_and_choosing_in_the_other_is_one_of_the_two():
    turn = TurnFactory()

    def choose():
        conversation.compare(turn=turn, choice=0, explanation="", idempotency_key=uuid4(), now=timezone.now())

    at_once(choose, lambda: skip(turn.task))

    assert audit.faults() == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["completed", "expired"])
def test_what_is_over_cannot_be_skipped(state):
    task = TaskFactory(own=True, state=state)

    with pytest.raises(conversation.TaskIsOver):
        skip(task)


@pytest.mark.django_db
def test_any_reason_fits():
    task = TaskFactory(own=True)

    skip(task, "\0 " + "long " * 100)

    assert len(Task.objects.get().left_because) <= 40


@pytest.mark.django_db
def test_a_report_names_the_candidate_in_that_place_of_this_persons_screen():
    turn = TurnFactory(order=[3, 1, 0, 2])

    made = report(turn, place=2)

    assert made.candidate.slot == 0
    assert made.reason == "It tells how to hurt somebody."


@pytest.mark.django_db
def test_whoever_reports_gets_another_task_without_penalty():
    turn = TurnFactory()
    other = ItemFactory(study=turn.task.study)

    report(turn)

    task = Task.objects.get()
    assert (task.state, task.left_because) == ("abandoned", "reported")
    assert assignment.progress(task.annotator).done == 0
    assert assignment.next_task(annotator=task.annotator, now=timezone.now()).item == other
    assert audit.faults() == []


@pytest.mark.django_db
def test_a_reported_item_is_frozen_until_a_researcher_decides():
    turn = TurnFactory()
    reported = report(turn)
    somebody = AnnotatorFactory(panel=turn.task.study.panel)

    with pytest.raises(assignment.NoTaskAvailable):
        assignment.next_task(annotator=somebody, now=timezone.now())
    reports.decide(report=reported, release=True, now=timezone.now())
    assert assignment.next_task(annotator=somebody, now=timezone.now()).item == turn.task.item


@pytest.mark.django_db
def test_whoever_is_in_the_item_already_may_finish_it():
    item = ItemFactory()
    turn, other = (TurnFactory(task=TaskFactory(item=item)) for _ in range(2))

    report(turn)

    conversation.compare(turn=other, choice=0, explanation="", idempotency_key=uuid4(), now=timezone.now())
    assert audit.faults() == []


@pytest.mark.django_db
def test_a_report_on_a_later_turn_freezes_no_item_and_keeps_the_place():
    task = ComparisonFactory().turn.task

    report(TurnFactory(task=task))

    assert Item.objects.get().frozen_at is None
    assert Overlap.objects.get().taken == 1
    assert Task.objects.get().state == "abandoned"
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_a_double_click_reports_once():
    turn = TurnFactory()

    at_once(*[lambda: report(turn)] * 4)

    assert Report.objects.count() == 1
    assert audit.faults() == []


@pytest.mark.django_db
def test_only_what_was_shown_can_be_reported():
    turn = TurnFactory()

    with pytest.raises(conversation.ChoiceNotOffered):
        report(turn, place=4)


@pytest.mark.django_db(transaction=True)
def test_an_item_stays_frozen_when_it_is_reported_again_while_a_researcher_releases_it(monkeypatch):
    item = ItemFactory()
    first, second = (TurnFactory(task=TaskFactory(item=item)) for _ in range(2))
    settled = report(first)
    # The second report is written and not committed when the researcher looks for open ones.
    Meeting(monkeypatch).before(conversation, "_leave").before(reports, "_open_reports")

    at_once(
        lambda: report(second),
        lambda: reports.decide(report=settled, release=True, now=timezone.now()),
    )

    item.refresh_from_db()
    assert item.frozen_at is not None
    assert not Item.objects.assignable().exists()
