"""What follows when attention checks are missed: a flag, then a pause, by the study's own rules."""

import uuid

import pytest
from django.utils import timezone
from pydantic import ValidationError

from annotators import standing
from annotators.models import Annotator, StandingChange
from collection import assignment, conversation, ending
from collection.configuration import Attention, Configuration
from collection.models import Task
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import (
    ASKS,
    AnnotatorFactory,
    ItemFactory,
    PromptFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()
RULES = {"attention": {"share": 0.5, "flag_after": 1, "pause_after": 2}}


def check(study, annotator, *, kind="attention"):
    prompt = PromptFactory(study=study, role=kind, expected_slot=2)
    item = ItemFactory(study=study, prompt=prompt)
    item.overlaps.all().delete()
    task = TaskFactory(study=study, annotator=annotator, item=item, kind=kind, overlap=None)
    return TurnFactory(task=task)


def choose(turn, slot):
    return conversation.compare(
        turn=turn, choice=turn.order.index(slot), explanation="", idempotency_key=uuid.uuid4(), now=timezone.now()
    )


@pytest.fixture
def study():
    study = StudyFactory(asks=RULES)
    ItemFactory.create_batch(3, study=study)
    return study


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(panel=study.panel)


def paused(study, annotator):
    for _each in range(2):
        choose(check(study, annotator), 0)
    annotator.refresh_from_db()
    return annotator


def test_missed_checks_flag_and_then_pause_by_the_rules_of_the_study(study, annotator):
    choose(check(study, annotator), 2)
    assert not StandingChange.objects.exists()
    choose(check(study, annotator), 0)
    assert StandingChange.objects.get().kind == "flagged"
    choose(check(study, annotator), 1)
    assert Annotator.objects.get().standing == "paused"
    assert StandingChange.objects.get(kind="paused").numbers == {"missed": 2, "of": 3}


def test_a_study_without_rules_stops_nobody():
    study = StudyFactory(asks={"attention": {"share": 0.5}})
    annotator = AnnotatorFactory(panel=study.panel)
    for _each in range(5):
        choose(check(study, annotator), 0)
    assert Annotator.objects.get().standing == "active"
    assert not StandingChange.objects.exists()


def test_practice_stops_nobody(study, annotator):
    for _each in range(5):
        choose(check(study, annotator, kind="practice"), 0)
    assert Annotator.objects.get().standing == "active"


def test_agreement_with_others_is_no_part_of_any_rule(study):
    """Nineteen people choose one answer, and one another one: nothing is noted of anybody."""
    item = study.items.first()
    for number in range(5):
        task = TaskFactory(study=study, item=item, annotator=AnnotatorFactory(panel=study.panel))
        choose(TurnFactory(task=task), 3 if number == 4 else 0)
    assert not StandingChange.objects.exists()


def test_who_is_paused_gets_no_new_task_and_may_finish_the_one_they_are_in(study, annotator):
    paused(study, annotator)
    with pytest.raises(assignment.NotAdmitted) as refusal:
        assignment.next_task(annotator=annotator, now=NOW)
    assert refusal.value.needs == "standing"
    task = TaskFactory(study=study, annotator=annotator, item=study.items.first())
    turn = TurnFactory(task=task)
    assert assignment.next_task(annotator=annotator, now=NOW) == task
    assert choose(turn, 1).outcome == "chosen"
    assert assignment.hold_next(annotator=annotator, now=NOW) is None
    assert audit.faults() == []


def test_who_is_let_go_on_gets_tasks_again(study, annotator):
    paused(study, annotator)
    standing.resume(annotator=annotator, by=UserFactory(), now=timezone.now())
    annotator.refresh_from_db()
    assert assignment.next_task(annotator=annotator, now=NOW).state == "open"


def test_whose_part_ends_keeps_what_they_did_and_gives_the_rest_back(study, annotator):
    done = choose(TurnFactory(task=TaskFactory(study=study, annotator=annotator, item=study.items.first())), 0)
    Task.objects.update(state="completed", finished_at=NOW)
    assignment.next_task(annotator=annotator, now=NOW)
    assignment.hold_next(annotator=annotator, now=NOW)
    ending.end(annotator=annotator, by=UserFactory(), reason="Copied texts.", now=NOW)
    left = Task.objects.exclude(pk=done.turn.task_id).get()
    assert (left.state, left.left_because, left.overlap) == ("abandoned", "ended", None)
    assert Task.objects.get(pk=done.turn.task_id).overlap is not None
    assert audit.faults() == []


def test_after_the_end_nothing_more_is_taken(study, annotator):
    turn = TurnFactory(task=TaskFactory(study=study, annotator=annotator, item=study.items.first()))
    ending.end(annotator=annotator, by=UserFactory(), reason="Copied texts.", now=NOW)
    with pytest.raises(conversation.TaskIsOver):
        choose(turn, 0)


@pytest.mark.django_db(transaction=True)
def test_a_comparison_at_the_moment_of_the_end_stands_or_is_refused_whole():
    study = StudyFactory(asks=RULES)
    item = ItemFactory(study=study)
    annotator, researcher = AnnotatorFactory(panel=study.panel), UserFactory()
    turn = TurnFactory(task=TaskFactory(study=study, annotator=annotator, item=item))
    compared, _ended = at_once(
        lambda: choose(turn, 0),
        lambda: ending.end(annotator=annotator, by=researcher, reason="Copied texts.", now=NOW),
    )
    task = Task.objects.get()
    stands = not isinstance(compared, conversation.TaskIsOver)
    assert task.turns.filter(comparison__isnull=False).exists() == stands
    assert (task.overlap is not None) == stands
    assert task.state == "abandoned" or stands
    assert audit.faults() == []


@pytest.mark.django_db(transaction=True)
def test_two_misses_at_once_pause_once(monkeypatch):
    Meeting(monkeypatch).before(standing, "_note")
    study = StudyFactory(asks=RULES)
    annotator = AnnotatorFactory(panel=study.panel)
    turns = []
    for _each in range(2):
        turns.append(check(study, annotator))
        Task.objects.filter(annotator=annotator).update(state="expired")
    at_once(*[lambda turn=turn: choose(turn, 0) for turn in turns])
    assert Annotator.objects.get().standing == "paused"
    assert sorted(StandingChange.objects.values_list("kind", flat=True)) == ["flagged", "paused"]


# ---- the rules in the file -------------------------------------------------------------------------------------------
def test_one_missed_check_pauses_nobody():
    """As panels such as Prolific's ask: two before anything follows."""
    with pytest.raises(ValidationError, match="pause_after"):
        Attention(share=0.1, pause_after=1)
    with pytest.raises(ValidationError, match="later than it pauses"):
        Attention(share=0.1, flag_after=3, pause_after=2)


def test_a_study_without_rules_keeps_its_hash():
    asks = {**ASKS, "slug": "a-study", "attention": {"share": 0.1}, "repeats": {"share": 0.1}}
    canonical = Configuration.model_validate(asks).canonical()
    assert canonical["attention"] == {"share": 0.1}
    assert canonical["repeats"] == {"share": 0.1, "after": 3}
    assert "timing" not in canonical


# ---- the person's page -----------------------------------------------------------------------------------------------
def test_who_is_paused_reads_why_and_can_answer(study, annotator):
    client = client_of(paused(study, annotator))
    assert client.get("/tasks/", follow=True).redirect_chain[-1][0] == "/standing/"
    assert client.post("/tasks/next/", follow=True).redirect_chain[-1][0] == "/standing/"
    assert client.get("/finished/", follow=True).redirect_chain[-1][0] == "/standing/"
    page = client.get("/standing/")
    assert "You get no new conversations for now" in page.content.decode()
    assert "In 2 of 2 of them another answer was chosen" in page.content.decode()
    assert client.post("/standing/", {"text": " "}).status_code == 422
    client.post("/standing/", {"text": "It was in <b>another</b> language."})
    assert annotator.appeals.get().text == "It was in <b>another</b> language."
    assert "It was in &lt;b&gt;another&lt;/b&gt; language." in client.get("/standing/").content.decode()


def test_whose_part_has_ended_reads_the_researchers_reason_and_gets_the_code(study, annotator):
    choose(TurnFactory(task=TaskFactory(study=study, annotator=annotator, item=study.items.first())), 0)
    Task.objects.update(state="completed", finished_at=NOW)
    ending.end(annotator=annotator, by=UserFactory(), reason="आपने उत्तर की नकल की।", now=NOW)
    page = client_of(annotator).get("/standing/").content.decode()
    assert "आपने उत्तर की नकल की।" in page
    assert "C0FFEE" in page


def test_who_is_active_has_no_such_page(annotator):
    assert client_of(annotator).get("/standing/").url == "/tasks/"


def test_programs_are_told_that_somebody_is_stopped(study, annotator):
    paused(study, annotator)
    answer = client_of(annotator).post("/api/next")
    assert (answer.status_code, answer.json()) == (409, {"reason": "standing"})
