"""make screenshots: every page in every language, light and dark, at three widths, in one gallery to look through.

Run as tests are (they have the rows that pages need), and in no other run:
`GALLERY=folder pytest tests/browser/gallery.py`.
"""

import html
import os
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import get_resolver, resolve

from annotators import recruiting
from annotators.models import Annotator
from annotators.panel_file import QuotaPart
from collection import jobs
from collection.models import DryRun, Report, Study
from exports import building, snapshot
from exports.models import Release
from tests.browser.places import MESSAGE, PLACES
from tests.browser.test_people import a_panel
from tests.browser.test_recipe_comparisons import HOSTILE, one_set
from tests.collection.compared_sets import comparison_of
from tests.collection.simulation.studies import study_with
from tests.factories import CandidateSetFactory, ComparisonFactory, ItemFactory, StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(os.environ.get("GALLERY", "data/gallery"))
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
WIDTHS = {360: 740, 768: 1024, 1440: 900}
LIGHTS = ("light", "dark")
# Answers to what a page asks or does: nobody looks at them.
NO_PAGES = {
    *("set_language", "set_reading", "leave", "new_link", "return_link", "consent", "next_task", "draw_ahead"),
    *("send_message", "save_draft", "end_task", "compare", "turn_progress", "turn_events", "retry_turn"),
    *("last_questions", "nothing_to_do", "sign_out", "study_file", "study_progress", "write_candidate_sets"),
    *("request_dry_run", "dry_run_part", "comparison_part", "act_on_comparison", "comparison_figures"),
    *("comparison_sets", "payouts", "bonuses", "look_at_speed", "change_state", "upload_prompts", "invite"),
    *("invite_each", "revoke_invitation", "end_return_link", "decide_report", "request_release"),
    *(
        "release_progress",
        "cancel_release",
        "download_release",
        "download_release_file",
        "download_by_link",
        "health",
        "researcher",
    ),
    *("study_releases", "candidate_sets", "api_schema", "demo_researcher", "demo_annotator"),
}


@dataclass
class Camera:
    """Takes a page in every width and light."""

    language: str
    audience: str

    def take(self, page, name):
        """Keep six pictures of the page that is open."""
        for (width, height), light in product(WIDTHS.items(), LIGHTS):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=light, reduced_motion="reduce")
            path = FOLDER / self.language / f"{self.audience}.{name}.{width}.{light}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path, full_page=True, animations="disabled", caret="hide", type="jpeg", quality=70)


# ---- annotators ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_annotators(page, live_server, language):
    camera = Camera(language, "annotator")
    for make_place in PLACES:
        place = make_place(language)
        page.context.clear_cookies()
        if place.annotator:
            let_in(page.context, live_server.url, place.annotator, language=language)
        cookies = {"django_language": language, **place.cookies}
        page.context.add_cookies([{"name": n, "value": v, "url": live_server.url} for n, v in cookies.items()])
        page.goto(live_server.url + place.address)
        camera.take(page, make_place.__name__)


# ---- researchers -----------------------------------------------------------------------------------------------------
@pytest.fixture
def addresses(settings, live_server, tmp_path, monkeypatch):
    """A study in the middle of its life, and every page of it by name."""
    settings.RELEASES_DIR, settings.SITE_URL = tmp_path / "releases", live_server.url
    monkeypatch.setattr(snapshot, "GRACE", timedelta(0))
    study, stopped = a_panel()
    fill(study)
    of_one_turn = study_with(items=4, overlap={"wanted": 2, "per": "country"}, quotas={"us": 3, "fr": 2, "in": 1})
    of_one_turn.researchers.add(study.researchers.get())
    dry_run = DryRun.objects.create(of=of_one_turn, people=4, seed=3)
    jobs.run_dry_run(dry_run_id=dry_run.pk)
    comparison = comparison_of(
        {
            "diverse": [one_set(texts) for texts in ("abcd", "bcda", "abcd", "abcc")],
            HOSTILE: [one_set(texts, recipe={"method": "independent"}) for texts in ("aaab", "aabb", "aaaa")],
        },
        study=study,
    )
    release = Release.objects.create(study=study, version=1, formats=["community-alignment"])
    building.build(release_id=release.pk)
    Release.objects.create(study=study, version=2, formats=["community-alignment"], status="failed", failure="storage")
    StudyFactory(slug="draft", state="draft", researchers=[study.researchers.get()], panel=study.panel)
    here = f"/studies/{study.slug}/"
    return {
        "studies": "/studies/",
        "new-study": "/new-study/",
        "study": here,
        "draft": "/studies/draft/",
        "diversity": f"{here}diversity/",
        "preview": f"{here}preview/en/",
        "nothing-to-preview": "/studies/draft/preview/en/",
        "change": f"{here}file/",
        "close": f"{here}close/",
        "quotas": f"{here}quotas/",
        "people": f"{here}people/",
        "person": f"{here}people/{stopped.pseudonym}/",
        "somebody-leaves": f"{here}person-leaves/",
        "dry-run": f"/studies/{of_one_turn.slug}/dry-runs/{dry_run.pk}/",
        "new-recipe-comparison": f"{here}recipes/new/",
        "recipe-comparison": f"{here}recipes/{comparison.pk}/",
        "releases": f"{here}releases/",
        "release": f"{here}releases/1/",
    }


