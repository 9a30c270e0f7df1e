"""A researcher's pages in a real browser: fit for everybody's eyes, by keyboard, and true while one looks at them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import expect

from annotators import recruiting
from annotators.panel_file import QuotaPart
from collection.models import Report, Study
from exports import building, snapshot
from exports.models import Release
from tests.browser.test_accessibility import SETTLED, complaints
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.matrix import BOTH_DIRECTIONS

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLE = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")
HOSTILE = "<script>document.title = 'owned'</script> {{ 7 }} & “quotes”"

# Once the new colours are drawn.
CONTRAST = """async () => {
    await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn, 100)));
    const found = (await axe.run(document, {runOnly: ['color-contrast']})).violations;
    return found.flatMap(each => each.nodes.map(node => node.html.slice(0, 160)));
}"""

PAGES = {
    "studies": "/studies/",
    "new study": "/new-study/",
    "study": "/studies/everyday/",
    "draft": "/studies/draft/",
    "preview": "/studies/everyday/preview/en/",
    "preview of an own prompt": "/studies/everyday/preview/en/?own=yes",
    "nothing to preview": "/studies/draft/preview/en/",
    "change": "/studies/everyday/file/",
    "close": "/studies/everyday/close/",
    "quotas": "/studies/everyday/quotas/",
    "somebody leaves": "/studies/everyday/person-leaves/",
    "releases": "/studies/everyday/releases/",
    "release": "/studies/everyday/releases/1/",
}


@pytest.fixture
def researcher():
    user = UserFactory(username="ada")
    user.set_password("a long enough password")
    user.save()
    return user


@pytest.fixture
def study(researcher):
    """A study in the middle of its life."""
    study = StudyFactory(slug="everyday", title=HOSTILE, researchers=[researcher], asks={"prompts": {"own_share": 0.2}})
    item = ItemFactory(study=study)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    broken = CandidateSetFactory(failed=True, failure="model-not-loadable", failure_detail="no such folder")
    ItemFactory(study=study, candidate_set=broken)
    recruiting.load_quotas(panel=study.panel, parts=[QuotaPart(where={"country": "us"}, wanted=9)])
    person = AnnotatorFactory(panel=study.panel)
    turn = TurnFactory(task=TaskFactory(study=study, item=item, annotator=person))
    ComparisonFactory(turn=turn, explanation=HOSTILE)
    Report.objects.create(turn=turn, candidate=turn.candidate_set.candidates.first(), reason=HOSTILE)
    return study


@pytest.fixture
def release(study, settings, tmp_path, monkeypatch):
    settings.RELEASES_DIR = tmp_path / "releases"
    monkeypatch.setattr(snapshot, "GRACE", timedelta(0))
    done = Release.objects.create(study=study, version=1, formats=["community-alignment"])
    building.build(release_id=done.pk)
    Release.objects.create(study=study, version=2, formats=["community-alignment"], rows_total=90)
    Release.objects.create(study=study, version=3, formats=["community-alignment"], status="failed", failure="storage")
    return done


def open_page(page, site, researcher, address, *, language="en"):
    client = Client()
    client.force_login(researcher)
    cookies = {"sessionid": client.session.session_key, "django_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    page.emulate_media(reduced_motion="reduce")
    page.goto(site + address)
    if page.locator("#releases").count():
        page.locator("#release-list").wait_for()


# ---- for everybody's eyes ------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("release")
@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing(page, live_server, researcher, language):
    StudyFactory(slug="draft", state="draft", researchers=[researcher], panel=Study.objects.get().panel)
    found = {}
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page.goto(f"{live_server.url}/sign-in/")
    found |= complaints_in_both_lights(page, "sign in")
    for name, address in PAGES.items():
        open_page(page, live_server.url, researcher, address, language=language)
        found |= complaints_in_both_lights(page, name)
    page.goto(f"{live_server.url}/new-study/")
    page.fill("#id_text", "slug: 1\novrelap: 5\n")
    page.locator("main form button.button").click()
    page.locator(".form-errors").wait_for()
    found |= complaints_in_both_lights(page, "new study, refused")
    assert found == {}


def complaints_in_both_lights(page, name):
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = {"light": complaints(page)}
    # Nothing but the colours depends on the light.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.evaluate(SETTLED)
    found["dark"] = page.evaluate(CONTRAST)
    return {(name, light): said for light, said in found.items() if said}


@pytest.mark.usefixtures("release")
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_a_phone(phone_page, live_server, researcher, language):
    StudyFactory(slug="draft", state="draft", researchers=[researcher], panel=Study.objects.get().panel)
    for name, address in PAGES.items():
        open_page(phone_page, live_server.url, researcher, address, language=language)
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


# ---- true while one looks ------------------------------------------------------------------------------------------
def test_progress_renews_itself_only_while_somebody_can_see_it(page, live_server, researcher, study):
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', {get: () => window.away ? 'hidden' : 'visible'})"
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/progress/" in request.url else None)
    open_page(page, live_server.url, researcher, "/studies/everyday/")
    comparisons = page.locator("#progress .figures dd").nth(2)
    expect(comparisons).to_have_text("1")
    page.evaluate("window.away = true")
    ComparisonFactory(turn=TurnFactory(task=TaskFactory(study=study)))
    page.wait_for_timeout(4_000)
    assert asked == []
    page.evaluate("window.away = false")
    expect(comparisons).to_have_text("2", timeout=8_000)


def test_progress_that_stayed_the_same_is_not_sent_again(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, "/studies/everyday/")
    page.locator("#progress").evaluate("part => { part.dataset.mark = 'the same' }")
    with page.expect_response(re.compile("/progress/")) as answer:
        pass
    assert answer.value.status == 204
    expect(page.locator("#progress")).to_have_attribute("data-mark", "the same")


@pytest.mark.usefixtures("release")
def test_what_people_wrote_is_text(page, live_server, researcher):
    for name in ("studies", "study", "close", "change", "releases", "release"):
        open_page(page, live_server.url, researcher, PAGES[name])
        assert page.title() != "owned"
        shown = page.locator("#id_text").input_value() if name == "change" else page.locator("main").inner_text()
        assert "<script>document.title = 'owned'</script> {{ 7 }}" in shown.replace("''", "'"), name


# ---- what one does -------------------------------------------------------------------------------------------------
def test_a_refused_file_stays_on_the_page_until_it_is_right(page, live_server, researcher):
    open_page(page, live_server.url, researcher, "/new-study/")
    faulty = EXAMPLE.replace("overlap: 5", "overlap: five")
    page.set_input_files("#id_file", {"name": "study.yaml", "mimeType": "text/plain", "buffer": faulty.encode()})
    page.get_by_role("button", name="Create the study").click()
    errors = page.locator(".form-errors")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text("overlap must be a whole number")
    expect(errors.locator("code")).to_have_text("overlap: five")
    assert page.locator("#id_text").input_value().splitlines() == faulty.splitlines()
    page.fill("#id_text", EXAMPLE)
    page.get_by_role("button", name="Create the study").click()
    expect(page.locator("h1")).to_have_text("Everyday answers")
    assert Study.objects.get().state == Study.State.DRAFT


def test_from_signing_in_to_closing_by_keyboard_alone(page, live_server, researcher, study):
    page.goto(f"{live_server.url}/sign-in/")
    tab_to(page, "#id_username")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough password")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Studies")
    tab_to(page, ".study-card a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/everyday/")
    tab_to(page, "a[href$='/close/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/close/")
    tab_to(page, "button[value=close]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/everyday/")
    expect(page.locator("h1 + p .badge")).to_have_text("closed")
    study.refresh_from_db()
    assert study.state == Study.State.CLOSED


def tab_to(page, selector):
    target = page.locator(selector).first
    target.wait_for()
    for _press in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached by Tab")


def test_what_a_release_holds_is_chosen_on_the_page(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, "/studies/everyday/releases/")
    page.get_by_text("What it holds").click()
    assert complaints_in_both_lights(page, "what a release holds") == {}
    expect(page.get_by_role("checkbox", name="long-tables")).to_be_disabled()
    page.get_by_role("checkbox", name="arena").check()
    page.get_by_role("checkbox", name="CSV").uncheck()
    page.get_by_role("button", name="Ask for a release").click()
    page.get_by_role("link", name="Release 1").wait_for()
    asked = Release.objects.get()
    assert asked.formats == ["community-alignment", "long-tables", "trl-preference", "arena"]
    assert asked.beside_parquet == []
