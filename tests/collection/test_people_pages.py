"""Researchers see who works in their panel, facts with numbers, and decide about people."""

import pytest
from django.utils import timezone

from annotators import qualification, standing
from annotators.models import Annotator
from collection import withdrawal
from tests.factories import AnnotatorFactory, ComparisonFactory, StudyFactory, TaskFactory, TurnFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def researcher():
    return UserFactory(username="ada")


@pytest.fixture
def study(researcher):
    return StudyFactory(researchers=[researcher])


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(panel=study.panel, language="hi")


@pytest.fixture
def page(client, researcher, study):
    client.force_login(researcher)

    def get(address=""):
        return client.get(f"/studies/{study.slug}/people/{address}")

    get.post = lambda person, **sent: client.post(f"/studies/{study.slug}/people/{person.pseudonym}/", sent)
    return get


def missed(annotator, number, *, pause_after=2):
    for _each in range(number):
        qualification.record(annotator=annotator, kind="attention", passed=False, now=timezone.now())
    standing.judge_attention(annotator=annotator, flag_after=1, pause_after=pause_after, now=timezone.now())


def test_the_table_shows_standing_and_counts(page, annotator):
    missed(annotator, 3)
    text = page().content.decode()
    assert annotator.pseudonym in text
    assert "3 of 3" in text
    assert "paused" in text
    assert "attention checks missed" in text


def test_who_wrote_to_the_researchers_stands_first(page, study, annotator, researcher):
    standing.pause(annotator=annotator, by=researcher, reason="We look.", now=NOW)
    standing.appeal(annotator=annotator, text="मैंने ध्यान से पढ़ा था।", now=NOW)
    AnnotatorFactory.create_batch(3, panel=study.panel)
    response = page()
    assert response.context["rows"][0].annotator == annotator
    assert "has written to you" in response.content.decode()
    assert "मैंने ध्यान से पढ़ा था।" in page(f"{annotator.pseudonym}/").content.decode()


def test_the_number_of_queries_does_not_grow_with_people(page, study, annotator, django_assert_max_num_queries):
    AnnotatorFactory.create_batch(20, panel=study.panel)
    with django_assert_max_num_queries(15):
        page()


def test_other_researchers_and_strangers_see_nothing(client, study, annotator):
    assert client.get(f"/studies/{study.slug}/people/").status_code == 302
    client.force_login(UserFactory())
    assert client.get(f"/studies/{study.slug}/people/").status_code == 404
    assert client.post(f"/studies/{study.slug}/people/{annotator.pseudonym}/", {"step": "resume"}).status_code == 404


def test_people_of_another_panel_are_not_found(page):
    assert page(f"{AnnotatorFactory().pseudonym}/").status_code == 404


def test_a_person_is_paused_let_go_on_and_ended_with_a_reason(page, annotator):
    assert page.post(annotator, step="pause", reason="").status_code == 422
    page.post(annotator, step="pause", reason="हम कुछ देख रहे हैं।")
    assert Annotator.objects.get().standing == "paused"
    page.post(annotator, step="resume")
    assert Annotator.objects.get().standing == "active"
    assert page.post(annotator, step="end", reason=" ").status_code == 422
    page.post(annotator, step="end", reason="आपने नकल की।")
    assert Annotator.objects.get().standing == "ended"
    assert annotator.standing_changes.get(kind="ended").by.username == "ada"
    assert "आपने नकल की।" in page(f"{annotator.pseudonym}/").content.decode()


def test_the_language_in_which_to_give_the_reason_is_named(page, annotator):
    assert "in their language (Hindi)" in page(f"{annotator.pseudonym}/").content.decode()


def test_the_studys_page_says_who_waits_for_a_researcher(page, client, study, annotator, researcher):
    standing.pause(annotator=annotator, by=researcher, reason="We look.", now=NOW)
    standing.appeal(annotator=annotator, text="Why?", now=NOW)
    text = client.get(f"/studies/{study.slug}/").content.decode()
    assert "1 person has written to you" in text
    assert "1 person is paused" in text
    standing.answer_appeal(annotator=annotator, by=researcher, answer="So.", now=NOW)
    standing.resume(annotator=annotator, by=researcher, now=NOW)
    text = client.get(f"/studies/{study.slug}/").content.decode()
    assert "written to you" not in text
    assert "paused" not in text


def test_about_who_has_left_there_is_nothing_to_decide(page, annotator):
    withdrawal.stop(annotator=annotator, now=NOW)
    text = page(f"{annotator.pseudonym}/").content.decode()
    assert "They have left. There is nothing to decide any more." in text
    assert 'name="step"' not in text


def test_an_appeal_is_answered_on_the_page(page, annotator, researcher):
    standing.pause(annotator=annotator, by=researcher, reason="We look.", now=NOW)
    standing.appeal(annotator=annotator, text="Why?", now=NOW)
    page.post(annotator, step="answer", reason="Because of a fault of ours.")
    assert annotator.appeals.get().answer == "Because of a fault of ours."
    assert Annotator.objects.get().standing == "paused"


def test_a_step_that_comes_too_late_is_refused(page, annotator, researcher):
    page.post(annotator, step="end", reason="Copied.")
    response = page.post(annotator, step="pause", reason="Copied.")
    assert response.status_code == 302
    assert Annotator.objects.get().standing == "ended"


def test_facts_are_shown_with_their_numbers(page, study, annotator):
    for slot in (0, 0, 0, 1):
        task = TaskFactory(study=study, annotator=annotator, state="completed")
        ComparisonFactory(turn=TurnFactory(task=task), slot=slot, explanation="बड़ों से पूछना ठीक लगा।")
    text = " ".join(page(f"{annotator.pseudonym}/").content.decode().split())
    assert "A: 75 % of 4" in text
    assert "<dt>The same place in a row, at most</dt> <dd> 3 </dd>" in text
    assert "<dt>Given more than once, word for word</dt> <dd> 4 </dd>" in text


def test_a_rule_that_hits_one_language_twice_as_often_warns(page, study):
    for language, hit in (("hi", 4), ("en", 1)):
        for number, person in enumerate(AnnotatorFactory.create_batch(8, panel=study.panel, language=language)):
            qualification.record(annotator=person, kind="attention", passed=True, now=NOW)
            if number < hit:
                missed(person, 1)
    (rule,) = page().context["rules"]
    by_name = {rate.stratum: rate for question, rate in rule.rates if question == "Language"}
    assert (by_name["Hindi"].hit, by_name["Hindi"].people) == (4, 8)
    assert by_name["Hindi"].warns
    assert not by_name["English"].warns
    assert "hits some people twice as often" in page().content.decode()


def test_the_rule_on_speed_is_applied_when_a_researcher_asks(client, page, researcher):
    study = StudyFactory(researchers=[researcher], asks={"timing": {"flag_share": 0.5}})
    AnnotatorFactory(panel=study.panel)
    assert "Apply the rule on speed now" not in page().content.decode()
    assert "Apply the rule on speed now" in client.get(f"/studies/{study.slug}/people/").content.decode()
    answer = client.post(f"/studies/{study.slug}/people/look-at-speed/", follow=True)
    assert "0 people were flagged." in answer.content.decode()


def test_strata_are_also_the_answers_before_the_first_task(page, study):
    for country in ("in", "fr"):
        for person in AnnotatorFactory.create_batch(6, panel=study.panel, answers={"country": country}):
            qualification.record(annotator=person, kind="attention", passed=True, now=NOW)
            if country == "in":
                missed(person, 1)
    (rule,) = page().context["rules"]
    warned = [rate.stratum for _question, rate in rule.rates if rate.warns]
    assert warned == ["India"]
