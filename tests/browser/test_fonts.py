"""Every script is drawn by a font that has it: the system's where there is one, else one that comes with the pages."""

import os

import pytest

from tests import chromium
from tests.browser.test_annotating import open_task
from tests.factories import AnnotatorFactory, CandidateSetFactory, StudyFactory, TaskFactory, TurnFactory
from tests.matrix import WHOLE

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    "en": ["Ask the elders.", "Wait.", "Save money.", "Look at the facts."],
    "hi": ["बड़ों से पूछिए।", "तथ्यों को देखिए।", "पैसे बचाकर रखिए।", "अपनी राह चलिए।"],
    "ar": ["اسأل الكبار.", "انظر إلى الحقائق.", "ادّخر المال.", "اتبع فضولك."],
    "zh": ["问问长辈。", "看看事实。", "存一点钱。", "走自己的路。"],
}
# A font for Latin letters alone, as on a system that has nothing else.
ALONE = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>"""


@pytest.fixture
def poor_browser(browser, tmp_path):
    """A browser on a system without fonts for anything but Latin letters."""
    settings = tmp_path / "fonts.conf"
    settings.write_text(ALONE.format(folder=os.path.abspath("tests/vendor"), cache=tmp_path), encoding="utf-8")
    poor = browser.browser_type.launch(
        executable_path=chromium.find(),
        args=chromium.ARGUMENTS,
        env={**os.environ, "FONTCONFIG_FILE": str(settings)},
    )
    yield poor
    poor.close()


def drawn_by(page, live_server, language):
    """Return whether each answer is drawn by a font of ours, and what was downloaded of them."""
    asked = {language: TEXTS[language][0]}
    study = StudyFactory(asks={"languages": [language], "questions": {"choice": asked, "explanation": asked}})
    annotator = AnnotatorFactory(panel=study.panel, language=language)
    task = TaskFactory(study=study, annotator=annotator, item=None, overlap=None)
    TurnFactory(task=task, candidate_set=CandidateSetFactory(language=language, texts=TEXTS[language]))
    downloaded = []
    page.on("response", lambda answer: answer.url.endswith(".woff2") and downloaded.append(answer))
    open_task(page, live_server, task)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => null)")
    return _are_ours(page), [int(answer.headers["content-length"]) for answer in downloaded]


def _are_ours(page):
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    texts = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": ".candidate .prose"})["nodeIds"]
    fonts = [session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in texts]
    return {max(found, key=lambda one: one["glyphCount"])["isCustomFont"] for found in fonts}


@pytest.mark.parametrize("language", TEXTS if WHOLE else ["en", "zh"])
def test_a_font_is_downloaded_only_where_the_system_has_none(page, live_server, language):
    ours, downloaded = drawn_by(page, live_server, language)
    assert ours == {bool(downloaded)}
    assert language != "en" or not downloaded


def test_where_the_system_lacks_a_script_ours_draws_it(poor_browser, live_server):
    weights = {}
    for language in ("en", "hi", "ar", "zh"):
        ours, downloaded = drawn_by(poor_browser.new_page(), live_server, language)
        assert ours == {language != "en"}, language
        weights[language] = sum(downloaded)
    assert weights["en"] == 0
    assert 0 < weights["hi"] < 120_000
    assert 0 < weights["ar"] < 120_000
    assert 0 < weights["zh"] < 600_000
