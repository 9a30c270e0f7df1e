"""Choosing in a real browser: keys, what is said beside the choice, a gentle look at the explanation, what was seen."""

import pytest
from playwright.sync_api import expect

from collection.models import Comparison
from tests.browser.test_annotating import open_task, pick, saved
from tests.factories import CandidateSetFactory, StudyFactory, TaskFactory, TurnFactory

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "\n\n".join(f"Paragraph {number} goes on about what a long answer goes on about." * 3 for number in range(30))
TEXTS = ["Ask the elders of your village first of all.", LONG, "Look at the facts.", "Wait."]


def turn_with(texts=None, **asks):
    study = StudyFactory(asks={"turns": {"maximum": 2}, **asks})
    shown = {"candidate_set": CandidateSetFactory(texts=texts)} if texts else {}
    return TurnFactory(task=TaskFactory(study=study), order=[0, 1, 2, 3], **shown)


@pytest.fixture
def turn():
    return turn_with()


def send(page):
    page.locator("[data-send]").click()


def sent(page):
    expect(page.locator("#id_message")).to_be_visible()
    return Comparison.objects.get()


# ---- keys ------------------------------------------------------------------------------------------------------------
def press(page, **key):
    page.evaluate("key => document.body.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...key}))", key)


def test_keys_choose_in_any_layout_and_can_be_changed_until_enter_and_enter(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.keyboard.press("Enter")
    assert not Comparison.objects.exists()
    press(page, key="é", code="Digit2")
    expect(page.locator("#choice-1")).to_be_checked()
    press(page, key="٤", code="Digit4")
    expect(page.locator("#choice-3")).to_be_checked()
    press(page, key="#", code="Digit3", shiftKey=True)
    press(page, key="1", code="Digit1", ctrlKey=True)
    press(page, key="1", code="Digit1", isComposing=True)
    expect(page.locator("#choice-3")).to_be_checked()
    page.keyboard.press("0")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#id_explanation")).to_be_focused()
    page.keyboard.type("1 reason or 2 reasons?")
    page.keyboard.press("Enter")
    page.keyboard.type("Both.")
    page.keyboard.press("Control+Enter")
    made = sent(page)
    assert (made.candidate.slot, made.explanation) == (2, "1 reason or 2 reasons?\nBoth.")


def test_a_question_mark_shows_the_keys_and_single_ones_can_be_turned_off(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert dialog.bounding_box()["width"] < 600
    page.keyboard.press("1")
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.press("2")
    page.reload()
    page.keyboard.press("2")
    expect(page.locator("[name=choice]:checked")).to_have_count(0)
    page.get_by_role("button", name="All keys").click()
    expect(page.get_by_label("Use single keys")).not_to_be_checked()
    page.get_by_label("Use single keys").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("2")
    expect(page.locator("#choice-1")).to_be_checked()
    saved(page)


def test_composing_a_word_loses_no_key_and_chooses_nothing(page, live_server, turn):
    open_task(page, live_server, turn.task)
    page.locator("#id_explanation").focus()
    session = page.context.new_cdp_session(page)
    for composed in ("k", "kya", "क्या"):
        session.send("Input.imeSetComposition", {"text": composed, "selectionStart": 4, "selectionEnd": 4})
        page.wait_for_timeout(300)
    session.send("Input.insertText", {"text": "क्या"})
    page.keyboard.type(" 2 baar?")
    expect(page.locator("[name=choice]:checked")).to_have_count(0)
    saved(page)
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value("क्या 2 baar?")


# ---- the explanation -------------------------------------------------------------------------------------------------
def test_a_short_or_copied_explanation_is_remarked_once_before_it_is_sent(page, live_server):
    open_task(page, live_server, turn_with(TEXTS).task)
    pick(page, 0)
    remark = page.locator("[data-gentle]")
    page.fill("#id_explanation", "ok")
    send(page)
    expect(remark).to_contain_text("very short")
    expect(page.locator("#id_explanation")).to_be_focused()
    page.fill("#id_explanation", "ASK the elders of  your village first")
    expect(remark).to_be_empty()
    send(page)
    expect(remark).to_contain_text("stands in an answer already")
    assert not Comparison.objects.exists()
    send(page)
    assert sent(page).explanation == "ASK the elders of  your village first"


@pytest.mark.parametrize("words", ["mujhe yeh ghar जैसा लगा", "好的理由，听起来像家人说的话"])
def test_neither_the_script_nor_a_mix_of_languages_is_remarked(page, live_server, turn, words):
    open_task(page, live_server, turn.task)
    pick(page, 0)
    page.fill("#id_explanation", words)
    send(page)
    assert sent(page).explanation == words


def test_what_the_study_wants_at_least_is_counted_and_told_before_sending(page, live_server):
    turn = turn_with(explanations={"asked": "required", "minimum_characters": 20})
    open_task(page, live_server, turn.task)
    pick(page, 0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.fill("#id_explanation", "It is kind.")
    expect(page.locator("[data-count]")).to_contain_text("11 / 20")
    send(page)
    send(page)
    expect(page.locator("[data-gentle]")).to_contain_text("at least 20 characters")
    assert not any("compare" in url for url in asked)
    page.fill("#id_explanation", "It is kind and says what to do.")
    expect(page.locator("[data-count]")).to_be_hidden()
    send(page)
    sent(page)


# ---- beside the choice -----------------------------------------------------------------------------------------------
def test_each_further_question_shows_with_the_choice_it_belongs_to(page, live_server):
    turn = turn_with(also_ask={"strength": True, "acceptable": True, "better": True})
    open_task(page, live_server, turn.task)
    strength, better = page.locator(".strength"), page.locator("#id_better")
    expect(strength).to_be_hidden()
    expect(better).to_be_hidden()
    pick(page, "none")
    better.fill("Somebody who listens.")
    expect(strength).to_be_hidden()
    page.locator(".acceptable").nth(1).get_by_label("Not acceptable").check()
    expect(page.locator("#choice-none")).to_be_checked()
    saved(page)
    page.reload()
    expect(better).to_have_value("Somebody who listens.")
    pick(page, 2)
    expect(better).to_be_hidden()
    page.get_by_label("Much better").check()
    expect(page.locator("#choice-2")).to_be_checked()
    assert (
        page.locator(".candidate").evaluate_all(
            "all => all.filter(one => getComputedStyle(one).getPropertyValue('--chosen')).length"
        )
        == 1
    )
    send(page)
    made = sent(page)
    assert (made.candidate.slot, made.strength, made.better) == (2, 3, "")
    assert made.acceptable == ["", "no", "", ""]


# ---- what was seen ---------------------------------------------------------------------------------------------------
def test_what_was_seen_of_each_answer_comes_with_the_choice(page, live_server):
    page.set_viewport_size({"width": 1440, "height": 1000})
    open_task(page, live_server, turn_with(TEXTS).task)
    page.wait_for_timeout(700)
    pick(page, 0)
    unread = page.locator("[data-unread]")
    expect(unread).to_contain_text("Not on your screen yet: B")
    page.reload()
    page.locator(".unfold").click()
    page.locator("#id_explanation").scroll_into_view_if_needed()
    page.locator(".candidate-foot").nth(1).scroll_into_view_if_needed()
    page.wait_for_timeout(900)
    expect(unread).to_be_empty()
    send(page)
    (first, second, *others) = sent(page).exposure
    assert first[0] == 1
    assert first[1] >= 500
    assert first[2] == 100
    assert second[2] == 100
    assert sorted(order for order, *_rest in [first, second, *others]) == [1, 2, 3, 4]


def test_on_a_phone_what_was_never_swiped_to_was_not_seen_and_holds_nobody(phone_page, live_server, turn):
    open_task(phone_page, live_server, turn.task)
    phone_page.evaluate("document.querySelector('.candidates').scrollIntoView()")
    phone_page.wait_for_timeout(700)
    phone_page.locator(".candidate-tabs a").nth(2).tap()
    phone_page.wait_for_timeout(1500)
    phone_page.locator(".ballot label").nth(2).tap()
    unread = phone_page.locator("[data-unread]")
    expect(unread).to_contain_text("Not on your screen yet: B and D.")
    phone_page.locator("[data-send]").tap()
    expect(phone_page.locator("#id_message")).to_be_visible()
    made = Comparison.objects.get()
    assert [order for order, *_rest in made.exposure] == [1, 0, 2, 0]
    assert made.device == "phone"


# ---- long texts ------------------------------------------------------------------------------------------------------
def test_long_answers_are_folded_at_one_height_and_unfolded_together(page, live_server):
    open_task(page, live_server, turn_with([LONG, LONG + LONG, "Short.", LONG]).task)
    heights = "all => all.map(one => Math.round(one.getBoundingClientRect().height))"
    whole = "all => all.every(one => one.clientHeight + 2 >= one.scrollHeight)"
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator(".unfold").first).to_have_value("Show all answers in full")
        folded = page.locator(".cut .prose").evaluate_all(heights)
        assert len(folded) == 3
        assert len(set(folded)) == 1
        assert len(set(page.locator(".candidate").evaluate_all(heights))) == 1
        page.locator(".unfold").first.click()
        assert page.locator(".candidate .prose").evaluate_all(whole)
        expect(page.locator(".unfold").nth(1)).to_have_value("Fold all answers")
        page.locator(".unfold").nth(1).click()
        assert page.locator(".cut .prose").evaluate_all(heights) == folded


def test_short_answers_are_not_folded(page, live_server, turn):
    open_task(page, live_server, turn.task)
    expect(page.locator(".unfold")).to_have_count(0)
    expect(page.locator(".folded")).to_have_count(0)
