"""Skipping, reporting, the end, what concerns oneself, withdrawing."""

import pytest
from django.test import Client
from django.urls import reverse

from annotators import enrolment
from annotators.models import Annotator
from collection.models import Comparison, Item, Report, Task
from tests.factories import (
    AnnotatorFactory,
    ComparisonFactory,
    ItemFactory,
    PanelFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

AFTER = [{"key": "work", "text": {"en": "What is your work?"}, "kind": "text", "asked": "after"}]


@pytest.fixture
def turn():
    return TurnFactory(order=[3, 1, 0, 2])


@pytest.fixture
def client(turn):
    return client_of(turn.task.annotator)


def text_of(response):
    return response.content.decode()


# ---- skipping and reporting ------------------------------------------------------------------------------------------
def test_a_task_is_skipped_with_its_reason(client, turn):
    address = reverse("skip_task", args=[turn.task_id])
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 422
    assert client.post(address, {"reason": "topic"}).url == reverse("tasks")
    task = Task.objects.get()
    assert (task.state, task.left_because) == ("abandoned", "topic")
    assert "You have left that conversation." in text_of(client.get(reverse("tasks")))


def test_a_task_that_is_over_is_not_skipped(client, turn):
    Task.objects.update(state="completed")
    response = client.post(reverse("skip_task", args=[turn.task_id]), {"reason": "topic"})
    assert response.url == reverse("task", args=[turn.task_id])
    assert Task.objects.get().state == "completed"


def test_a_report_is_about_the_candidate_in_that_place_and_keeps_the_item_from_others(client, turn):
    address = reverse("report_candidate", args=[turn.pk, 0])
    assert "Show answer A" in text_of(client.get(address))
    assert client.post(address, {"reason": "Insulting <b>words</b>"}).url == reverse("tasks")
    report = Report.objects.get()
    assert (report.candidate.slot, report.reason) == (3, "Insulting <b>words</b>")
    assert Item.objects.get().frozen_at is not None
    assert report.candidate.text not in text_of(client.get(reverse("task", args=[turn.task_id])))


def test_a_report_needs_no_reason(client, turn):
    client.post(reverse("report_candidate", args=[turn.pk, 2]))
    assert Report.objects.get().candidate.slot == 0


def test_there_is_no_fifth_place_to_report(client, turn):
    assert client.get(reverse("report_candidate", args=[turn.pk, 4])).status_code == 404


# ---- the end ---------------------------------------------------------------------------------------------------------
def study_of_one(survey=(), **asks):
    panel = PanelFactory(survey=list(survey))
    return StudyFactory(panel=panel, asks={"tasks_per_annotator": 1, "turns": {"maximum": 1}, **asks})


def finish(study):
    task = TaskFactory(study=study, state="completed")
    ComparisonFactory(turn=TurnFactory(task=task))
    return task.annotator


def test_the_code_is_shown_when_all_is_done():
    client = client_of(finish(study_of_one()))
    assert client.get(reverse("tasks")).url == reverse("finished")
    assert "C0FFEE" in text_of(client.get(reverse("finished")))


def test_the_last_questions_come_before_the_code():
    annotator = finish(study_of_one(AFTER))
    client = client_of(annotator)
    assert client.get(reverse("finished")).url == reverse("last_questions")
    assert "What is your work?" in text_of(client.get(reverse("last_questions")))
    client.post(reverse("last_questions"), {"work": "Baker"})
    assert client.get(reverse("last_questions")).url == reverse("finished")
    assert "C0FFEE" in text_of(client.get(reverse("finished")))
    assert annotator.answers()["work"] == "Baker"


@pytest.mark.parametrize("page", ["finished", "last_questions"])
def test_the_end_is_not_reached_by_its_address(page):
    item = ItemFactory(study=study_of_one(AFTER))
    client = client_of(AnnotatorFactory(panel=item.study.panel))
    assert client.get(reverse(page)).url == reverse("tasks")
    assert not Task.objects.exists()


def test_who_has_done_nothing_gets_no_code():
    study = study_of_one()
    page = text_of(client_of(AnnotatorFactory(panel=study.panel)).get(reverse("finished")))
    assert "C0FFEE" not in page
    assert "Nothing to do right now" in page


def test_a_study_that_pauses_gives_no_code_to_who_is_in_the_middle():
    study = study_of_one(tasks_per_annotator=2)
    client = client_of(finish(study))
    study.state = "paused"
    study.save()
    assert "C0FFEE" not in text_of(client.get(reverse("finished")))


# ---- what concerns oneself -------------------------------------------------------------------------------------------
def test_the_page_about_oneself_has_the_consent_text_and_whom_to_ask(client, turn):
    page = text_of(client.get(reverse("about_you")))
    assert "You may stop at any time." in page
    assert "mailto:study@example.org" in page
    assert turn.task.annotator.pseudonym in page


def test_withdrawing_takes_two_steps(client, turn):
    ComparisonFactory(turn=turn)
    assert client.post(reverse("withdraw")).status_code == 422
    assert Annotator.objects.get().standing == "active"
    assert client.post(reverse("withdraw"), {"erase": "yes", "sure": "on"}).url == reverse("withdrawn")
    assert Annotator.objects.get().standing == "withdrawn"
    assert Comparison.objects.get().explanation == ""
    assert "You have withdrawn" in text_of(client.get(reverse("withdrawn")))
    assert client.get(reverse("tasks")).url == reverse("way_in")


def test_what_was_done_can_be_kept(client, turn):
    ComparisonFactory(turn=turn)
    assert client.post(reverse("withdraw"), {"erase": "no", "sure": "on"}).url == reverse("stopped")
    assert Annotator.objects.get().standing == "left"
    assert Comparison.objects.get().explanation != ""
    assert "is kept as you agreed to it" in text_of(client.get(reverse("stopped")))
    assert client.get(reverse("tasks")).url == reverse("way_in")


def test_the_link_for_withdrawing_needs_no_password_and_no_way_in(turn):
    token = enrolment.new_return_link(annotator=turn.task.annotator)
    stranger, address = Client(), reverse("withdraw_by_link", args=[token])
    assert turn.task.annotator.pseudonym in text_of(stranger.get(address))
    assert Annotator.objects.get().standing == "active"
    assert stranger.post(address, {"erase": "no", "sure": "on"}).url == reverse("stopped")
    assert stranger.get(reverse("return_link", args=[token])).status_code == 404
    assert stranger.post(address, {"erase": "yes", "sure": "on"}).url == reverse("withdrawn")
    assert Annotator.objects.get().standing == "withdrawn"
    assert stranger.get(address).status_code == 404


def test_the_link_for_withdrawing_is_given_with_the_return_link(turn):
    token = enrolment.new_return_link(annotator=turn.task.annotator)
    client = client_of(turn.task.annotator)
    client.cookies["return_link"] = token
    assert reverse("withdraw_by_link", args=[token]) in text_of(client.get(reverse("your_link")))


# ---- by a researcher -------------------------------------------------------------------------------------------------
@pytest.fixture
def researcher(turn):
    client = Client()
    user = UserFactory()
    turn.task.study.researchers.add(user)
    client.force_login(user)
    return client


@pytest.mark.parametrize(("erase", "standing"), [("yes", "withdrawn"), ("no", "left")])
def test_a_researcher_lets_somebody_leave_who_wrote_to_them(researcher, turn, erase, standing):
    address = reverse("person_leaves", args=[turn.task.study.slug])
    name = f" {turn.task.annotator.pseudonym.upper()} "
    assert researcher.post(address, {"pseudonym": name, "erase": erase}).status_code == 422
    assert Annotator.objects.get().standing == "active"
    response = researcher.post(address, {"pseudonym": name, "erase": erase, "sure": "on"}, follow=True)
    assert Annotator.objects.get().standing == standing
    assert turn.task.annotator.pseudonym in text_of(response)


def test_a_researcher_lets_nobody_leave_from_a_panel_of_others(researcher, turn):
    stranger = AnnotatorFactory()
    address = reverse("person_leaves", args=[turn.task.study.slug])
    yes = {"pseudonym": stranger.pseudonym, "erase": "yes", "sure": "on"}
    assert researcher.post(address, yes).status_code == 422
    other = Client()
    other.force_login(UserFactory())
    assert other.post(address, yes).status_code == 404
    stranger.refresh_from_db()
    assert stranger.standing == "active"


def test_after_withdrawing_the_return_link_leads_nowhere(client, turn):
    token = enrolment.new_return_link(annotator=turn.task.annotator)
    client.post(reverse("withdraw"), {"erase": "yes", "sure": "on"})
    assert client.get(reverse("return_link", args=[token])).status_code == 404
