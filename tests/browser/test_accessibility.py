"""axe-core finds nothing on any page of an annotator, in any script or light; what is pressed is large enough."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.places import PLACES, about_you, asked_everything, overview, writing
from tests.matrix import BOTH_DIRECTIONS, ON_A_PHONE
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path("tests/vendor/axe.min.js")
RUN = """async () => (await axe.run(document, {
    resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})).violations.map(
    found => `${found.id}: ${found.help}: ${found.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`)"""


@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing(page, live_server, language):
    found = {}
    for make_place in PLACES:
        look(page, live_server.url, make_place(language), language)
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if said := complaints(page):
                found[make_place.__name__, theme] = said
    assert found == {}


@pytest.mark.parametrize("language", ON_A_PHONE)
def test_axe_finds_nothing_on_a_phone(phone_page, live_server, language):
    found = {}
    for make_place in PLACES:
        look(phone_page, live_server.url, make_place(language), language)
        for theme in ("light", "dark"):
            phone_page.emulate_media(color_scheme=theme)
            if said := complaints(phone_page):
                found[make_place.__name__, theme] = said
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), make_place.__name__
    assert found == {}


@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing_in_what_is_chosen_told_and_opened(page, live_server, language):
    page.set_viewport_size({"width": 768, "height": 700})
    found = {}
    look(page, live_server.url, asked_everything(language), language)
    page.evaluate(FILLED)
    for what in ("[data-send]", "#choice-none", ".reading-menu summary", ".menu:not(.reading-menu) summary"):
        page.locator(what).click()
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            found[what, theme] = complaints(page)
    page.keyboard.press("Escape")
    page.locator("[data-keys-open]").click()
    found["keys"] = complaints(page)
    expect(page.locator("form .sending")).not_to_be_empty()
    assert {what: said for what, said in found.items() if said} == {}


FILLED = """() => {
    for (const name of ['choice', 'strength', 'acceptable_1']) document.querySelector(`[name=${name}]`).click();
    document.querySelector('#id_explanation').value = 'x';
}"""
PRESSED = "a, button, summary, label:has(input), textarea, select, [type=button]"
SMALL = """(selector) => [...document.querySelectorAll(selector)].filter(one => {
    const box = one.getBoundingClientRect();
    return one.checkVisibility() && box.width > 1 && Math.min(box.width, box.height) < 43.9
        && !(one.matches('a') && getComputedStyle(one).display === 'inline') && !one.closest('.visually-hidden');
}).map(one => one.outerHTML.slice(0, 120))"""


def test_whatever_is_pressed_is_large_enough_for_a_finger(page, live_server):
    """44 by 44 pixels; links in the midst of a sentence excepted, as in WCAG 2.2."""
    for make_place in (asked_everything, writing, overview, about_you):
        look(page, live_server.url, make_place("en"), "en")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.evaluate("document.querySelectorAll('#choice-0').forEach(one => one.click())")
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(SMALL, PRESSED) == [], (make_place.__name__, width)


def look(page, site, place, language):
    page.context.clear_cookies()
    if place.annotator:
        let_in(page.context, site, place.annotator, language=language)
    cookies = {"django_language": language, **place.cookies}
    page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    # Colours that are still on their way from one to another would be measured there.
    page.emulate_media(reduced_motion="reduce")
    page.goto(site + place.address)


SETTLED = """async () => {
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const ending = document.getAnimations().filter(one => isFinite(one.effect.getComputedTiming().endTime));
    await Promise.all(ending.map(one => one.finished.catch(() => null)));
}"""


def complaints(page):
    page.evaluate(SETTLED)
    # The page's own policy lets no foreign script in; one that a debugger evaluates is none.
    page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
    return page.evaluate(RUN)
