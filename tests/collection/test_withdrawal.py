"""A person leaves for good."""

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from annotators import enrolment, recruiting
from annotators.judgements import Appeal
from annotators.models import Annotator, Consent, Quota
from annotators.panel_file import QuotaPart
from collection import assignment, conversation, withdrawal
from collection.models import Comparison, Draft, Overlap, Report, Task, Turn
from sampling.models import Candidate, CandidateSet, Completion, RawAnswer
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import AnnotatorFactory, ComparisonFactory, ItemFactory, TaskFactory, TurnFactory


def withdraw(annotator):
    withdrawal.withdraw(annotator=annotator, now=timezone.now())


@pytest.fixture
def annotator(db):
    """Somebody in the second turn of an item's task, after a task with a prompt of their own."""
    person = AnnotatorFactory()
    own = TaskFactory(own=True, annotator=person, state="completed")
    ComparisonFactory(turn=TurnFactory(task=own, message="My secret"))
    task = TaskFactory(study=own.study, annotator=person)
    ComparisonFactory(turn__task=task)
    turn = TurnFactory(task=task, message="Another secret")
    Report.objects.create(turn=turn, candidate=turn.candidate_set.candidates.first(), reason="My reason")
    Draft.objects.create(task=task, message="Not se", updated_at=timezone.now())
    return person


def test_nothing_that_was_typed_is_left(annotator):
    withdraw(annotator)

    assert set(Turn.objects.values_list("message", flat=True)) == {""}
    assert set(Comparison.objects.values_list("explanation", flat=True)) == {""}
    assert set(Report.objects.values_list("reason", flat=True)) == {""}
    assert not Draft.objects.exists()
    assert annotator.answers() == {}


def test_the_sets_written_for_them_alone_are_erased_and_the_items_are_not(annotator):
    item_set = CandidateSet.objects.get(item__isnull=False)

    withdraw(annotator)

    theirs = CandidateSet.objects.exclude(pk=item_set.pk)
    assert theirs.count() == 2
    assert all(each.messages == [] and each.erased_at for each in theirs)
    assert set(Candidate.objects.filter(candidate_set__in=theirs).values_list("text", flat=True)) == {""}
    item_set.refresh_from_db()
    assert (item_set.erased_at, item_set.messages != []) == (None, True)


def test_a_set_that_somebody_else_saw_is_not_erased(annotator):
    mine = Turn.objects.filter(task__annotator=annotator, task__item=None).get()
    other = TurnFactory(task=TaskFactory(own=True), candidate_set=mine.candidate_set)

    withdraw(annotator)

    other.candidate_set.refresh_from_db()
    assert other.candidate_set.erased_at is None
    other.refresh_from_db()
    assert other.message != ""


def test_consent_ends_and_their_open_task_with_it(annotator):
    withdraw(annotator)

    annotator.refresh_from_db()
    assert annotator.standing == Annotator.Standing.WITHDRAWN
    assert not Annotator.objects.consenting().exists()
    assert Task.objects.get(item__isnull=False).state == "abandoned"
    assert Task.objects.get(item__isnull=False).left_because == "withdrawn"


def test_their_places_are_wanted_again(annotator):
    withdraw(annotator)
    withdraw(annotator)

    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []
    somebody = AnnotatorFactory(panel=Task.objects.earliest("pk").study.panel)
    assert assignment.next_task(annotator=somebody, now=timezone.now()).item is not None


def test_a_closed_study_wants_nobody_in_their_place(annotator):
    study = Task.objects.earliest("pk").study
    type(study).objects.update(state="closed")

    withdraw(annotator)

    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []


def test_what_they_still_send_is_refused(annotator):
    turn = Turn.objects.get(message="Another secret")
    withdraw(annotator)

    with pytest.raises(conversation.TaskIsOver):
        conversation.compare(turn=turn, choice=0, explanation="", idempotency_key=uuid4(), now=timezone.now())
    assert conversation.save_draft(task=turn.task, message="Not se", now=timezone.now()) is False
    with pytest.raises(conversation.TaskIsOver):
        conversation.send_message(task=turn.task, message="Again", idempotency_key=uuid4(), now=timezone.now())


