"""A panel recruits so many people of each stratum, and not one more."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment, recruiting
from annotators.models import Annotator, Quota
from annotators.panel_file import PanelPart, QuotaPart
from tests.concurrency import at_once
from tests.factories import AnnotatorFactory, PanelFactory
from tests.signed_in import client_of

NOW = timezone.now()
LATER = NOW + timedelta(hours=2)


def panel_with(*quotas, **part):
    panel = PanelFactory()
    definition = {**panel.definition, "screened_out": {"code": "FULL-1", "pay": "0.50 GBP"}, **part}
    type(panel).objects.filter(pk=panel.pk).update(definition=definition)
    panel.refresh_from_db()
    parts = [QuotaPart(where=where, wanted=wanted, rule=rule) for where, wanted, rule in quotas]
    recruiting.set_quotas(panel=panel, parts=parts)
    return panel


def person(panel, **answers):
    annotator = AnnotatorFactory(panel=panel)
    annotator.survey_answers.all().delete()
    said = {"country": "us", "age": "18-34", "gender": "female", **answers}
    enrolment.answer(annotator=annotator, answers={k: v for k, v in said.items() if asked(panel, k)}, now=NOW)
    return annotator


def asked(panel, key):
    return key in {question.key for question in panel.survey.questions}


def admitted(annotator, now=NOW):
    try:
        recruiting.admit(annotator=annotator, now=now)
    except recruiting.ScreenedOut:
        return False
    return True


def taken(panel):
    return dict(Quota.objects.filter(panel=panel).values_list("key", "taken"))


@pytest.mark.django_db
def test_a_panel_without_quotas_has_a_place_for_everybody():
    annotator = person(panel_with())
    assert admitted(annotator)
    annotator.refresh_from_db()
    assert recruiting.has_place(annotator, now=LATER)


@pytest.mark.django_db
def test_whoever_comes_after_the_last_place_is_screened_out_and_forgotten():
    panel = panel_with(({"country": "us"}, 1, "exactly"))
    assert admitted(person(panel))
    late = person(panel)

    assert not admitted(late)

    late.refresh_from_db()
    assert late.standing == "screened-out"
    assert not late.survey_answers.exists()
    quota = Quota.objects.get()
    assert (quota.taken, quota.turned_away) == (1, 1)


@pytest.mark.django_db
def test_asking_again_takes_no_second_place():
    panel = panel_with(({"country": "us"}, 2, "exactly"))
    annotator = person(panel)
    assert admitted(annotator)
    assert admitted(annotator)
    assert taken(panel) == {"country=us": 1}


@pytest.mark.django_db
def test_at_least_is_never_full():
    panel = panel_with(({"country": "us"}, 1, "at-least"))
    assert [admitted(person(panel)) for _ in range(3)] == [True] * 3
    assert taken(panel) == {"country=us": 3}


@pytest.mark.django_db
def test_marginal_quotas_take_a_place_in_each_family_or_in_none():
    panel = panel_with(
        ({"country": "us"}, 5, "at-most"), ({"gender": "female"}, 1, "at-most"), ({"gender": "male"}, 1, "at-most")
    )
    assert admitted(person(panel))
    assert not admitted(person(panel))
    assert admitted(person(panel, gender="male"))
    assert taken(panel) == {"country=us": 2, "gender=female": 1, "gender=male": 1}


@pytest.mark.django_db
def test_interlocked_quotas_are_cells():
    panel = panel_with(
        ({"country": "us", "gender": "female"}, 1, "exactly"), ({"country": "us", "gender": "male"}, 1, "exactly")
    )
    assert [admitted(person(panel, gender=gender)) for gender in ["female", "female", "male"]] == [True, False, True]


@pytest.mark.django_db
def test_who_belongs_to_no_stratum_that_is_wanted_is_screened_out():
    panel = panel_with(({"country": "us"}, 5, "exactly"))
    assert not admitted(person(panel, country="fr"))
    assert taken(panel) == {"country=us": 0}


@pytest.mark.django_db
def test_a_place_is_kept_until_its_hold_runs_out_and_then_goes_to_who_comes():
    panel = panel_with(({"country": "us"}, 1, "exactly"), hold_minutes=30)
    first, second = person(panel), person(panel)
    assert admitted(first)
    assert admitted(second, now=NOW + timedelta(minutes=31))
    assert not admitted(first, now=NOW + timedelta(minutes=32))
    assert taken(panel) == {"country=us": 1}


@pytest.mark.django_db
def test_who_comes_back_late_keeps_a_place_that_nobody_wanted():
    panel = panel_with(({"country": "us"}, 1, "exactly"))
    annotator = person(panel)
    admitted(annotator)
    assert admitted(annotator, now=LATER)
    assert taken(panel) == {"country=us": 1}


@pytest.mark.django_db
def test_who_has_begun_keeps_their_place_for_good():
    panel = panel_with(({"country": "us"}, 1, "exactly"))
    annotator = person(panel)
    admitted(annotator)
    recruiting.begin(annotator=annotator)
    assert recruiting.free_expired(now=LATER) == 0
    assert not admitted(person(panel), now=LATER)


@pytest.mark.django_db
def test_who_withdraws_gives_their_place_back():
    panel = panel_with(({"country": "us"}, 1, "exactly"))
    annotator = person(panel)
    admitted(annotator)
    enrolment.withdraw(annotator=annotator, now=NOW)
    assert admitted(person(panel))


@pytest.mark.django_db(transaction=True)
def test_of_64_who_come_in_the_same_second_for_five_places_exactly_five_get_in():
    panel = panel_with(({"country": "us"}, 5, "exactly"), ({"gender": "female"}, 60, "at-most"))
    people = [person(panel) for _ in range(64)]

    got_in = sum(at_once(*(lambda one=one: admitted(one) for one in people)))

    assert got_in == 5
    assert taken(panel) == {"country=us": 5, "gender=female": 5}
    assert Annotator.objects.filter(standing="screened-out").count() == 59
    assert Quota.objects.get(key="country=us").turned_away == 59


@pytest.mark.django_db
def test_the_database_lets_no_quota_be_exceeded():
    panel_with(({"country": "us"}, 1, "exactly"))
    with pytest.raises(IntegrityError, match="a_quota_is_never_exceeded"), transaction.atomic():
        Quota.objects.update(taken=2)


# ---- the file --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_quota_is_raised_and_not_lowered_below_those_who_are_in():
    panel = panel_with(({"country": "us"}, 2, "exactly"))
    for _ in range(2):
        admitted(person(panel))
    recruiting.set_quotas(panel=panel, parts=[QuotaPart(where={"country": "us"}, wanted=3)])
    for parts in [[QuotaPart(where={"country": "us"}, wanted=1)], []]:
        with pytest.raises(recruiting.BelowTaken, match="country=us"):
            recruiting.set_quotas(panel=panel, parts=parts)
    assert Quota.objects.get().wanted == 3


@pytest.mark.parametrize(
    ("quotas", "says"),
    [
        ([{"where": {"country": "atlantis"}, "wanted": 1}], "nobody can answer before the first task"),
        ([{"where": {"shoes": "us"}, "wanted": 1}], "nobody can answer before the first task"),
        ([{"where": {"country": "us"}, "wanted": 1}, {"where": {"country": "us"}, "wanted": 2}], "has two quotas"),
    ],
)
def test_quotas_are_about_what_is_asked_first(quotas, says):
    survey = [{"key": "country", "text": {"en": "Where?"}, "options": [{"key": "us", "text": {"en": "US"}}]}]
    consent = {"version": "1", "texts": {"en": "You agree."}}
    with pytest.raises(ValueError, match=says):
        PanelPart.model_validate({"slug": "p", "name": "P", "consent": consent, "survey": survey, "quotas": quotas})


# ---- the page --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_page_thanks_says_the_pay_and_gives_the_code():
    panel = panel_with(({"country": "us"}, 0, "exactly"))
    annotator = person(panel)
    client = client_of(annotator)
    assert not admitted(annotator)
    page = client.get(reverse("screened_out")).content.decode()
    assert "FULL-1" in page
    assert "0.50 GBP" in page
    assert client.get(reverse("way_in")).url == reverse("screened_out")
