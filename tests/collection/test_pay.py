"""What people are owed: for everything they did, once, in one place."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotators import enrolment, recruiting
from annotators.ledger import PayEntry
from annotators.models import Annotator
from annotators.panel_file import PanelPart
from annotators.pay_terms import PayPart, fallen, offer
from collection import conversation, jobs, pay, studies, withdrawal
from collection.models import Study, Task, Turn
from tests.concurrency import at_once
from tests.factories import (
    SURVEY,
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    PanelFactory,
    PromptFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
PAY = {
    "currency": "GBP",
    "conversation": 0.60,
    "minute": 0.12,
    "practice": 0.20,
    "survey": 0.30,
    "last_questions": 0.25,
    "screened_out": 0.15,
    "minutes": {"survey": 2, "practice": 1, "conversation": 4, "last_questions": 2},
}
ONE = {"minimum": 2, "maximum": 3}


def paid_panel(pay=PAY, survey=SURVEY, **more):
    panel = PanelFactory(survey=survey)
    panel.definition = PanelPart.model_validate({**panel.definition, "pay": pay, **more}).model_dump(mode="json")
    panel.save()
    return panel


@pytest.fixture
def study():
    return StudyFactory(panel=paid_panel(), asks={"turns": ONE, "tasks_per_annotator": 10})


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(panel=study.panel)


def task(annotator, study, *, seconds=0, compared=1, own=False, kind="regular", state="completed", **more):
    """Have somebody work for so many seconds in a task that has ended."""
    began = NOW - timedelta(seconds=seconds)
    place = {"own": True} if own else {}
    if kind != "regular":
        place = {"overlap": None, "item": ItemFactory(study=study)}
    made = TaskFactory(study=study, annotator=annotator, kind=kind, recorded_at=began, **place)
    for number in range(compared):
        turn = TurnFactory(task=made, recorded_at=began, shown_at=began)
        turn.candidate_set.finished_at = began
        turn.candidate_set.save()
        ComparisonFactory(turn=turn, recorded_at=NOW if number == compared - 1 else began)
    if not compared:
        TurnFactory(task=made, recorded_at=began, shown_at=began)
    Task.objects.filter(pk=made.pk).update(state=state, finished_at=NOW, **more)
    made.refresh_from_db()
    return made


def owed(annotator, reason=None):
    """Return what is written down after settling: (reason, because, amount)."""
    pay.settle(annotator=annotator, now=NOW)
    entries = (
        annotator.pay_entries.exclude(reason="survey")
        if reason is None
        else annotator.pay_entries.filter(reason=reason)
    )
    return [(entry.reason, entry.because, str(entry.amount)) for entry in entries.order_by("pk")]


# ---- what is paid ----------------------------------------------------------------------------------------------------
def test_a_completed_conversation_is_paid_at_the_rate(annotator, study):
    task(annotator, study, compared=2)
    assert owed(annotator) == [("conversation", "completed", "0.60")]


def test_practice_has_a_rate_of_its_own(annotator, study):
    task(annotator, study, kind="practice")
    assert owed(annotator) == [("practice", "completed", "0.20")]


@pytest.mark.parametrize("kind", ["attention", "repeat"])
def test_checks_and_repeats_are_conversations_like_others(annotator, study, kind):
    if kind == "repeat":
        first = task(annotator, study, compared=2)
        made = TaskFactory(
            study=study,
            annotator=annotator,
            item=first.item,
            kind=kind,
            repeat_of=first,
            overlap=None,
            state="completed",
        )
        ComparisonFactory(turn=TurnFactory(task=made))
        assert owed(annotator) == [("conversation", "completed", "0.60")] * 2
    else:
        task(annotator, study, kind=kind)
        assert owed(annotator) == [("conversation", "completed", "0.60")]


def test_none_of_these_is_paid_in_full_whatever_the_minimum_of_turns(annotator, study):
    made = TaskFactory(study=study, annotator=annotator, state="completed", finished_at=NOW)
    ComparisonFactory(turn=TurnFactory(task=made), none=True)
    assert owed(annotator) == [("conversation", "none", "0.60")]


def test_surplus_work_is_paid_in_full(annotator, study):
    task(annotator, study, compared=2, surplus=True, overlap=None)
    assert owed(annotator) == [("conversation", "surplus", "0.60")]


def test_a_reported_answer_is_paid_in_full(annotator, study):
    task(annotator, study, compared=0, state="abandoned", left_because="reported", overlap=None)
    assert owed(annotator) == [("conversation", "reported", "0.60")]


@pytest.mark.parametrize(
    ("state", "left", "because"),
    [("abandoned", "topic", "skipped"), ("abandoned", "ended", "ended"), ("expired", "", "expired")],
)
def test_what_is_left_early_is_paid_as_far_as_it_got(annotator, study, state, left, because):
    task(annotator, study, compared=1, state=state, left_because=left)
    assert owed(annotator) == [("conversation", because, "0.30")]


def test_or_by_the_minute_where_that_is_more_and_never_more_than_the_rate(annotator, study):
    task(annotator, study, compared=0, seconds=120, state="abandoned", left_because="topic", overlap=None)
    assert owed(annotator) == [("conversation", "skipped", "0.24")]
    task(annotator, study, compared=0, seconds=60 * 60, state="abandoned", left_because="topic", overlap=None)
    assert owed(annotator)[1] == ("conversation", "skipped", "0.48"), "four minutes are what a conversation takes"


def test_what_expires_after_the_study_closed_is_paid(annotator, study):
    task(annotator, study, compared=1, state="expired")
    Study.objects.update(state="closed")
    assert owed(annotator) == [("conversation", "closed", "0.30")]


def test_waiting_is_paid_by_the_minute(annotator, study):
    made = TaskFactory(study=study, annotator=annotator, own=True, state="completed", finished_at=NOW)
    made.recorded_at = NOW - timedelta(minutes=10)
    made.save()
    turn = TurnFactory(task=made, recorded_at=NOW - timedelta(minutes=6), shown_at=NOW - timedelta(minutes=3))
    turn.candidate_set.finished_at = NOW - timedelta(minutes=4)
    turn.candidate_set.save()
    ComparisonFactory(turn=turn, recorded_at=NOW)
    ComparisonFactory(turn=TurnFactory(task=made, recorded_at=NOW, shown_at=NOW), recorded_at=NOW)
    assert ("waiting", "", "0.24") in owed(annotator), "two minutes until the answers were there"


def test_waiting_for_a_set_that_could_not_be_written_is_paid(annotator, study):
    made = TaskFactory(study=study, annotator=annotator, own=True)
    failed = CandidateSetFactory(failed=True, finished_at=NOW - timedelta(minutes=2))
    TurnFactory(task=made, candidate_set=failed, recorded_at=NOW - timedelta(minutes=5), message="Why?")
    Task.objects.update(
        state="abandoned", left_because="failed", finished_at=NOW, recorded_at=NOW - timedelta(minutes=5)
    )
    assert ("failed-set", "", "0.36") in owed(annotator)
    assert owed(annotator)[0] == ("conversation", "failed", "0.00")


def test_the_questions_are_paid_once_each_part_is_answered(study):
    annotator = AnnotatorFactory(panel=study.panel)
    assert owed(annotator, "survey") == [("survey", "", "0.30")]
    enrolment.answer(annotator=annotator, answers={"children": "2", "work": "", "ethnicity": "white"}, now=NOW)
    assert owed(annotator, "survey") == [("survey", "", "0.30"), ("survey", "", "0.25")]


def test_who_has_not_answered_is_not_paid_for_answering(study):
    assert owed(AnnotatorFactory(panel=study.panel, answers={}), "survey") == []


def test_whoever_is_screened_out_is_paid_for_coming_and_for_nothing_else(study):
    annotator = AnnotatorFactory(panel=study.panel)
    recruiting.screen_out(annotator=annotator)
    pay.settle_panel(panel=study.panel, now=NOW)
    assert [(entry.reason, str(entry.amount)) for entry in PayEntry.objects.all()] == [("screened-out", "0.15")]


def test_who_withdraws_is_paid_for_what_they_did(annotator, study):
    task(annotator, study, compared=2)
    left = TaskFactory(study=study, annotator=annotator)
    ComparisonFactory(turn=TurnFactory(task=left))
    withdrawal.withdraw(annotator=annotator, now=NOW)
    assert owed(annotator) == [("conversation", "completed", "0.60"), ("conversation", "withdrawn", "0.30")]
    assert owed(annotator, "survey") == [("survey", "", "0.30")]


def test_a_panel_of_volunteers_owes_nothing():
    study = StudyFactory()
    annotator = AnnotatorFactory(panel=study.panel)
    task(annotator, study, compared=2)
    pay.settle_panel(panel=study.panel, now=NOW)
    assert not PayEntry.objects.exists()
    assert pay.account(annotator) is None


def test_an_open_task_is_paid_when_it_is_over(annotator, study):
    TurnFactory(task=TaskFactory(study=study, annotator=annotator))
    assert owed(annotator) == []


# ---- once ------------------------------------------------------------------------------------------------------------
def test_settling_again_changes_nothing(annotator, study):
    task(annotator, study, compared=2)
    first = owed(annotator), pay.account(annotator)
    assert (owed(annotator), pay.account(annotator)) == first
    assert pay.settle_panel(panel=study.panel, now=NOW) == 0


def test_what_expired_and_is_completed_after_all_is_paid_in_full_and_once(annotator, study):
    made = task(annotator, study, compared=1, state="expired")
    assert owed(annotator) == [("conversation", "expired", "0.30")]
    ComparisonFactory(turn=TurnFactory(task=made))
    assert pay.settle_panel(panel=study.panel, now=NOW) == 1, "more of it was done, though it is expired still"
    assert owed(annotator) == [("conversation", "expired", "0.60")]
    Task.objects.filter(pk=made.pk).update(state="completed")
    assert owed(annotator) == [("conversation", "completed", "0.60")]


def test_an_amount_never_goes_down(annotator, study):
    task(annotator, study, compared=1, state="expired")
    owed(annotator)
    PayEntry.objects.filter(reason="conversation").update(amount=Decimal("0.55"))
    Study.objects.update(state="closed")
    ComparisonFactory(turn=TurnFactory(task=Task.objects.get()), none=True)
    assert owed(annotator)[0][2] == "0.60"
    PayEntry.objects.filter(reason="conversation").update(amount=Decimal("0.90"), turns=1)
    assert owed(annotator)[0][2] == "0.90"


def test_the_database_holds_one_entry_per_person_reason_and_subject(annotator, study):
    task(annotator, study, compared=2)
    owed(annotator)
    entry = PayEntry.objects.filter(reason="conversation").get()
    with pytest.raises(IntegrityError, match="one_entry_per_person_reason_and_subject"), transaction.atomic():
        PayEntry.objects.create(
            annotator=annotator, reason=entry.reason, subject=entry.subject, amount=1, currency="GBP"
        )


def test_a_job_writes_down_what_is_owed_in_every_panel(annotator, study):
    task(annotator, study, compared=2)
    task(AnnotatorFactory(), StudyFactory(), compared=2)
    assert jobs.write_down_pay() == 1
    assert pay.account(annotator).amount == Decimal("0.90")
    assert jobs.write_down_pay() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_settle_at_once_write_everything_down_once():
    study = StudyFactory(panel=paid_panel(), asks={"turns": ONE})
    people = AnnotatorFactory.create_batch(3, panel=study.panel)
    for each in people:
        task(each, study, compared=2)
    found = at_once(*[lambda: pay.settle_panel(panel=study.panel, now=NOW)] * 4)
    assert not [each for each in found if isinstance(each, Exception)]
    assert PayEntry.objects.filter(reason="conversation").count() == 3
    assert set(pay.totals(people).values()) == {Decimal("0.90")}


@pytest.mark.django_db(transaction=True)
def test_a_conversation_that_is_completed_while_it_is_settled_ends_up_paid_in_full():
    study = StudyFactory(panel=paid_panel(), asks={"turns": {"minimum": 2, "maximum": 2}})
    annotator = AnnotatorFactory(panel=study.panel)
    made = task(annotator, study, compared=1, state="expired")
    turn = TurnFactory(task=made)
    Task.objects.filter(pk=made.pk).update(lease_until=NOW - timedelta(hours=1))
    turn = Turn.objects.select_related("task").get(pk=turn.pk)

    def compare():
        return conversation.compare(
            turn=turn, choice=0, explanation="", idempotency_key=uuid.uuid4(), now=timezone.now()
        )

    found = at_once(compare, *[lambda: pay.settle_panel(panel=study.panel, now=timezone.now())] * 3)
    assert not [each for each in found if isinstance(each, Exception)]
    pay.settle_panel(panel=study.panel, now=timezone.now())
    assert str(PayEntry.objects.get(reason="conversation").amount) == "0.60"


# ---- by the hour -----------------------------------------------------------------------------------------------------
def test_hourly_pay_is_shown_per_country_beside_its_floor():
    floor = {"hourly": 5, "per": "country", "of": {"us": 9}}
    panel = paid_panel({**PAY, "survey": 0, "floor": floor})
    study = StudyFactory(panel=panel, asks={"turns": ONE})
    for country, seconds in (("us", 360), ("us", 180), ("in", 360)):
        person = AnnotatorFactory(panel=panel, answers={"country": country, "age": "55+", "gender": "other"})
        Annotator.objects.filter(pk=person.pk).update(joined_at=NOW + timedelta(hours=1))
        task(person, study, compared=2, seconds=seconds)
    pay.settle_panel(panel=panel, now=NOW)
    by_country = {each.answer: each for each in pay.by_the_hour(panel)}
    assert by_country["us"].spread.people == 2
    assert by_country["us"].spread.median == pytest.approx(9.0)
    assert by_country["us"].spread.tenth == pytest.approx(6.0)
    assert (by_country["us"].is_below, by_country["us"].has_some_below) == (False, True)
    assert by_country["in"].spread.median == pytest.approx(6.0)
    assert (by_country["in"].is_below, by_country["in"].has_some_below) == (False, False)


def test_a_break_is_no_work(annotator, study):
    task(annotator, study, compared=2, seconds=60 * 60 * 9)
    owed(annotator)
    assert PayEntry.objects.get(reason="conversation").seconds == 15 * 60


def test_length_and_pay_of_the_whole_are_known_before():
    panel = paid_panel()
    study = StudyFactory(panel=panel, asks={"tasks_per_annotator": 10})
    PromptFactory.create_batch(2, study=study, role="practice", expected_slot=0)
    found = pay.offered(study)
    assert (found.amount, found.minutes) == (Decimal("6.95"), 2 + 40 + 2 + 2)
    assert found.hourly == Decimal("9.07")


def test_a_study_that_pays_below_the_floor_cannot_be_opened():
    floor = {"hourly": 8, "per": "country", "of": {"us": 9.5, "in": 4}}
    study = StudyFactory(panel=paid_panel({**PAY, "floor": floor}), state="draft", asks={"prompts": {"own_share": 0.5}})
    with pytest.raises(studies.NotPossible, match=r"the floor for us is 9\.50"):
        studies.open_study(study=study, now=NOW)
    assert Study.objects.get().state == "draft"


def test_a_study_that_pays_the_floor_can_be_opened():
    study = StudyFactory(
        panel=paid_panel({**PAY, "floor": {"hourly": 8}}), state="draft", asks={"prompts": {"own_share": 0.5}}
    )
    studies.open_study(study=study, now=NOW)
    assert Study.objects.get().state == "open"


# ---- the terms -------------------------------------------------------------------------------------------------------
def test_what_people_were_promised_may_rise_and_not_fall():
    old = PayPart.model_validate(PAY)
    assert fallen(old, PayPart.model_validate({**PAY, "conversation": 0.70})) == []
    assert fallen(old, PayPart.model_validate({**PAY, "minute": 0.10})) == ["minute"]
    assert fallen(old, PayPart.model_validate({**PAY, "currency": "EUR"})) == ["currency"]
    assert fallen(old, None) == ["pay"]
    assert fallen(None, old) == []


def test_amounts_are_exact():
    terms = PayPart.model_validate({**PAY, "conversation": "0.10"})
    assert offer(terms, conversations=3, last_questions=False).amount == Decimal("0.60")


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "pounds"},
        {"conversation": 0},
        {"minute": -1},
        {"survey": 0.001},
        {"floor": {"hourly": 5, "per": "shoe-size", "of": {"44": 6}}},
        {"floor": {"hourly": 5, "per": "country", "of": {"atlantis": 6}}},
        {"floor": {"hourly": 5, "per": "children", "of": {"2": 6}}},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        paid_panel({**PAY, **wrong})
