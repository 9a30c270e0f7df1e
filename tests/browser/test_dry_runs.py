"""A dry run in a real browser: a button, simulated people at work, and what came of it, drawn."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from collection import jobs
from collection.models import DryRun
from tests.browser.test_researcher_pages import complaints_in_both_lights, open_page
from tests.collection.simulation.studies import study_with
from tests.factories import UserFactory
from tests.matrix import BOTH_DIRECTIONS

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def researcher():
    return UserFactory()


@pytest.fixture
def study(researcher):
    study = study_with(items=4, overlap={"wanted": 2, "per": "country"}, quotas={"us": 3, "fr": 2, "in": 1})
    study.researchers.add(researcher)
    return study


@pytest.fixture
def done(study, live_server, settings):
    """A dry run that has ended, with an error and somebody who was turned away."""
    settings.SITE_URL = live_server.url
    asked = DryRun.objects.create(of=study, people=8, seed=3)
    jobs.run_dry_run(dry_run_id=asked.pk)
    asked.refresh_from_db()
    asked.result |= {"errors": 1, "what_went_wrong": {"NotAsExpected: <b>500</b> at /tasks/7/": 1}}
    asked.save()
    return asked


def test_it_is_started_by_a_button_and_followed_to_its_end(page, live_server, settings, researcher, study):
    settings.SITE_URL = live_server.url
    open_page(page, live_server.url, researcher, f"/studies/{study.slug}/")
    page.get_by_label("Simulated people").fill("5")
    page.get_by_role("button", name="Start a dry run").click()
    page.wait_for_url(re.compile(r"/dry-runs/\d+/"))
    expect(page.locator("#dry-run")).to_contain_text("0 of 5 people are done.")

    jobs.run_dry_run(dry_run_id=DryRun.objects.get().pk)

    expect(page.get_by_role("heading", name="Quotas reached")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("progressbar", name="United States", exact=True)).to_have_attribute("max", "3")
    # Nothing changes any more, so nothing is asked any more.
    assert page.locator("#dry-run").get_attribute("hx-get") is None
    page.get_by_role("link", name="The copy").click()
    expect(page.locator(".notice")).to_contain_text("SIMULATED")


@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing(page, live_server, researcher, study, done, language):
    open_page(page, live_server.url, researcher, pages_of(study, done)["result"], language=language)
    take(page, f"result-{language}")
    assert complaints_in_both_lights(page, "result") == {}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_a_phone(phone_page, live_server, researcher, study, done, language):
    for name, address in pages_of(study, done).items():
        open_page(phone_page, live_server.url, researcher, address, language=language)
        take(phone_page, f"{name}-{language}-phone")
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def pages_of(study, done):
    return {
        "study": f"/studies/{study.slug}/",
        "result": f"/studies/{study.slug}/dry-runs/{done.pk}/",
        "copy": f"/studies/{done.study.slug}/",
    }


def take(page, name):
    """Keep a picture in the folder that PICTURES names, for who looks at the pages."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True, animations="disabled")
