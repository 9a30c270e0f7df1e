"""Reading in a real browser: letters and lines as a reader wants them, light or dark, narrow and zoomed."""

import pytest
from playwright.sync_api import expect

from tests.browser.places import MESSAGE
from tests.browser.places import TEXTS as AS_READ
from tests.browser.test_annotating import open_task, saved
from tests.browser.test_choosing import turn_with
from tests.factories import AnnotatorFactory, CandidateSetFactory, StudyFactory, TaskFactory, TurnFactory

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = "People who have lived long have seen hard years, and what they kept was kept for a good reason. "
TEXTS = [SENTENCE * 5, SENTENCE * 6, SENTENCE * 4, "| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n\n`code`"]


@pytest.fixture
def task():
    return turn_with(TEXTS).task


def columns(page):
    return len(
        set(page.locator(".candidate").evaluate_all("all => all.map(one => Math.round(one.getBoundingClientRect().x))"))
    )


def style(page, selector, name):
    return page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}")


def lightness(page):
    return sum(int(part) for part in style(page, "body", "backgroundColor").strip("rgb()").split(","))


def test_letters_lines_and_light_are_as_the_reader_chooses_and_stay_so(page, live_server, task):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    open_task(page, live_server, task)
    assert columns(page) == 2
    usual = float(style(page, ".candidate .prose p", "fontSize").removesuffix("px"))
    page.locator(".reading-menu summary").click()
    page.get_by_label("Very large").check()
    assert float(style(page, ".candidate .prose p", "fontSize").removesuffix("px")) > 1.3 * usual
    page.get_by_label("Usual").first.check()
    wide = page.locator(".candidate .prose").first.bounding_box()["width"]
    page.get_by_label("Short").check()
    assert columns(page) == 4
    assert page.locator(".candidate .prose").first.bounding_box()["width"] < wide
    page.get_by_label("Long").check()
    assert columns(page) == 2
    page.get_by_label("Dark").check()
    assert lightness(page) < 150
    page.reload()
    assert lightness(page) < 150
    page.emulate_media(color_scheme="dark")
    page.locator(".reading-menu summary").click()
    expect(page.get_by_label("Long")).to_be_checked()
    page.get_by_label("Light", exact=True).check()
    assert lightness(page) > 600
    page.keyboard.press("Escape")
    expect(page.locator(".reading-menu summary")).to_be_focused()
    page.set_viewport_size({"width": 1920, "height": 900})
    page.context.clear_cookies(name="reading")
    page.reload()
    assert columns(page) == 4
    page.set_viewport_size({"width": 768, "height": 900})
    assert columns(page) == 2


def test_without_scripts_the_menu_opens_and_its_button_sends(browser, live_server, task):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_task(page, live_server, task)
    page.locator(".reading-menu summary").click()
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#question")).to_be_visible()
    context.close()


def test_at_four_hundred_percent_nothing_scrolls_sideways_or_is_covered(page, live_server, task):
    """1280 x 1024 pixels at 400 % are 320 x 256; and so with very large letters."""
    page.set_viewport_size({"width": 320, "height": 256})
    for text in ("usual", "largest"):
        page.context.add_cookies([{"name": "reading", "value": f"{text}.usual.auto", "url": live_server.url}])
        open_task(page, live_server, task)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for selector in ("#choice-2", "#id_explanation", "[data-send]", ".reading-menu summary"):
            page.locator(selector).scroll_into_view_if_needed()
            page.locator(selector).focus()
            assert page.locator(selector).evaluate(
                """one => { const box = one.getBoundingClientRect();
                const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 40) / 2);
                return one === top || one.contains(top) || top.contains(one); }"""
            ), selector
        page.locator(".reading-menu summary").click()
        box = page.locator(".reading-sheet").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def test_reduced_motion_moves_nothing(page, live_server, task):
    page.emulate_media(reduced_motion="reduce")
    open_task(page, live_server, task)
    page.set_viewport_size({"width": 360, "height": 740})
    assert style(page, ".candidates", "scrollBehavior") == "auto"
    moving = "document.getAnimations().filter(one => one.effect.getComputedTiming().duration > 1).length"
    assert page.evaluate(moving) == 0
    page.locator("#choice-1").check(force=True)
    assert page.evaluate(moving) == 0
    saved(page)


@pytest.mark.parametrize(("interface", "language"), [("en", "ar"), ("ar", "en")])
def test_every_text_has_its_own_language_and_direction_whatever_those_of_the_page(
    page, live_server, interface, language
):
    asked = {language: MESSAGE[language]}
    questions = {"choice": asked, "explanation": asked}
    study = StudyFactory(asks={"languages": [language], "questions": questions, "also_ask": {"better": True}})
    annotator = AnnotatorFactory(panel=study.panel, language=language)
    task = TaskFactory(study=study, annotator=annotator, item=None, overlap=None)
    texts = CandidateSetFactory(language=language, texts=AS_READ[language])
    TurnFactory(task=task, message=MESSAGE[language], candidate_set=texts)
    open_task(page, live_server, task, language=interface)
    right = "rtl" if language == "ar" else "ltr"
    assert page.locator("html").get_attribute("dir") != right
    page.locator("#choice-none").check()
    page.fill("#id_explanation", MESSAGE[language])
    page.fill("#id_better", MESSAGE[language])
    for selector, number in ((".said-now .prose", 1), ("#question", 1), (".candidate .prose", 4), ("textarea", 2)):
        found = page.locator(f"form.compare {selector}, .dialogue {selector}").evaluate_all(
            "all => all.map(one => [one.closest('[lang]').lang, getComputedStyle(one).direction])"
        )
        assert found == [[language, right]] * number, selector
    expect(page.locator("label[for=id_explanation]")).to_have_attribute("lang", language)
    assert page.locator("[data-send]").evaluate("one => one.closest('[lang]').lang") == interface
    expect(page.locator("form .sending")).not_to_be_empty()
