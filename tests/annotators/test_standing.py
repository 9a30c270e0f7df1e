"""Machines flag or pause; whoever ends a person's part is a person, says why, and can be answered."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotators import enrolment, qualification, standing
from annotators.models import Annotator, Appeal, StandingChange
from tests.concurrency import Meeting, at_once
from tests.factories import AnnotatorFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def checked(annotator, *outcomes, kind="attention"):
    for passed in outcomes:
        qualification.record(annotator=annotator, kind=kind, passed=passed, now=timezone.now())


def attention(annotator, flag_after=1, pause_after=2):
    standing.judge_attention(annotator=annotator, flag_after=flag_after, pause_after=pause_after, now=timezone.now())


def noted(annotator):
    return list(annotator.standing_changes.order_by("pk").values_list("kind", "rule"))


@pytest.fixture
def annotator():
    return AnnotatorFactory()


@pytest.fixture
def researcher():
    return UserFactory()


def test_misses_flag_and_then_pause_each_once(annotator):
    checked(annotator, True, False)
    attention(annotator)
    assert noted(annotator) == [("flagged", "attention")]
    assert annotator.standing == "active"
    checked(annotator, False, False)
    attention(annotator)
    attention(annotator)
    assert noted(annotator) == [("flagged", "attention"), ("paused", "attention")]
    assert Annotator.objects.get().standing == "paused"
    assert annotator.standing_changes.last().numbers == {"missed": 3, "of": 4}


def test_without_rules_nothing_follows(annotator):
    checked(annotator, *[False] * 20)
    attention(annotator, flag_after=None, pause_after=None)
    standing.judge_repeats(annotator=annotator, flag_below=None, now=NOW)
    assert noted(annotator) == []


def test_a_researcher_who_lets_somebody_go_on_sets_the_count_to_nothing(annotator, researcher):
    checked(annotator, False, False)
    attention(annotator)
    standing.resume(annotator=annotator, by=researcher, now=timezone.now())
    annotator.refresh_from_db()
    assert annotator.standing == "active"
    checked(annotator, False)
    attention(annotator)
    assert Annotator.objects.get().standing == "active"
    checked(annotator, False)
    attention(annotator)
    assert Annotator.objects.get().standing == "paused"


def test_other_choices_when_asked_again_flag_and_never_pause(annotator):
    checked(annotator, True, False, False, False, kind="repeat")
    standing.judge_repeats(annotator=annotator, flag_below=0.5, now=NOW)
    assert noted(annotator) == [], "four repeats are too few to say anything"
    checked(annotator, False, kind="repeat")
    standing.judge_repeats(annotator=annotator, flag_below=0.5, now=NOW)
    assert noted(annotator) == [("flagged", "repeat")]
    assert Annotator.objects.get().standing == "active"


def test_whoever_stops_a_person_says_why(annotator, researcher):
    for step in (standing.pause, standing.end):
        with pytest.raises(standing.ReasonMissing):
            step(annotator=annotator, by=researcher, reason="  ", now=NOW)
    assert Annotator.objects.get().standing == "active"


def test_an_end_takes_a_researcher_and_a_reason_also_for_the_database(annotator, researcher):
    row = {"annotator": annotator, "kind": "ended"}
    with pytest.raises(IntegrityError, match="machines_flag_or_pause"), transaction.atomic():
        StandingChange.objects.create(**row, rule="attention", reason="Too many.")
    with pytest.raises(IntegrityError, match="who_stops_a_person_says_why"), transaction.atomic():
        StandingChange.objects.create(**row, by=researcher)
    with pytest.raises(IntegrityError, match="a_rule_or_a_researcher_decides"), transaction.atomic():
        StandingChange.objects.create(**row, reason="Nobody.")


def test_an_ended_person_can_be_let_go_on_and_a_withdrawn_one_cannot(annotator, researcher):
    standing.end(annotator=annotator, by=researcher, reason="Copied texts.", now=NOW)
    with pytest.raises(standing.NotPossible):
        standing.pause(annotator=annotator, by=researcher, reason="Once more.", now=NOW)
    standing.resume(annotator=annotator, by=researcher, now=NOW)
    enrolment.withdraw(annotator=Annotator.objects.get(), now=NOW)
    with pytest.raises(standing.NotPossible):
        standing.resume(annotator=annotator, by=researcher, now=NOW)
    assert Annotator.objects.get().standing == "withdrawn"


def test_a_rule_does_not_bring_back_or_stop_who_is_ended(annotator, researcher):
    standing.end(annotator=annotator, by=researcher, reason="Copied texts.", now=NOW)
    annotator.refresh_from_db()
    checked(annotator, False, False)
    attention(annotator)
    assert Annotator.objects.get().standing == "ended"


# ---- the appeal ------------------------------------------------------------------------------------------------------
def test_who_is_stopped_can_appeal_and_is_answered(annotator, researcher):
    with pytest.raises(standing.NotPossible):
        standing.appeal(annotator=annotator, text="Why me?", now=NOW)
    standing.pause(annotator=annotator, by=researcher, reason="We look at something.", now=NOW)
    standing.appeal(annotator=annotator, text="The check was in English.", now=NOW)
    standing.appeal(annotator=annotator, text="The check was in English only.", now=NOW)
    assert Appeal.objects.get().text == "The check was in English only."
    standing.answer_appeal(annotator=annotator, by=researcher, answer="You are right.", now=NOW)
    assert Appeal.objects.get().answer == "You are right."
    with pytest.raises(standing.NotPossible):
        standing.answer_appeal(annotator=annotator, by=researcher, answer="Once more.", now=NOW)


def test_what_somebody_wrote_to_appeal_goes_when_they_withdraw(annotator, researcher):
    standing.pause(annotator=annotator, by=researcher, reason="We look at something.", now=NOW)
    standing.appeal(annotator=annotator, text="I am Asha from Pune.", now=NOW)
    enrolment.withdraw(annotator=annotator, now=NOW)
    assert Appeal.objects.get().text == ""


@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_appeal():
    annotator, researcher = AnnotatorFactory(), UserFactory()
    standing.pause(annotator=annotator, by=researcher, reason="We look at something.", now=NOW)
    found = at_once(*[lambda: standing.appeal(annotator=annotator, text="Why?", now=NOW)] * 4)
    assert len({appeal.pk for appeal in found}) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_researchers_who_end_a_part_at_once_the_second_finds_it_done(monkeypatch):
    annotator, one, two = AnnotatorFactory(), UserFactory(), UserFactory()
    Meeting(monkeypatch).before(standing, "_move")
    found = at_once(
        lambda: standing.end(annotator=annotator, by=one, reason="Copied texts.", now=NOW),
        lambda: standing.end(annotator=annotator, by=two, reason="Copied texts.", now=NOW),
    )
    assert sorted(type(each).__name__ for each in found) == ["NoneType", "NotPossible"]
    assert noted(annotator) == [("ended", "")]