def fill(study: Study) -> None:
    """Give the study items of each kind, a quota and a report."""
    item = ItemFactory(study=study)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    broken = CandidateSetFactory(failed=True, failure="model-not-loadable", failure_detail="no such folder")
    ItemFactory(study=study, candidate_set=broken)
    recruiting.load_quotas(panel=study.panel, parts=[QuotaPart(where={"country": "us"}, wanted=9)])
    person = Annotator.objects.filter(panel=study.panel, standing="active").first()
    turn = TurnFactory(task=TaskFactory(study=study, item=item, annotator=person, state="completed"))
    ComparisonFactory(turn=turn)
    Report.objects.create(turn=turn, candidate=turn.candidate_set.candidates.first(), reason=MESSAGE["en"])


def test_pages_of_researchers(page, live_server, addresses):
    for language in LANGUAGES:
        camera = Camera(language, "researcher")
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.goto(f"{live_server.url}/sign-in/")
        camera.take(page, "sign-in")
        sign_in(page, live_server.url)
        for name, address in addresses.items():
            page.goto(live_server.url + address)
            if page.locator("#releases").count():
                page.locator("#release-list").wait_for()
            camera.take(page, name)
        send_forms(page, live_server.url, camera)


def sign_in(page, site):
    client = Client()
    client.force_login(Study.objects.get(slug="everyday").researchers.get())
    page.context.add_cookies([{"name": "sessionid", "value": client.session.session_key, "url": site}])


def send_forms(page, site, camera):
    """Take the pages that only follow a form."""
    page.goto(f"{site}/new-study/")
    page.fill("#id_text", "slug: 1\novrelap: 5\n")
    page.locator("main form button.button").click()
    page.locator(".form-errors").wait_for()
    camera.take(page, "new-study-refused")
    page.goto(f"{site}/studies/everyday/")
    page.locator("form[action$='/invitations/'] button").first.click()
    page.wait_for_url("**/invitations/")
    camera.take(page, "invitation")
    page.goto(f"{site}/studies/draft/")
    prompts = '{"language": "en", "text": "Is it fine to be late?"}\n{"language": "xx", "text": "…"}\nnot a line\n'
    page.set_input_files("#id_file", {"name": "prompts.jsonl", "mimeType": "text/plain", "buffer": prompts.encode()})
    page.locator("form[action$='/prompts/'] button").click()
    page.wait_for_url("**/prompts/")
    camera.take(page, "prompts-loaded")


# ---- the gallery -----------------------------------------------------------------------------------------------------
def test_no_page_is_missing(addresses):
    """Every address of the site is in the gallery, or no page."""
    shown = {resolve(address).url_name for address in addresses.values()} | {"sign_in"}
    for make_place in PLACES:
        shown.add(resolve(make_place("en").address).url_name)
    assert set(named(get_resolver().url_patterns)) - shown - NO_PAGES == set()


def named(patterns):
    for pattern in patterns:
        if inner := getattr(pattern, "url_patterns", None):
            yield from named(inner)
        elif pattern.name and not pattern.name.startswith("api_"):
            yield pattern.name


@pytest.fixture(scope="session", autouse=True)
def _index():
    """Write the page by which the pictures are looked through, once all are taken."""
    yield
    pictures = sorted(FOLDER.glob("*/*.jpg"), key=lambda path: (path.name, LANGUAGES.index(path.parent.name)))
    figures = "\n".join(map(figure, pictures))
    options = "".join(f"<option{' selected' if code == 'en' else ''}>{code}" for code in LANGUAGES)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "index.html").write_text(PAGE.replace("FIGURES", figures).replace("LANGUAGES", options), encoding="utf-8")


def figure(path: Path) -> str:
    audience, name, width, light, _jpg = path.name.split(".")
    place = html.escape(f"{path.parent.name}/{path.name}")
    facts = f'data-language="{path.parent.name}" data-width="{width}" data-light="{light}" data-audience="{audience}"'
    said = f"{name}, {path.parent.name}, {width}, {light}"
    return f'<figure {facts}><a href="{place}"><img src="{place}" loading="lazy" alt="{said}"></a>{said}</figure>'


PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Every page</title>
<style>
  body { font: 1rem/1.4 system-ui; margin: 1rem; }
  main { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
  figure { margin: 0; inline-size: 22rem; font-size: .8rem; }
  img { inline-size: 100%; border: 1px solid #999; }
</style>
<h1>Every page</h1>
<form>
  <select name="audience"><option value="">everybody<option>annotator<option>researcher</select>
  <select name="language"><option value="">all languagesLANGUAGES</select>
  <select name="width"><option value="">all widths<option>360<option>768<option selected>1440</select>
  <select name="light"><option value="">both<option selected>light<option>dark</select>
</form>
<main>FIGURES</main>
<script>
  const form = document.querySelector("form");
  const choose = () => document.querySelectorAll("figure").forEach(figure => {
    figure.hidden = [...new FormData(form)].some(([name, value]) => value && figure.dataset[name] !== value);
  });
  form.addEventListener("change", choose);
  choose();
</script>
</html>
"""
