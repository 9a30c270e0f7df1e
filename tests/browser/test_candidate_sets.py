"""The candidate sets on a study's page in a real browser: why some failed, asked for again, followed to their end."""

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from collection import writing_ahead
from collection.models import Item, Study
from sampling.models import CandidateSet
from tests.browser.test_accessibility import complaints
from tests.browser.test_researcher_pages import open_page
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, UserFactory, make_ready
from tests.matrix import BOTH_DIRECTIONS

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/studies/everyday/"


@pytest.fixture
def researcher():
    return UserFactory()


@pytest.fixture
def study(researcher):
    """A draft of which two sets failed for different reasons, two prompts have no set, and one is ready."""
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT, researchers=[researcher])
    recipe = study.version.first_recipe
    for reason, detail in [("model-not-loadable", "there is no folder <b>/srv/model</b>"), ("unfit", "too-few")]:
        broken = CandidateSetFactory(failed=True, failure=reason, failure_detail=detail, recipe=recipe)
        ItemFactory(study=study, candidate_set=broken)
    ItemFactory(study=study, candidate_set=None)
    ItemFactory(study=study, candidate_set=None, language="fr")
    ItemFactory(study=study)
    return study


def test_failed_sets_say_why_and_are_asked_for_again_by_a_button(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, PAGE)
    part = page.locator("#candidate-sets")
    expect(part).to_contain_text("1 set: The model could not be loaded.")
    expect(part).to_contain_text("1 set: The model wrote no complete set of answers that could be shown.")
    expect(part.locator("#candidate-sets-state")).to_have_text("some missing")
    part.get_by_text("What else is known").first.click()
    expect(part.locator("code").first).to_have_text("there is no folder <b>/srv/model</b>")

    again = part.locator("li", has_text="The model could not be loaded.").get_by_role("button", name="Ask again")
    expect(again).to_have_accessible_description("1 set: The model could not be loaded.")
    again.click()
    expect(part).not_to_contain_text("The model could not be loaded.")
    expect(part.locator("#candidate-sets-state")).to_have_text("being written")
    assert CandidateSet.objects.filter(status="requested").count() == 1
    # Who works without a mouse or by ear goes on from the figures.
    expect(part.locator("#writing p").first).to_be_focused()


def test_it_is_followed_until_the_last_set_is_there(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, PAGE)
    part = page.locator("#candidate-sets")
    part.get_by_role("button", name="Have the missing answers written").click()
    expect(part).to_contain_text("2 waiting")
    for candidate_set in CandidateSet.objects.requested():
        make_ready(candidate_set)
    expect(part).to_contain_text("3 of 5 prompts have their answers.", timeout=10_000)
    expect(part.locator("#candidate-sets-state")).to_have_text("some failed")
    # Nothing is written any more, so nothing is asked any more.
    assert part.locator("#writing").get_attribute("hx-get") is None


def test_the_button_under_the_finger_stays_there_while_the_figures_change(page, live_server, researcher, study):
    writing_ahead.ask(study=study, now=timezone.now())
    open_page(page, live_server.url, researcher, PAGE)
    part = page.locator("#candidate-sets")
    part.get_by_role("button", name="Pause the writing").focus()
    part.get_by_text("What else is known").first.click()
    part.get_by_role("button", name="Pause the writing").focus()
    make_ready(CandidateSet.objects.requested()[0])
    expect(part).to_contain_text("2 of 5 prompts", timeout=10_000)
    expect(part.get_by_role("button", name="Pause the writing")).to_be_focused()
    expect(part.locator("code").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(part.locator("#candidate-sets-state")).to_have_text("paused")
    study.refresh_from_db()
    assert study.batch.paused_at is not None


def test_without_a_script_the_buttons_work_too(browser, live_server, researcher, study):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    client_cookies(page, live_server.url, researcher)
    page.goto(live_server.url + PAGE)
    page.get_by_role("button", name="Have the missing answers written").click()
    expect(page.locator("#candidate-sets")).to_contain_text("2 waiting")
    context.close()
    assert not Item.objects.filter(study=study, candidate_set=None).exists()


def client_cookies(page, site, researcher):
    client = Client()
    client.force_login(researcher)
    page.context.add_cookies([{"name": "sessionid", "value": client.session.session_key, "url": site}])


@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing(page, live_server, researcher, study, language):
    writing_ahead.ask(study=study, now=timezone.now())
    open_page(page, live_server.url, researcher, PAGE, language=language)
    page.locator("#candidate-sets summary").first.click()
    assert complaints(page) == []
