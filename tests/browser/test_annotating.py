"""A task in a real browser: by keyboard, on a phone, without scripts, on a bad connection."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collection.models import Comparison, Draft, Turn
from tests.factories import (
    CandidateSetFactory,
    ComparisonFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    make_ready,
)
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn():
    return TurnFactory(task=TaskFactory(study=StudyFactory(asks={"turns": {"maximum": 2}})), order=[1, 3, 0, 2])


def open_task(page, live_server, task, **kwargs):
    let_in(page.context, live_server.url, task.annotator, **kwargs)
    page.goto(f"{live_server.url}/tasks/{task.pk}/")


def pick(page, place):
    page.locator(f"#choice-{place}").check()


def saved(page):
    expect(page.locator("form .sending")).to_have_text("Saved")


# ---- choosing --------------------------------------------------------------------------------------------------------
def test_a_whole_task_by_keyboard_alone(page, live_server, turn):
    open_task(page, live_server, turn.task)
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.press("3")
    expect(page.locator("#choice-2")).to_be_checked()
    page.keyboard.press("0")
    expect(page.locator("#choice-none")).to_be_checked()
    page.keyboard.press("2")
    tab_to(page, "#id_explanation")
    page.keyboard.type("3 reasons, 0 doubts")
    tab_to(page, "form.compare button")
    page.keyboard.press("Enter")
    expect(page.locator(".write h2")).to_be_focused()
    made = Comparison.objects.get()
    assert (made.candidate.slot, made.explanation) == (3, "3 reasons, 0 doubts")
    tab_to(page, "#id_message")
    page.keyboard.type("And then?")
    tab_to(page, "#write button")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting")).to_be_visible()
    make_ready(Turn.objects.get(number=2).candidate_set)
    expect(page.locator(".candidate")).to_have_count(4)
    expect(page.locator("#question")).to_be_focused()
    tab_to(page, "#choice-0")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form.compare button")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("complete")


def tab_to(page, selector):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def test_a_click_anywhere_on_an_answer_chooses_it(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.locator(".candidate .prose").nth(2).click()
    expect(page.locator("#choice-2")).to_be_checked()


def test_a_double_click_on_save_saves_once(page, live_server, turn):
    open_task(page, live_server, turn.task)
    pick(page, 1)
    page.locator("form.compare button").dblclick()
    expect(page.locator("#id_message")).to_be_visible()
    assert Comparison.objects.count() == 1


def test_without_a_choice_the_page_goes_to_what_is_missing(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.fill("#id_explanation", "Typed with care.")
    page.locator("form.compare button").click()
    expect(page.locator("#choice-error")).to_be_focused()
    expect(page.locator("#id_explanation")).to_have_value("Typed with care.")


def test_hostile_texts_run_nothing(page, live_server, turn):
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    turn.candidate_set.candidates.update(text=hostile)
    Turn.objects.update(message=hostile)
    open_task(page, live_server, turn.task)
    page.fill("#id_explanation", hostile)
    saved(page)
    page.reload()
    expect(page.locator(".candidate .prose").first).to_have_text(hostile)
    expect(page.locator(".said-now .prose")).to_have_text(hostile)
    expect(page.locator("#id_explanation")).to_have_value(hostile)
    assert "owned" not in page.title()


# ---- on a phone ------------------------------------------------------------------------------------------------------
def test_on_a_phone_the_answers_lie_side_by_side_in_equal_space(phone_page, live_server, turn):
    open_task(phone_page, live_server, turn.task)
    boxes = [candidate.bounding_box() for candidate in phone_page.locator(".candidate").all()]
    assert len({(round(box["width"]), round(box["height"]), round(box["y"])) for box in boxes}) == 1
    assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(phone_page.locator(".candidate").nth(1)).to_contain_text("2 of 4")
    phone_page.locator(".candidate-tabs a").nth(2).tap()
    expect(phone_page.locator(".candidate").nth(2)).to_be_in_viewport(ratio=0.5)
    expect(phone_page.locator(".candidate-tabs a").nth(2)).to_have_attribute("aria-current", "true")


def test_a_screen_that_becomes_narrow_shows_the_first_answer_and_says_so(page, live_server, turn):
    page.set_viewport_size({"width": 1440, "height": 900})
    open_task(page, live_server, turn.task)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator(".candidate").first).to_be_in_viewport(ratio=0.5)
    expect(page.locator('.candidate-tabs a[aria-current="true"]')).to_have_count(1)
    expect(page.locator(".candidate-tabs a").first).to_have_attribute("aria-current", "true")


def test_on_a_phone_the_choice_is_within_reach(phone_page, live_server, turn):
    open_task(phone_page, live_server, turn.task)
    letter = phone_page.locator(".ballot label").nth(1)
    expect(letter).to_be_in_viewport()
    letter.tap()
    expect(phone_page.locator("#choice-1")).to_be_checked()
    phone_page.locator(".ballot-next").tap()
    expect(phone_page.locator("#id_explanation")).to_be_in_viewport()
    phone_page.locator("form.compare button").tap()
    expect(phone_page.locator("#id_message")).to_be_visible()
    assert Comparison.objects.get().candidate.slot == 3


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_width_makes_the_page_scroll_sideways(page, live_server, turn, width):
    page.set_viewport_size({"width": width, "height": 800})
    open_task(page, live_server, turn.task)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    targets = page.locator("main a, main button, main label:visible, main textarea")
    small = [box for box in (target.bounding_box() for target in targets.all()) if box and box["height"] < 44]
    assert len(small) <= 1, "only the label of the explanation is no target"


# ---- waiting ---------------------------------------------------------------------------------------------------------
def waiting_task(turn):
    ComparisonFactory(turn=turn)
    following = TurnFactory(task=turn.task, candidate_set=CandidateSetFactory(requested=True, urgent=True))
    return following.candidate_set


def test_answers_appear_all_at_once(page, live_server, turn):
    waits = waiting_task(turn)
    open_task(page, live_server, turn.task)
    expect(page.locator("#waiting")).to_be_visible()
    make_ready(waits)
    expect(page.locator(".candidate")).to_have_count(4)


def test_nothing_asks_the_server_while_the_page_is_hidden(page, live_server, turn):
    waiting_task(turn)
    page.add_init_script("Object.defineProperty(document, 'visibilityState', {get: () => window.seen || 'hidden'})")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/progress/" in request.url else None)
    open_task(page, live_server, turn.task)
    page.wait_for_timeout(3500)
    assert asked == []
    page.evaluate("window.seen = 'visible'")
    page.wait_for_timeout(3500)
    assert asked


# ---- nothing is lost -------------------------------------------------------------------------------------------------
def test_a_reload_keeps_what_was_typed_and_picked(page, live_server, turn):
    open_task(page, live_server, turn.task)
    pick(page, 2)
    page.fill("#id_explanation", "Half a thou")
    saved(page)
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value("Half a thou")
    expect(page.locator("#choice-2")).to_be_checked()


def test_what_was_typed_without_a_connection_is_there_after_a_reload(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.context.set_offline(True)
    page.fill("#id_explanation", "Typed in a tunnel")
    expect(page.locator("form .sending")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value("Typed in a tunnel")
    page.wait_for_timeout(2000)
    assert Draft.objects.get().explanation == "Typed in a tunnel"


def test_a_page_that_was_made_before_its_draft_arrived_shows_the_draft(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.fill("#id_explanation", "Typed and saved")
    saved(page)
    Draft.objects.update(explanation="Typed", updated_at=turn.task.recorded_at)
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value("Typed and saved")


def test_what_was_typed_later_on_another_device_is_the_newer(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.fill("#id_explanation", "On the phone")
    saved(page)
    Draft.objects.update(explanation="On the computer", updated_at=timezone.now())
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value("On the computer")


def test_what_was_sent_without_a_connection_is_sent_when_it_is_back_and_once(page, live_server, turn):
    open_task(page, live_server, turn.task)
    pick(page, 0)
    page.fill("#id_explanation", "In a tunnel")
    page.context.set_offline(True)
    page.locator("form.compare button").click()
    expect(page.locator("form .sending")).to_contain_text("No connection")
    assert not Comparison.objects.exists()
    page.context.set_offline(False)
    expect(page.locator("#id_message")).to_be_visible()
    assert Comparison.objects.get().explanation == "In a tunnel"


def test_an_answer_that_was_lost_on_the_way_back_makes_no_second_comparison(page, live_server, turn):
    open_task(page, live_server, turn.task)
    pick(page, 0)
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/compare/", lose_the_first)
    page.locator("form.compare button").click()
    expect(page.locator("#id_message")).to_be_visible()
    assert lost[0].ok
    assert Comparison.objects.count() == 1
    assert "That answer stands" not in page.content()


def test_the_back_button_shows_what_is_true(page, live_server, turn):
    open_task(page, live_server, turn.task)
    pick(page, 0)
    page.locator("form.compare button").click()
    expect(page.locator("#id_message")).to_be_visible()
    page.goto(f"{live_server.url}/about-you/")
    page.go_back()
    expect(page.locator("#id_message")).to_be_visible()
    expect(page.locator("form.compare")).to_have_count(0)


def test_a_second_tab_is_told_that_the_first_one_chose(page, live_server, turn):
    open_task(page, live_server, turn.task)
    other = page.context.new_page()
    other.goto(page.url)
    pick(page, 0)
    page.locator("form.compare button").click()
    expect(page.locator("#id_message")).to_be_visible()
    pick(other, 1)
    other.fill("#id_explanation", "From the other tab")
    other.locator("form.compare button").click()
    expect(other.locator(".notice")).to_contain_text("That answer stands")
    expect(other.locator(".notice")).to_contain_text("From the other tab")
    assert Comparison.objects.get().candidate.slot == 1


# ---- without scripts -------------------------------------------------------------------------------------------------
def test_a_whole_task_without_scripts(browser, live_server, turn):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_task(page, live_server, turn.task)
    page.locator("label.pick").nth(1).click()
    page.fill("#id_explanation", "No scripts here.")
    page.locator("form.compare button").click()
    page.fill("#id_message", "And then?")
    page.locator("#write button").click()
    expect(page.locator("#waiting")).to_be_visible()
    make_ready(Turn.objects.get(number=2).candidate_set)
    page.locator("#waiting a").click()
    page.locator("label.pick").nth(3).click()
    page.locator("form.compare button").click()
    expect(page.locator(".done")).to_be_visible()
    context.close()
    assert [made.explanation for made in Comparison.objects.order_by("pk")] == ["No scripts here.", ""]
    assert [made.exposure for made in Comparison.objects.all()] == [None, None]


# ---- weight ----------------------------------------------------------------------------------------------------------
def test_the_first_page_of_a_task_is_light(page, live_server, turn):
    """Under 80 kB with nothing cached; a later step moves less than 30 kB (decision 58)."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    moved = []
    session.on("Network.loadingFinished", lambda event: moved.append(event["encodedDataLength"]))
    open_task(page, live_server, turn.task)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(moved) < 80_000
    moved.clear()
    pick(page, 0)
    page.locator("form.compare button").click()
    expect(page.locator("#id_message")).to_be_visible()
    assert sum(moved) < 30_000


def test_nothing_on_the_page_is_refused_by_its_own_policy(page, live_server, turn):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    open_task(page, live_server, turn.task)
    pick(page, 0)
    page.locator("form.compare button").click()
    expect(page.locator("#id_message")).to_be_visible()
    assert [text for text in complaints if re.search("Content Security Policy|Refused", text)] == []
