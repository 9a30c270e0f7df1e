"""Coming from a panel and going back to it in a real browser; the researcher's page of invitations."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from annotators import arriving, inviting
from annotators.identities import Identity
from annotators.models import Annotator
from annotators.sources.interface import Arrival
from tests.annotators.test_people_from_panels import panel_of
from tests.browser.test_accessibility import complaints
from tests.factories import AnnotatorFactory, InvitationFactory, StudyFactory, UserFactory
from tests.matrix import LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)

SENT = "/join/let-me-in/?PROLIFIC_PID=5f0c1a2b3c4d5e6f7a8b9c0d&SESSION_ID=s1"


def test_a_person_comes_finds_no_place_and_goes_back_with_the_code_for_that(phone_page, live_server):
    survey = [{"key": "age", "text": {"en": "Age?"}, "options": [{"key": "18", "text": {"en": "18-34"}}]}]
    panel = panel_of(
        {"kind": "prolific", "codes": {"screened_out": "FULL7"}},
        survey=survey,
        quotas=[{"where": {"age": "18"}, "wanted": 0}],
    )
    panel.quotas.create(where={"age": "18"}, key="age=18", family="age", wanted=0)
    StudyFactory(panel=panel)
    InvitationFactory(panel=panel, token="let-me-in")
    page = phone_page
    page.goto(live_server.url + SENT)
    assert page.url == f"{live_server.url}/join/let-me-in/"
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Agree and continue").click()
    page.get_by_role("link", name="I have kept it: continue").click()
    page.get_by_label("18-34").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for coming")
    back = page.get_by_role("link", name="Back to your panel")
    assert back.get_attribute("href") == "https://app.prolific.com/submissions/complete?cc=FULL7"
    # Once more from the panel, with other answers in mind: the same page.
    page.goto(live_server.url + SENT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for coming")
    assert Annotator.objects.count() == Identity.objects.count() == 1


@pytest.fixture
def researcher(live_server):
    """A researcher's cookies, and a study with links of every kind and people who came."""
    user = UserFactory()
    panel = panel_of({"kind": "generic", "signature": {}})
    study = StudyFactory(slug="everyday", panel=panel, researchers=[user])
    now = timezone.now()
    InvitationFactory(panel=panel, label="<b>Library</b> of Grenoble", used=17)
    InvitationFactory(panel=panel, limit=5, used=5, created_at=now - timedelta(days=1))
    inviting.invite_each(panel=panel, language="fr", number=40, label="letters", now=now - timedelta(days=2))
    for verified in (True, False):
        person = AnnotatorFactory(panel=panel)
        arriving.keep(annotator=person, arrival=Arrival(participant=f"p{verified}", verified=verified), now=now)
    AnnotatorFactory(panel=study.panel, pseudonym="abcdefghjk")
    client = Client()
    client.force_login(user)
    return client.session.session_key


def open_page(page, site, researcher, address, language="en"):
    cookies = {"sessionid": researcher, "django_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    page.goto(site + address)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_not_let_in_reads_why_on_a_page_that_is_fit_for_everybody(phone_page, live_server, language):
    InvitationFactory(panel=panel_of({"kind": "connect"}), token="let-me-in", language=language)
    phone_page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    phone_page.goto(f"{live_server.url}/join/let-me-in/")
    assert complaints(phone_page) == []
    assert phone_page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["/studies/everyday/invitations/", "/studies/everyday/return-links/abcdefghjk/"])
def test_the_pages_of_invitations_are_fit_for_everybody(phone_page, live_server, researcher, address, language):
    open_page(phone_page, live_server.url, researcher, address, language)
    assert complaints(phone_page) == []
    assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_links_are_made_and_revoked_by_keyboard(page, live_server, researcher):
    open_page(page, live_server.url, researcher, "/studies/everyday/invitations/")
    page.get_by_label("How many people it lets in").focus()
    page.keyboard.type("3")
    page.get_by_role("button", name="Make a link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("The link")).to_have_value(re.compile("/join/.+/"))
    page.get_by_role("link", name="Back to the invitations").press("Enter")
    expect(page.get_by_text("0 of 3 used")).to_be_visible()
    page.get_by_role("button", name="Revoke letters").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("40 links let nobody in any more")
    with page.expect_download() as made:
        page.locator("#many_number").fill("2")
        page.get_by_role("button", name="Make and download").press("Enter")
    assert made.value.suggested_filename == "everyday-invitations.csv"


def test_a_return_link_is_replaced_after_one_has_read_what_that_means(page, live_server, researcher):
    open_page(page, live_server.url, researcher, "/studies/everyday/invitations/")
    page.get_by_label("Find somebody by the name under which we know them").fill("abcdefghjk")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Return link of abcdefghjk").click()
    page.get_by_role("button", name="End it and make a new one").click()
    link = page.get_by_label("The link").input_value()
    page.context.clear_cookies()
    page.goto(link)
    assert Annotator.objects.get(pseudonym="abcdefghjk").signed_out_at is not None
    expect(page).to_have_url(re.compile("/(tasks|consent|survey)/"))
