"""Whatever order things happen in: no item too often, nobody the same prompt twice, nothing saved twice or lost."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from annotators.models import Annotator
from collection import assignment, conversation, places, studies, withdrawal
from collection.models import Comparison, Overlap, Task, Turn
from tests import audit
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory, first_answers

ITEMS, WANTED, MOST_PEOPLE = 4, 2, 6
ASKS = {
    "overlap": {"wanted": WANTED, "per": ["country"]},
    "tasks_per_annotator": 6,
    "turns": {"maximum": 1},
    "held": {"ahead": 2, "minutes": 30},
    "repeats": {"share": 0.2, "after": 1},
}

people = st.integers(0, MOST_PEOPLE - 1)
choices = st.sampled_from([0, 1, 2, 3, "none"])


class FieldWork(RuleBasedStateMachine):
    """A small study: two items that are translations of each other, and people of two countries."""

    def __init__(self):
        super().__init__()
        self.database = transaction.atomic()
        self.database.__enter__()
        self.study = StudyFactory(asks=ASKS)
        items = ItemFactory.create_batch(ITEMS - 2, study=self.study)
        items += ItemFactory.create_batch(2, study=self.study, group="the same")
        Overlap.objects.filter(study=self.study).delete()
        places.lay_out(items, study=self.study)
        self.people = []
        self.now = timezone.now()
        self.saved = {}

    def teardown(self):
        transaction.set_rollback(True)
        self.database.__exit__(None, None, None)

    def somebody(self, which):
        return Annotator.objects.get(pk=self.people[which % len(self.people)])

    @precondition(lambda self: len(self.people) < MOST_PEOPLE)
    @rule(country=st.sampled_from(["us", "in"]))
    def come(self, country):
        panel = self.study.panel
        self.people.append(AnnotatorFactory(panel=panel, answers=first_answers(panel) | {"country": country}).pk)

    @precondition(lambda self: self.people)
    @rule(which=people)
    def next(self, which):
        with suppress(assignment.NoTaskAvailable, assignment.NotAdmitted):
            task = assignment.next_task(annotator=self.somebody(which), now=self.now)
            assert task.is_open

    @precondition(lambda self: self.people)
    @rule(which=people, number=st.integers(2, 5), ahead=st.booleans())
    def work(self, which, number, ahead):
        """Do some tasks in a row, as people mostly do."""
        for _task in range(number):
            self.next(which)
            if ahead:
                self.draw_ahead(which)
            self.compare(which, 0, again=False)

    @precondition(lambda self: self.people)
    @rule(which=people)
    def draw_ahead(self, which):
        assignment.hold_next(annotator=self.somebody(which), now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=people, choice=choices, again=st.booleans())
    def compare(self, which, choice, again):
        """Send a choice, perhaps twice, perhaps long after the task ran out."""
        turns = Turn.objects.of(self.somebody(which)).that_happened().filter(comparison=None)
        if turn := turns.order_by("-pk").first():
            key = uuid4()
            with suppress(conversation.Refused):
                for _sent in range(1 + again):
                    made = self.send(turn, choice, key)
                    self.saved[made.pk] = (turn.pk, key)

    def send(self, turn, choice, key):
        return conversation.compare(turn=turn, choice=choice, explanation="", idempotency_key=key, now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=people)
    def skip(self, which):
        if task := Task.objects.of(self.somebody(which)).open().first():
            conversation.skip(task=task, reason="", now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=people)
    def report(self, which):
        task = Task.objects.of(self.somebody(which)).open().first()
        if task and task.current_turn:
            conversation.report(turn=task.current_turn, place=0, reason="", now=self.now)

    @rule(minutes=st.sampled_from([5, 40, 90]), sweeps=st.booleans())
    def wait(self, minutes, sweeps):
        self.now += timedelta(minutes=minutes)
        if sweeps:
            assignment.expire(now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=people, keeps=st.booleans())
    def withdraw(self, which, keeps):
        person = self.somebody(which)
        if person.standing == Annotator.Standing.ACTIVE:
            leave = withdrawal.stop if keeps else withdrawal.withdraw
            leave(annotator=person, now=self.now)

    @rule(step=st.sampled_from(["pause", "open"]))
    def pause_or_go_on(self, step):
        with suppress(studies.NotPossible):
            studies.move(study=self.study, step=step, now=self.now)

    @invariant()
    def the_rows_agree(self):
        assert audit.faults() == []

    @invariant()
    def what_was_saved_is_saved_once(self):
        kept = {made.pk: (made.turn_id, made.idempotency_key) for made in Comparison.objects.all()}
        assert kept == self.saved


@pytest.mark.django_db
def test_any_order_of_things_leaves_every_count_right():
    run_state_machine_as_test(
        FieldWork,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
