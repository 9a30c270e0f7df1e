"""axe-core finds nothing to complain of on any page of an annotator, in any script or light."""

from pathlib import Path

import pytest

from tests.browser.places import PLACES
from tests.matrix import BOTH_DIRECTIONS, ON_A_PHONE
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path("tests/vendor/axe.min.js")
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
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
        if said := complaints(phone_page):
            found[make_place.__name__] = said
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), make_place.__name__
    assert found == {}


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
