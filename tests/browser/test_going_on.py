"""From one task to the next in a real browser: what comes next is drawn while a person says why."""

import pytest
from playwright.sync_api import expect

from collection.models import Task
from tests.factories import ItemFactory, StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn():
    study = StudyFactory(asks={"turns": {"maximum": 1}})
    return TurnFactory(task=TaskFactory(study=study))


def open_task(page, live_server, task):
    let_in(page.context, live_server.url, task.annotator)
    page.goto(f"{live_server.url}/tasks/{task.pk}/")


def test_the_next_task_is_drawn_once_something_is_chosen_and_shown_in_place(page, live_server, turn):
    ItemFactory.create_batch(3, study=turn.task.study)
    open_task(page, live_server, turn.task)
    assert not Task.objects.held().exists()
    with page.expect_response("**/tasks/ahead/") as kept:
        page.locator("#choice-1").check()
    assert kept.value.status == 204
    held = Task.objects.held().get(annotator=turn.task.annotator)
    page.locator("form.compare button").click()
    page.get_by_role("button", name="Next conversation").click()
    expect(page.locator(".candidate")).to_have_count(4)
    expect(page).to_have_url(f"{live_server.url}/tasks/{held.pk}/")
    expect(page.locator("#question")).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    held.refresh_from_db()
    assert held.is_open
    page.go_back()
    expect(page.locator(".done")).to_be_visible()


def test_without_scripts_the_next_task_is_a_page_of_its_own(browser, live_server, turn):
    ItemFactory.create_batch(1, study=turn.task.study)
    page = browser.new_context(java_script_enabled=False).new_page()
    open_task(page, live_server, turn.task)
    page.locator("#choice-1").check()
    page.locator("form.compare button").click()
    page.get_by_role("button", name="Next conversation").click()
    expect(page.locator(".candidate")).to_have_count(4)


def test_when_nobody_answers_the_page_says_so_and_goes_on_once_somebody_does(page, live_server, turn):
    ItemFactory.create_batch(1, study=turn.task.study)
    open_task(page, live_server, turn.task)
    page.locator("#choice-1").check()
    page.locator("form.compare button").click()
    expect(page.locator(".done")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("button", name="Next conversation").click()
    expect(page.locator(".done .sending")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(page.locator(".candidate")).to_have_count(4)