def test_late_work_of_an_expired_task_is_refused_too(db):
    turn = TurnFactory(task__lease_until=timezone.now())
    assignment.expire(now=timezone.now())
    withdraw(turn.task.annotator)

    with pytest.raises(conversation.TaskIsOver):
        conversation.compare(turn=turn, choice=0, explanation="", idempotency_key=uuid4(), now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_at_the_same_moment_is_erased_or_refused(monkeypatch):
    turn = TurnFactory()
    Meeting(monkeypatch).before(conversation, "_explanation").before(enrolment, "withdraw")

    def send():
        conversation.compare(turn=turn, choice=0, explanation="Secret", idempotency_key=uuid4(), now=timezone.now())

    at_once(send, lambda: withdraw(turn.task.annotator))

    assert not Comparison.objects.exclude(explanation="").exists()
    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_a_task_asked_for_at_the_same_moment_is_left_or_never_given(monkeypatch):
    item = ItemFactory()
    annotator = AnnotatorFactory(panel=item.study.panel)
    Meeting(monkeypatch).before(assignment, "_assigned").before(enrolment, "withdraw")

    at_once(lambda: assignment.next_task(annotator=annotator, now=timezone.now()), lambda: withdraw(annotator))

    assert not Task.objects.open().exists()
    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_people_who_share_all_their_items_can_leave_at_once():
    study = ItemFactory().study
    items = ItemFactory.create_batch(6, study=study, wanted=9)
    people = AnnotatorFactory.create_batch(6, panel=study.panel)
    for number, person in enumerate(people):
        for item in items if number % 2 else reversed(items):
            ComparisonFactory(turn__task=TaskFactory(item=item, annotator=person, state="completed"))

    results = at_once(*(lambda person=person: withdraw(person) for person in people))

    assert results == [None] * 6
    assert set(Overlap.objects.values_list("taken", flat=True)) == {0}
    assert Consent.objects.filter(withdrawn_at=None).count() == 0
    assert audit.faults() == []


# ---- erased from every table -----------------------------------------------------------------------------------------
EVERY_TEXT = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY')
"""


def found_anywhere(word):
    """Return the columns of the whole database that hold a word, by SQL that knows nothing of the project."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TEXT)
        columns = cursor.fetchall()
        assert len(columns) > 100
        return [f"{table}.{column}" for table, column in columns if _holds(cursor, table, column, word)]


def _holds(cursor, table, column, word):
    names = sql.SQL("select exists (select 1 from {} where {}::text ilike %s)")
    cursor.execute(names.format(sql.Identifier(table), sql.Identifier(column)), [f"%{word}%"])
    return cursor.fetchone()[0]


SECRET = "Xanthippe"


@pytest.fixture
def talkative(db):
    """Somebody who has put one word into everything that a person can write."""
    person = AnnotatorFactory()
    own = TaskFactory(own=True, annotator=person)
    turn = TurnFactory(task=own, message=f"I am {SECRET}")
    turn.candidate_set.messages = [{"role": "user", "content": f"I am {SECRET}"}]
    turn.candidate_set.save()
    turn.candidate_set.candidates.update(text=f"Hello {SECRET}")
    written = {"purpose": "set", "generator": "g", "model": "m", "text": f"### Hello {SECRET}"}
    completion = Completion.objects.create(candidate_set=turn.candidate_set, number=0, **written)
    raw = {"candidate_set": turn.candidate_set, "place": 0, "method": "m", "text": f"Hello {SECRET}"}
    RawAnswer.objects.create(completion=completion, **raw)
    ComparisonFactory(turn=turn, explanation=f"Because of {SECRET}")
    Report.objects.create(turn=turn, candidate=turn.candidate_set.candidates.first(), reason=f"It names {SECRET}")
    Draft.objects.create(task=own, message=SECRET, explanation=SECRET, updated_at=timezone.now())
    enrolment.answer(annotator=person, answers={"work": SECRET}, now=timezone.now())
    Appeal.objects.create(annotator=person, text=f"I, {SECRET}, disagree.")
    return person


def test_no_column_of_the_database_holds_a_word_of_who_withdrew(talkative):
    assert len(found_anywhere(SECRET)) == 11
    withdraw(talkative)
    assert found_anywhere(SECRET) == []


# ---- kept until now --------------------------------------------------------------------------------------------------
def stop(annotator):
    withdrawal.stop(annotator=annotator, now=timezone.now())


def test_who_lets_it_be_kept_takes_no_further_part_and_what_they_did_stays(annotator):
    stop(annotator)
    stop(annotator)

    annotator.refresh_from_db()
    assert annotator.standing == Annotator.Standing.LEFT
    assert Annotator.objects.consenting().get() == annotator
    assert Turn.objects.filter(message="My secret").exists()
    assert annotator.answers() != {}
    assert set(Task.objects.values_list("state", flat=True)) == {"completed", "abandoned"}
    assert not Draft.objects.exists()
    # The first comparison of the task that was broken off was accepted, and keeps its place.
    assert Overlap.objects.get().taken == 1
    assert audit.faults() == []
    with pytest.raises(assignment.NoTaskAvailable):
        assignment.give_task(annotator=annotator, now=timezone.now())


def test_a_task_without_a_comparison_gives_its_place_back(db):
    task = TurnFactory().task
    stop(task.annotator)
    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []


def test_who_left_can_still_have_everything_erased(annotator):
    stop(annotator)
    withdraw(annotator)
    assert not Turn.objects.exclude(message="").exists()
    assert not Annotator.objects.consenting().exists()
    assert audit.faults() == []


def test_who_had_not_begun_gives_their_place_in_the_quota_back(db):
    annotator = AnnotatorFactory()
    recruiting.load_quotas(panel=annotator.panel, parts=[QuotaPart(where={"country": "us"}, wanted=1)])
    recruiting.admit(annotator=annotator, now=timezone.now())
    stop(annotator)
    assert Quota.objects.get().taken == 0
