"""The part of a study's page about its candidate sets: how far they are, why some failed, and what can be done."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from collection import writing_ahead
from collection.models import Study
from sampling.models import Batch, CandidateSet
from sampling.reasons import REASONS
from sampling.recipe_document import IMPORTED
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, UserFactory

PAGE = "/studies/everyday/"
PART = "/studies/everyday/candidate-sets/"
WRITE = "/studies/everyday/candidate-sets/write/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def researcher(db, client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def study(researcher):
    return StudyFactory(slug="everyday", state=Study.State.DRAFT, researchers=[researcher])


def failed(study, reason, **fields):
    recipe = study.version.first_recipe
    return ItemFactory(
        study=study, candidate_set=CandidateSetFactory(failed=True, failure=reason, recipe=recipe, **fields)
    )


def part_of(response):
    """The text of the part, without tags."""
    html = response.content.decode()
    shown = html[html.index('id="writing"') :] if 'id="writing"' in html else ""
    return " ".join(re.sub("<[^>]*>", " ", shown).split())


# ---- what it says ----------------------------------------------------------------------------------------------------
def test_it_says_how_many_prompts_have_their_answers_and_what_becomes_of_the_others(client, study):
    ItemFactory(study=study, candidate_set=None)
    ItemFactory(study=study)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    ItemFactory(study=study, candidate_set=CandidateSetFactory(generating=True))
    failed(study, "unfit")
    said = part_of(client.get(PAGE))
    assert "1 of 5 prompts have their answers. 1 being written 1 waiting 1 failed 1 not asked for" in said


def test_it_says_how_fast_it_goes_and_how_long_it_takes(client, study):
    begun = timezone.now() - timedelta(minutes=2)
    for _ in range(4):
        failed(study, "unfit", claimed_at=begun, finished_at=timezone.now() - timedelta(seconds=1))
    for _ in range(15):
        ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    said = part_of(client.get(PAGE))
    assert "Sets per minute: 2.0. About 8 minutes left." in said


def test_a_study_without_prompts_has_no_such_part(client, study):
    assert 'id="candidate-sets"' not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_said_in_a_sentence(client, study, reason):
    failed(study, reason, failure_detail="<b>detail</b>")
    html = client.get(PAGE).content.decode()
    assert f"1 set: {REASONS[reason]}".replace("'", "&#x27;") in html
    assert "<b>detail</b>" not in html
    assert f'name="reason" value="{reason}"' in html


def test_where_answers_come_ready_it_says_what_to_do_about_prompts_without(client, researcher):
    imported = {"recipes": {"first": IMPORTED.canonical()}}
    study = StudyFactory(slug="everyday", researchers=[researcher], asks=imported)
    ItemFactory(study=study, candidate_set=None)
    said = part_of(client.get(PAGE))
    assert "load these prompts again with theirs" in said
    assert "written" not in said


def test_a_closed_study_offers_nothing(client, study):
    failed(study, "unfit")
    ItemFactory(study=study, candidate_set=None)
    study.state = Study.State.CLOSED
    study.save()
    html = client.get(PAGE).content.decode()
    assert WRITE not in html
    assert "Why sets failed" in html


# ---- what can be done ------------------------------------------------------------------------------------------------
def test_the_button_asks_for_what_is_missing_and_works_without_a_script(client, study):
    ItemFactory(study=study, candidate_set=None)
    response = client.post(WRITE, {"act": "ask"}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert CandidateSet.objects.get().status == "requested"
    assert "1 waiting" in part_of(response)


def test_a_click_through_a_script_gets_the_part_alone(client, study):
    ItemFactory(study=study, candidate_set=None)
    response = client.post(WRITE, {"act": "ask"}, **HTMX)
    html = response.content.decode()
    assert html.lstrip().startswith('<div id="writing"')
    assert 'hx-swap-oob="innerHTML"' in html


def test_it_is_paused_and_goes_on(client, study):
    ItemFactory(study=study, candidate_set=None)
    writing_ahead.ask(study=study, now=timezone.now())
    assert "Pause the writing" in part_of(client.get(PAGE))
    client.post(WRITE, {"act": "pause"})
    assert Batch.objects.get().paused_at is not None
    page = client.get(PAGE)
    assert "Go on writing" in part_of(page)
    # Nothing changes by itself, so the page does not look again.
    assert "hx-get" not in page.content.decode().partition('id="writing"')[2].partition(">")[0]
    client.post(WRITE, {"act": "resume"})
    assert Batch.objects.get().paused_at is None


def test_failed_sets_are_asked_for_again_by_reason(client, study):
    failed(study, "unfit")
    failed(study, "too-slow")
    client.post(WRITE, {"act": "ask-again", "reason": "too-slow"})
    assert sorted(CandidateSet.objects.values_list("status", "failure")) == [("failed", "unfit"), ("requested", "")]


def test_what_the_state_of_the_study_forbids_is_told(client, study):
    ItemFactory(study=study, candidate_set=None)
    study.state = Study.State.CLOSED
    study.save()
    assert "The study is closed" in client.post(WRITE, {"act": "ask"}, follow=True).content.decode()
    assert "The study is closed" in part_of(client.post(WRITE, {"act": "ask"}, **HTMX))
    assert not CandidateSet.objects.exists()


def test_other_words_than_those_of_the_buttons_do_nothing(client, study):
    ItemFactory(study=study, candidate_set=None)
    assert client.post(WRITE, {"act": "burn"}).status_code == 302
    assert not CandidateSet.objects.exists()


# ---- looking again ---------------------------------------------------------------------------------------------------
def test_it_looks_again_only_while_something_is_written(client, study):
    ItemFactory(study=study)
    assert 'hx-get="/studies/everyday/candidate-sets/' not in client.get(PAGE).content.decode()
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    assert 'hx-get="/studies/everyday/candidate-sets/' in client.get(PAGE).content.decode()


def test_what_is_still_as_it_was_is_not_sent_again_and_the_state_only_when_it_is_another(client, study):
    item = ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    html = client.get(PART, **HTMX).content.decode()
    seen = re.search(r"\?seen=(\w+)&amp;state=writing", html)[1]
    assert client.get(f"{PART}?seen={seen}&state=writing", **HTMX).status_code == 204
    CandidateSetFactory(requested=True)
    CandidateSet.objects.filter(pk=item.candidate_set_id).update(status="failed", failure="unfit")
    changed = client.get(f"{PART}?seen={seen}&state=writing", **HTMX).content.decode()
    assert "some failed" in changed
    assert 'role="status"' not in client.get(f"{PART}?seen={seen}&state=failed", **HTMX).content.decode()


def test_without_a_script_its_address_leads_to_the_page(client, study):
    assert client.get(PART).headers["Location"] == PAGE


def test_the_number_of_queries_does_not_grow_with_the_study(client, study, django_assert_num_queries):
    for number in range(5):
        failed(study, f"reason-{number}", failure_detail=f"detail {number}")
        ItemFactory(study=study, candidate_set=None)
    # The session, the person and the study; then what the part counts.
    with django_assert_num_queries(8):
        client.get(PART, **HTMX)


# ---- whose it is -----------------------------------------------------------------------------------------------------
def test_it_is_there_for_the_researchers_of_the_study_alone(client, study):
    ItemFactory(study=study, candidate_set=None)
    client.force_login(UserFactory())
    assert client.get(PART, **HTMX).status_code == 404
    assert client.post(WRITE, {"act": "ask"}).status_code == 404
    client.logout()
    assert client.post(WRITE, {"act": "ask"}).headers["Location"].startswith("/sign-in/")
    assert not CandidateSet.objects.exists()
