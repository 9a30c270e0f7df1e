"""Comparing recipes in a real browser: begun, followed to its end, read by everybody, with and without a script."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from collection.models import RecipeComparison, Study
from sampling.models import CandidateSet
from tests.browser.test_candidate_sets import client_cookies
from tests.browser.test_researcher_pages import complaints_in_both_lights, open_page
from tests.collection.compared_sets import comparison_of
from tests.factories import PromptFactory, StudyFactory, UserFactory, make_ready
from tests.matrix import BOTH_DIRECTIONS
from tests.sampling.measured_sets import labelled, measured, written

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "/studies/everyday/recipes/new/"
HOSTILE = "<script>document.title = 'owned'</script> {{ 7 }} | an Arabic name: مقارنة"


@pytest.fixture
def researcher():
    return UserFactory()


@pytest.fixture
def study(researcher):
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT, researchers=[researcher])
    for _ in range(2):
        PromptFactory(study=study)
    return study


def one_set(texts, **fields):
    one = labelled(written(list(texts), **fields))
    for of in ("shown", "first-try"):
        measured(one, of=of, mean_distance=0.5, vendi=2.5, relevance=0.3)
    return labelled(one, source="org/judge@abc", b="a")


@pytest.fixture
def comparison(study):
    return comparison_of(
        {
            "diverse": [one_set(texts) for texts in ("abcd", "bcda", "abcd", "abcc")],
            HOSTILE: [one_set(texts, recipe={"method": "independent"}) for texts in ("aaab", "aabb", "aaaa")]
            + [written(None, [("x", ["language"])], rejected=["language"], recipe={"method": "independent"})],
        },
        study=study,
    )


def begin(page):
    page.get_by_role("button", name="Compare them").click()
    page.wait_for_url(re.compile(r"/recipes/\d+/"))


def test_it_is_begun_by_a_form_and_followed_to_its_figures(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, "/studies/everyday/")
    page.goto(live_server.url + NEW)
    page.set_input_files("#id_recipe_files", Path("examples/recipes/independent.yaml"))
    page.get_by_label("later turns: negatively-correlated").uncheck()
    page.get_by_label("Prompts", exact=True).fill("2")
    begin(page)
    comparison = RecipeComparison.objects.get()
    assert [one.name for one in comparison.recipes.all()] == ["first", "independent"]
    expect(page.locator("#comparison")).to_contain_text("0 of 8 sets are ready.")
    expect(page.locator("#comparison-state")).to_have_text("being written")
    for candidate_set in CandidateSet.objects.all():
        make_ready(candidate_set)
    expect(page.get_by_role("heading", name="At a glance")).to_be_visible(timeout=10_000)
    expect(page.locator("#comparison-state")).to_have_text("all ready")
    # Nothing changes any more, so nothing is asked any more.
    assert page.locator("#comparison").get_attribute("hx-get") is None


def test_a_refused_form_says_where_the_fault_is_and_keeps_what_was_typed(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, NEW)
    page.get_by_label("Or as text, each under its name").fill("mine:\n  method: independant\n")
    page.get_by_role("button", name="Compare them").click()
    expect(page.locator(".form-errors")).to_be_focused()
    expect(page.locator(".form-errors")).to_contain_text("Line 2: mine.method must be one of")
    assert page.locator("#id_text").input_value() == "mine:\n  method: independant\n"


def test_a_button_pauses_it_and_the_focus_stays_with_what_it_did(page, live_server, researcher, study):
    open_page(page, live_server.url, researcher, NEW)
    begin(page)
    page.get_by_role("button", name="Pause the writing").click()
    expect(page.locator("#comparison-state")).to_have_text("paused")
    expect(page.locator("#comparison p").first).to_be_focused()
    page.get_by_role("button", name="Go on writing").click()
    expect(page.locator("#comparison-state")).to_have_text("being written")


def test_every_plot_has_its_numbers_below_it(page, live_server, researcher, comparison):
    open_page(page, live_server.url, researcher, f"/studies/everyday/recipes/{comparison.pk}/")
    figure = page.locator("figure", has_text="Mean distance").first
    # Who does not see it is told its name and all its numbers.
    plot = figure.get_by_role("img", name="mean distance")
    expect(plot).to_have_accessible_description(
        f"diverse: First tries as they came: 0.50 (0.50 to 0.50), As shown: 0.50 "
        f"(0.50 to 0.50); {HOSTILE}: First tries as they came: 0.50 (0.50 to 0.50), As shown: 0.50 (0.50 to 0.50)"
    )
    figure.get_by_text("In numbers").click()
    expect(figure.get_by_role("table")).to_contain_text("0.50 to 0.50")
    assert page.title() != "owned"


def test_without_a_script_it_is_begun_read_and_downloaded(browser, live_server, researcher, study, comparison):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    client_cookies(page, live_server.url, researcher)
    page.goto(f"{live_server.url}/studies/everyday/recipes/{comparison.pk}/")
    page.get_by_label("Compare with").select_option(HOSTILE)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("figure svg").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="All figures as CSV").click()
    assert download.value.suggested_filename == f"everyday-recipes-{comparison.pk}-figures.csv"
    page.goto(live_server.url + NEW)
    begin(page)
    page.get_by_role("button", name="Pause the writing").click()
    expect(page.locator("#comparison-state")).to_have_text("paused")
    context.close()


# ---- for everybody's eyes ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_axe_finds_nothing(page, live_server, researcher, comparison, language):
    found = {}
    open_page(page, live_server.url, researcher, f"/studies/everyday/recipes/{comparison.pk}/", language=language)
    page.evaluate("document.querySelectorAll('details.more').forEach(one => { one.open = true })")
    found |= complaints_in_both_lights(page, "comparison")
    open_page(page, live_server.url, researcher, NEW, language=language)
    found |= complaints_in_both_lights(page, "new")
    page.locator("main form button.button").click()
    page.wait_for_url(re.compile(r"/recipes/\d+/"))
    found |= complaints_in_both_lights(page, "being written")
    assert found == {}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_a_phone(phone_page, live_server, researcher, comparison, language):
    for address in (f"/studies/everyday/recipes/{comparison.pk}/", NEW, "/studies/everyday/"):
        open_page(phone_page, live_server.url, researcher, address, language=language)
        phone_page.evaluate("document.querySelectorAll('details.more').forEach(one => { one.open = true })")
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_in_arabic_names_stand_on_the_right_and_numbers_keep_their_sign(page, live_server, researcher, comparison):
    open_page(page, live_server.url, researcher, f"/studies/everyday/recipes/{comparison.pk}/", language="ar")
    plot = page.locator("svg.plot").first
    name, whole = plot.locator(".plot-name").first.bounding_box(), plot.bounding_box()
    assert name["x"] + name["width"] > whole["x"] + whole["width"] - 2
    ticks = plot.locator(".plot-tick")
    assert ticks.first.bounding_box()["x"] < ticks.last.bounding_box()["x"]
