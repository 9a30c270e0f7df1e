"""While answers are written: what the page says, what it asks the server, and what a person can do meanwhile."""

import pytest
from playwright.sync_api import expect

from collection import following
from sampling.models import CandidateSet
from tests.factories import CandidateSetFactory, ComparisonFactory, StudyFactory, TaskFactory, TurnFactory, make_ready
from tests.serving import served
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waits():
    """A person's second turn, whose answers are asked for."""
    task = TaskFactory(study=StudyFactory(asks={"turns": {"maximum": 2}}))
    ComparisonFactory(turn=TurnFactory(task=task))
    return TurnFactory(task=task, number=2, candidate_set=CandidateSetFactory(requested=True, urgent=True))


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(following, "LOOK_EVERY_SECONDS", 0.1)
    with served() as address:
        yield address


def open_task(page, site, task, asked=None):
    if asked is not None:
        page.on("request", lambda request: asked.append(request.url.removeprefix(site)))
    let_in(page.context, site, task.annotator)
    page.goto(f"{site}/tasks/{task.pk}/")


def about(asked, part):
    return [address for address in asked if part in address]


# ---- what the page says, and what it asks ----------------------------------------------------------------------------
def test_the_page_is_told_and_does_not_ask(page, site, waits):
    before = CandidateSetFactory(requested=True, urgent=True, requested_at=waits.candidate_set.requested_at)
    CandidateSet.objects.filter(pk=waits.candidate_set_id).update(requested_at=before.requested_at.replace(year=2099))
    asked = []
    open_task(page, site, waits.task, asked)
    expect(page.locator("#waiting-words")).to_contain_text("1 other conversation comes first.")
    make_ready(before)
    expect(page.locator("#waiting-words")).not_to_contain_text("comes first")
    assert about(asked, "/progress/") == []
    make_ready(waits.candidate_set)
    expect(page.locator(".candidate")).to_have_count(4)
    expect(page.locator("#question")).to_be_focused()
    assert len(about(asked, "/progress/")) == 1
    assert len(about(asked, "/events/")) == 1


def test_a_page_that_nobody_sees_is_told_nothing_and_asks_nothing(page, site, waits):
    page.add_init_script("Object.defineProperty(document, 'visibilityState', {get: () => window.seen || 'hidden'})")
    asked = []
    open_task(page, site, waits.task, asked)
    page.wait_for_timeout(2500)
    assert about(asked, "/events/") == about(asked, "/progress/") == []
    see(page, "visible")
    expect(page.locator("#waiting")).to_have_attribute("data-look-every", "20")
    assert following.LOOKOUT.followers == 1
    see(page, "hidden")
    page.wait_for_timeout(300)
    assert following.LOOKOUT.followers == 0


def see(page, state):
    page.evaluate("state => { window.seen = state; document.dispatchEvent(new Event('visibilitychange')) }", state)


def test_where_no_stream_is_to_be_had_the_page_asks(page, site, waits, monkeypatch):
    monkeypatch.setattr(following, "MOST", 0)
    asked = []
    open_task(page, site, waits.task, asked)
    make_ready(waits.candidate_set)
    expect(page.locator(".candidate")).to_have_count(4)
    assert len(about(asked, "/events/")) == 1


def test_a_stream_that_breaks_off_is_taken_up_again(page, site, waits, monkeypatch):
    monkeypatch.setattr(following, "LONGEST_SECONDS", 0.3)
    asked = []
    open_task(page, site, waits.task, asked)
    with page.expect_request("**/events/**"):
        page.wait_for_timeout(1)
    make_ready(waits.candidate_set)
    expect(page.locator(".candidate")).to_have_count(4)


# ---- when it fails ---------------------------------------------------------------------------------------------------
def test_what_fails_is_tried_once_more_by_itself_and_then_another_conversation_is_offered(page, site, waits):
    open_task(page, site, waits.task)
    fail(waits)
    expect(page.locator("#waiting-words")).to_contain_text("this is another one")
    assert CandidateSet.objects.get(pk=waits.candidate_set_id).status == "requested"
    fail(waits)
    expect(page.locator(".notice")).to_be_focused()
    page.get_by_role("button", name="Take another conversation").click()
    expect(page).to_have_url(f"{site}/tasks/")
    waits.task.refresh_from_db()
    assert (waits.task.state, waits.task.left_because) == ("abandoned", "failed")


def fail(turn):
    CandidateSet.objects.filter(pk=turn.candidate_set_id).update(status="failed", failure="no-fit-set")
