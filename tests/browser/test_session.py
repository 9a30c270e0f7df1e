"""A session as people feel it: notes, a message as in a messenger, time spent, pausing, signing out."""

import pytest
from playwright.sync_api import expect

from collection.models import Turn
from tests.factories import CandidateSetFactory, ComparisonFactory, StudyFactory, TaskFactory, TurnFactory, make_ready
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def task():
    """A conversation that wants its second message."""
    task = TaskFactory(study=StudyFactory(asks={"turns": {"maximum": 2}}))
    ComparisonFactory(turn=TurnFactory(task=task))
    return task


def open_task(page, live_server, task, **kwargs):
    let_in(page.context, live_server.url, task.annotator, **kwargs)
    page.goto(f"{live_server.url}/tasks/{task.pk}/")


def wait_for_answers(task):
    return TurnFactory(task=task, number=2, candidate_set=CandidateSetFactory(requested=True, urgent=True))


# ---- the next message ------------------------------------------------------------------------------------------------
def test_enter_sends_the_message_and_shift_begins_a_new_line(page, live_server, task):
    open_task(page, live_server, task)
    page.locator("#id_message").press_sequentially("And then?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Tell me.")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting")).to_be_visible()
    assert Turn.objects.get(number=2).message.replace("\r", "") == "And then?\nTell me."


def test_enter_takes_the_word_that_an_input_method_offers_and_sends_nothing(page, live_server, task):
    open_task(page, live_server, task)
    page.fill("#id_message", "और फिर")
    pressed = """box => box.dispatchEvent(
        new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"""
    assert page.locator("#id_message").evaluate(pressed), "the key is left to the input method"
    expect(page.locator("#id_message")).to_have_value("और फिर")
    assert not Turn.objects.filter(number=2).exists()


def test_with_fingers_enter_begins_a_new_line(phone_page, live_server, task):
    open_task(phone_page, live_server, task)
    phone_page.locator("#id_message").press_sequentially("And")
    phone_page.keyboard.press("Enter")
    expect(phone_page.locator("#id_message")).to_have_value("And\n")
    expect(phone_page.locator("#enter-sends")).to_be_hidden()


# ---- notes -----------------------------------------------------------------------------------------------------------
def test_notes_stay_under_the_hands_that_write_them_when_the_answers_arrive(page, live_server, task):
    turn = wait_for_answers(task)
    open_task(page, live_server, task)
    page.get_by_text("Notes for yourself").first.click()
    page.locator("#my-notes").press_sequentially("Ask about the roof")
    make_ready(turn.candidate_set)
    expect(page.locator(".candidate")).to_have_count(4)
    expect(page.locator("#my-notes")).to_be_focused()
    page.keyboard.type(", too")
    expect(page.locator("#my-notes")).to_have_value("Ask about the roof, too")
    page.get_by_text("The answers are there").click()
    expect(page.locator("#question")).to_be_focused()
    page.reload()
    expect(page.locator("#my-notes")).to_have_value("Ask about the roof, too")


def test_notes_are_sent_to_nobody_and_end_with_the_conversation(page, live_server, task):
    turn = wait_for_answers(task)
    make_ready(turn.candidate_set)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    open_task(page, live_server, task)
    page.get_by_text("Notes for yourself").first.click()
    page.locator("#my-notes").fill("Only for me")
    page.locator("#choice-1").check()
    page.locator("form.compare button").click()
    expect(page.locator(".done")).to_be_visible()
    expect(page.locator(".notes")).to_be_hidden()
    assert not any("Only" in body for body in sent)
    assert kept(page, "notes:") == []


def kept(page, prefix):
    return page.evaluate("prefix => Object.keys(localStorage).filter(key => key.startsWith(prefix))", prefix)


# ---- time, and going away --------------------------------------------------------------------------------------------
def test_the_time_spent_is_counted_while_somebody_is_there(page, live_server, task):
    page.clock.install()
    open_task(page, live_server, task)
    expect(page.locator("[data-spent]")).to_be_hidden()
    # Two minutes without a key or a finger, and then nobody is there.
    page.clock.run_for("10:00")
    expect(page.locator("[data-spent]")).to_have_text("Your time here today: 2 min")
    page.keyboard.press("Tab")
    page.clock.run_for("01:00")
    page.reload()
    expect(page.locator("[data-spent]")).to_have_text("Your time here today: 3 min")


def test_who_signs_out_leaves_nothing_of_what_they_typed_in_the_browser(page, live_server, task):
    open_task(page, live_server, task)
    page.fill("#id_message", "Half a thou")
    expect(page.locator("form .sending").first).to_have_text("Saved")
    assert kept(page, "draft:")
    page.goto(f"{live_server.url}/about-you/")
    page.get_by_role("button", name="Sign out in this browser").click()
    expect(page).to_have_url(f"{live_server.url}/")
    assert kept(page, "draft:") == []
