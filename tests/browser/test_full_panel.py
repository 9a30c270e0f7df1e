"""A panel whose quota fills: people come in, one finds it full, one leaves, and the next release lacks them.

Everybody is a browser of their own; releases are written as a worker writes them.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pyarrow import parquet

from annotators import recruiting
from annotators.models import Annotator, Quota
from annotators.panel_file import QuotaPart
from exports import building, intake, snapshot
from exports.models import Release
from tests import audit
from tests.browser.test_accessibility import complaints
from tests.factories import InvitationFactory, ItemFactory, PanelFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

COUNTRY = {
    "key": "country",
    "text": {"en": "Which country do you live in?", "hi": "आप किस देश में रहते हैं?"},
    "required": True,
    "options": [
        {"key": "us", "text": {"en": "United States", "hi": "अमेरिका"}},
        {"key": "in", "text": {"en": "India", "hi": "भारत"}},
    ],
}


@pytest.fixture
def study(settings, tmp_path, monkeypatch):
    """One conversation of one turn each, for two people from the United States."""
    settings.RELEASES_DIR = tmp_path / "releases"
    monkeypatch.setattr(snapshot, "GRACE", timedelta(0))
    panel = PanelFactory(survey=[COUNTRY])
    panel.definition["screened_out"] = {"code": "FULL-7", "pay": "0.50 GBP"}
    panel.save()
    recruiting.load_quotas(panel=panel, parts=[QuotaPart(where={"country": "us"}, wanted=2)])
    study = StudyFactory(
        panel=panel, asks={"tasks_per_annotator": 1, "turns": {"maximum": 1}}, researchers=[UserFactory(username="ada")]
    )
    ItemFactory(study=study, wanted=5)
    ItemFactory(study=study, language="hi", wanted=5)
    for language in ("en", "hi"):
        InvitationFactory(panel=panel, language=language, token=f"come-in-{language}")
    return study


class Visitor:
    """Somebody in a browser of their own."""

    def __init__(self, browser, site, *, language="en"):
        self.page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        self.site, self.language = site, language

    def come_in(self, *, refuse=()):
        page = self.page
        page.goto(f"{self.site}/join/come-in-{self.language}/")
        for box in page.locator("main input[type=checkbox]").all():
            if box.get_attribute("name") not in refuse:
                box.check()
        page.locator("main form button.button").click()
        self.withdrawal_link = page.locator("#withdrawal-link").input_value()
        page.locator("main a.button").click()
        page.locator("input[name=country][value=us]").check()
        page.locator("main form button.button").click()
        return self

    def work(self):
        page = self.page
        page.locator("form[action$='/next/'] button.button").click()
        expect(page.locator(".candidate")).to_have_count(4)
        page.locator("#choice-1").check()
        page.fill("#id_explanation", f"Because of {self.withdrawal_link[-6:]}")
        page.locator("form.compare button.button").click()
        expect(page.locator("form.compare")).to_have_count(0)
        page.goto(f"{self.site}/finished/")
        expect(page.locator(".completion-code")).to_have_value("C0FFEE")
        return self


def release(study):
    made = intake.request_release(study=study, by=None, now=timezone.now())
    building.build(release_id=made.pk)
    made.refresh_from_db()
    assert made.status == Release.Status.DONE, made.failure_detail
    return made, parquet.read_table(made.folder / "data" / "conversations-00000.parquet").to_pylist()


def test_a_panel_fills_screens_out_lets_go_and_the_next_release_lacks_who_left(live_server, browser, study):
    site = live_server.url
    leaving = Visitor(browser, site).come_in().work()
    staying = Visitor(browser, site).come_in(refuse=["training"]).work()

    # The third finds no place: thanked in their language, told the pay, sent back with the right code.
    late = Visitor(browser, site, language="hi").come_in()
    expect(late.page).to_have_url(f"{site}/screened-out/")
    assert late.page.locator("html").get_attribute("lang") == "hi"
    expect(late.page.locator(".completion-code")).to_have_value("FULL-7")
    expect(late.page.locator("main")).to_contain_text("0.50 GBP")
    assert complaints(late.page) == []
    late.page.goto(f"{site}/tasks/")
    expect(late.page).to_have_url(f"{site}/screened-out/")
    assert Annotator.objects.get(standing="screened-out").answers() == {}

    _first, lines = release(study)
    assert len(lines) == 2
    words = {line["first_turn_feedback"] for line in lines}
    assert f"Because of {leaving.withdrawal_link[-6:]}" in words

    # They leave from another device, by their link alone.
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(leaving.withdrawal_link)
    elsewhere.locator("input[name=erase][value=yes]").check()
    elsewhere.locator("input[name=sure]").check()
    assert complaints(elsewhere) == []
    elsewhere.locator("main form button.button").click()
    expect(elsewhere).to_have_url(f"{site}/withdrawn/")
    leaving.page.goto(f"{site}/tasks/")
    expect(leaving.page).to_have_url(f"{site}/")

    second, lines = release(study)
    assert [line["first_turn_feedback"] for line in lines] == [f"Because of {staying.withdrawal_link[-6:]}"]
    everything = b"".join(path.read_bytes() for path in second.folder.rglob("*.csv"))
    assert leaving.withdrawal_link[-6:].encode() not in everything
    assert second.manifest["since_previous"]["people"] == 1
    assert second.manifest["since_previous"]["rows"]["conversations"] == 1
    assert second.manifest["agreed"]["training of models"] == 0

    look_on(browser, site, study)
    # The place is free again, for one.
    Visitor(browser, site).come_in().work()
    assert Quota.objects.get().taken == 2
    assert audit.faults() == []


def look_on(browser, site, study):
    """The researcher sees the quota, and that the older release is given to nobody."""
    page = browser.new_context().new_page()
    researcher = study.researchers.get()
    researcher.set_password("a long enough password")
    researcher.save()
    page.goto(f"{site}/sign-in/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long enough password")
    page.locator("main form button.button").click()
    page.goto(f"{site}/studies/{study.slug}/quotas/")
    row = page.get_by_role("row").filter(has_text="United States")
    expect(row).to_contain_text(re.compile(r"1 of 2"))
    assert row.locator("progress").get_attribute("value") == "50"
    assert row.locator("td").last.inner_text().split()[-1] == "1"
    assert complaints(page) == []
    page.goto(f"{site}/studies/{study.slug}/releases/")
    expect(page.locator("#release-2 a[download]")).to_have_count(1)
    expect(page.locator("#release-1 a[download]")).to_have_count(0)
    expect(page.locator("#release-1")).to_contain_text("somebody in it has withdrawn")
    assert page.request.get(f"{site}/studies/{study.slug}/releases/1/MANIFEST.json").status == 404
    assert complaints(page) == []
