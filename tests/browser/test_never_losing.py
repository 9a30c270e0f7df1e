"""What was sent arrives, once: after a reload, a new sign-in, and a restart of the browser."""

import time

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from annotators.models import Annotator
from annotators.tokens import hashed
from collection.models import Comparison, Draft, Turn
from tests import chromium
from tests.factories import ComparisonFactory, ItemFactory, StudyFactory, TaskFactory, TurnFactory, make_ready
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)

BY_THEIR_LINK = "the-way-back"


@pytest.fixture
def turn():
    return TurnFactory(task=TaskFactory(study=StudyFactory(asks={"turns": {"maximum": 2}})), order=[1, 3, 0, 2])


def open_task(page, live_server, task):
    let_in(page.context, live_server.url, task.annotator)
    page.goto(f"{live_server.url}/tasks/{task.pk}/")


def choose_and_send(page, words):
    page.locator("#choice-0").check()
    page.fill("#id_explanation", words)
    page.locator("form.compare button").click()


def arrived(words):
    made = Comparison.objects.get()
    assert (made.explanation, made.candidate.slot) == (words, 1)


def unsent(page):
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('unsent:'))")


def test_what_was_taken_is_kept_in_the_browser_no_longer(page, live_server, turn):
    open_task(page, live_server, turn.task)
    choose_and_send(page, "On a good day")
    expect(page.locator("#id_message")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(key => /^(unsent|draft):/.test(key))") == []
    assert page.evaluate("Object.keys(sessionStorage).filter(key => /compare/.test(key))") == []


def test_what_was_sent_without_a_connection_is_sent_by_the_next_page(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.context.set_offline(True)
    choose_and_send(page, "In a tunnel")
    expect(page.locator("form .sending")).to_contain_text("No connection")
    page.context.set_offline(False)
    # At once, before the page itself tries again.
    page.reload()
    until = time.monotonic() + 10
    while unsent(page) or not Comparison.objects.exists():
        assert time.monotonic() < until
    arrived("In a tunnel")
    # What was still under way when the page was left may have come after the page that followed was made.
    page.reload()
    expect(page.locator("#id_message")).to_be_visible()


def test_what_arrived_although_no_answer_came_back_is_not_sent_as_another(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.route("**/compare/", lambda route: (route.fetch(), route.abort()))
    choose_and_send(page, "Heard, not answered")
    expect(page.locator("form .sending")).to_contain_text("No connection")
    arrived("Heard, not answered")
    page.unroute_all()
    with page.expect_response("**/compare/") as again:
        page.reload()
    assert again.value.status == 200
    expect(page.locator("#id_message")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    arrived("Heard, not answered")


def test_words_that_came_too_late_after_all_are_given_back(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.route("**/compare/", lambda route: route.abort())
    choose_and_send(page, "The later words")
    expect(page.locator("form .sending")).to_contain_text("No connection")
    ComparisonFactory(turn=turn, explanation="From another device")
    page.unroute_all()
    page.reload()
    expect(page.locator(".notice")).to_contain_text("That answer stands")
    expect(page.locator(".notice")).to_contain_text("The later words")
    assert Comparison.objects.get().explanation == "From another device"


def test_after_the_session_has_expired_the_return_link_sends_it(page, live_server, turn):
    person = turn.task.annotator
    Annotator.objects.filter(pk=person.pk).update(return_token_hash=hashed(BY_THEIR_LINK))
    open_task(page, live_server, turn.task)
    Session.objects.all().delete()
    page.fill("#id_explanation", "Half a thou")
    expect(page.locator("form .sending")).to_contain_text("return link")
    choose_and_send(page, "Signed out meanwhile")
    expect(page.get_by_text("has not arrived yet")).to_be_visible()
    assert not Comparison.objects.exists()
    page.goto(f"{live_server.url}/return/{BY_THEIR_LINK}/")
    expect(page.locator("#id_message")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/tasks/{turn.task_id}/")
    arrived("Signed out meanwhile")


def test_a_restart_of_the_browser_loses_nothing(browser, live_server, turn, tmp_path):
    program = browser.browser_type
    start = {"executable_path": chromium.find(), "args": chromium.ARGUMENTS}
    first = program.launch_persistent_context(tmp_path, **start)
    page = first.new_page()
    open_task(page, live_server, turn.task)
    first.set_offline(True)
    choose_and_send(page, "Before the restart")
    expect(page.locator("form .sending")).to_contain_text("No connection")
    first.close()
    second = program.launch_persistent_context(tmp_path, **start)
    let_in(second, live_server.url, turn.task.annotator)
    page = second.new_page()
    page.goto(f"{live_server.url}/tasks/")
    expect(page.locator("#id_message")).to_be_visible()
    second.close()
    arrived("Before the restart")


def test_a_report_waits_for_the_connection(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.locator(".report-link").first.click()
    page.fill("#id_reason", "It tells how to hurt somebody.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Report it").click()
    expect(page.locator("form .sending")).to_contain_text("No connection")
    expect(page.locator("#id_reason")).to_have_value("It tells how to hurt somebody.")
    page.context.set_offline(False)
    expect(page.get_by_text("Thank you for telling us")).to_be_visible()
    assert turn.reports.get().reason == "It tells how to hurt somebody."


# ---- the network pulled in the middle of each step -------------------------------------------------------------------
def pulled(page, seconds, *, meanwhile):
    """Pull the network, do something, and plug it in again after so many seconds."""
    page.context.set_offline(True)
    meanwhile()
    page.wait_for_timeout(seconds * 1000)
    page.context.set_offline(False)


def through_a_task_with_the_network_pulled(page, live_server, seconds):
    study = StudyFactory(asks={"turns": {"maximum": 3}})
    ItemFactory.create_batch(1, study=study)
    task = TaskFactory(study=study, own=True)
    open_task(page, live_server, task)
    pulled(page, seconds, meanwhile=lambda: page.fill("#id_message", "How should I live?"))
    expect(page.locator("form .sending").first).to_have_text("Saved")
    assert Draft.objects.get().message == "How should I live?"
    pulled(page, seconds, meanwhile=page.locator("#write .button").click)
    answers_come_while_the_network_is_pulled(page, seconds)
    pulled(page, seconds, meanwhile=lambda: choose_and_send(page, "Because it is calm."))
    expect(page.locator("#id_message")).to_be_visible()
    page.fill("#id_message", "And then?")
    pulled(page, seconds, meanwhile=page.locator("#write .button").click)
    answers_come_while_the_network_is_pulled(page, seconds)
    choose_and_send(page, "Because it goes on.")
    pulled(page, seconds, meanwhile=page.locator(".or-end .button").click)
    expect(page.locator(".done")).to_be_visible()
    pulled(page, seconds, meanwhile=page.locator(".done .button").first.click)
    expect(page.locator(".candidate")).to_have_count(4)
    task.refresh_from_db()
    assert task.state == "completed"
    assert [turn.message for turn in task.turns_so_far] == ["How should I live?", "And then?"]
    said = [turn.comparison.explanation for turn in task.turns_so_far]
    assert said == ["Because it is calm.", "Because it goes on."]


def answers_come_while_the_network_is_pulled(page, seconds):
    expect(page.locator("#waiting")).to_be_visible()
    pulled(page, seconds, meanwhile=lambda: make_ready(Turn.objects.latest("pk").candidate_set))
    expect(page.locator(".candidate")).to_have_count(4)


def test_the_network_pulled_in_every_step_loses_nothing(page, live_server):
    through_a_task_with_the_network_pulled(page, live_server, seconds=0.3)


@pytest.mark.whole
def test_the_network_pulled_for_ten_seconds_in_every_step_loses_nothing(page, live_server):
    through_a_task_with_the_network_pulled(page, live_server, seconds=10)
