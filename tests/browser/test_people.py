"""Pages about people in a real browser: what stopped people read, what researchers see, what the page measures."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotators import qualification, standing
from collection import pay
from collection.models import Comparison, Turn
from tests.browser.places import MESSAGE, TEXTS
from tests.browser.test_accessibility import complaints
from tests.collection.test_pay import PAY, paid_panel
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.matrix import BOTH_DIRECTIONS
from tests.signed_in import let_in

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
HOSTILE = "<script>document.title = 'owned'</script> {{ 7 }} & “quotes”"


def a_panel():
    """Return a study of a paid panel with people of every standing, and the one who wrote to the researchers."""
    floor = {"hourly": 9, "per": "country", "of": {"in": 4}}
    ada = UserFactory(username="ada")
    study = StudyFactory(
        slug="everyday",
        panel=paid_panel({**PAY, "floor": floor}),
        researchers=[ada],
        asks={"attention": {"share": 0.1, "flag_after": 1, "pause_after": 2}, "timing": {"flag_share": 0.5}},
    )
    for number in range(12):
        country = "in" if number % 2 else "us"
        answers = {"country": country, "age": "55+", "gender": "other"}
        person = AnnotatorFactory(panel=study.panel, language="hi" if number % 2 else "en", answers=answers)
        work(study, person, number)
        for _each in range(2 if number % 2 and number < 9 else 0):
            qualification.record(annotator=person, kind="attention", passed=False, now=timezone.now())
        qualification.record(annotator=person, kind="attention", passed=True, now=timezone.now())
        standing.judge_attention(annotator=person, flag_after=1, pause_after=2, now=timezone.now())
    stopped = study.panel.annotators.filter(standing="paused").first()
    standing.appeal(annotator=stopped, text=HOSTILE, now=timezone.now())
    standing.end(annotator=study.panel.annotators.last(), by=ada, reason=HOSTILE, now=timezone.now())
    pay.settle_panel(panel=study.panel, now=timezone.now())
    return study, stopped


def work(study, person, number):
    for slot in (0, 0, number % 4):
        task = TaskFactory(study=study, annotator=person, state="completed", finished_at=NOW)
        turn = TurnFactory(task=task, recorded_at=NOW - timedelta(seconds=200), shown_at=NOW - timedelta(seconds=200))
        ComparisonFactory(turn=turn, slot=slot, recorded_at=NOW - timedelta(seconds=10 * number), device="phone")


@pytest.fixture
def signed_in(live_server):
    def sign_in(page, language="en"):
        study, stopped = a_panel()
        client = Client()
        client.force_login(study.researchers.get())
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
        )
        return study, stopped

    return sign_in


@pytest.mark.parametrize("language", BOTH_DIRECTIONS)
def test_pages_about_people_are_fit_for_everybody(page, live_server, signed_in, language):
    _study, stopped = signed_in(page, language)
    found = {}
    for address in ("/studies/everyday/people/", f"/studies/everyday/people/{stopped.pseudonym}/"):
        page.goto(live_server.url + address)
        page.emulate_media(reduced_motion="reduce")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if said := complaints(page):
                found[address, theme] = said
    assert found == {}
    assert "owned" not in page.title()


def test_pages_about_people_fit_on_a_phone(phone_page, live_server, signed_in):
    _study, stopped = signed_in(phone_page, "hi")
    for address in ("/studies/everyday/people/", f"/studies/everyday/people/{stopped.pseudonym}/"):
        phone_page.goto(live_server.url + address)
        assert complaints(phone_page) == []
        assert phone_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_a_person_is_paused_and_reads_why(page, live_server, signed_in, browser):
    study, _stopped = signed_in(page)
    person = study.panel.annotators.filter(standing="active").first()
    page.goto(f"{live_server.url}/studies/everyday/people/{person.pseudonym}/")
    page.fill("#id_reason", "We look at something of ours.")
    page.click("button[value=pause]")
    page.wait_for_selector("text=Let them go on")
    theirs = browser.new_context()
    let_in(theirs, live_server.url, person)
    window = theirs.new_page()
    window.goto(f"{live_server.url}/tasks/")
    assert window.url.endswith("/standing/")
    assert "We look at something of ours." in window.inner_text("main")
    window.fill("#id_text", "I only read fast.")
    window.click("main form button.button")
    window.wait_for_selector("text=Not answered yet.")
    theirs.close()
    page.reload()
    assert "I only read fast." in page.inner_text("main")


# ---- what the page measures ------------------------------------------------------------------------------------------
@pytest.fixture
def turn():
    asked = dict.fromkeys(["en"], MESSAGE["en"])
    study = StudyFactory(asks={"languages": ["en"], "questions": {"choice": asked, "explanation": asked}})
    annotator = AnnotatorFactory(panel=study.panel)
    task = TaskFactory(study=study, annotator=annotator, item=None, overlap=None)
    shown = CandidateSetFactory(texts=TEXTS["en"])
    return TurnFactory(task=task, message=MESSAGE["en"], candidate_set=shown)


PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const box = document.querySelector("textarea");
    box.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
    box.value += text;
    box.dispatchEvent(new Event("input", {bubbles: true}));
}"""


def compare(page):
    page.locator("label[for=choice-1]:visible, label:has(#choice-1):visible").first.click()
    page.locator("form.compare button.button").click()
    page.wait_for_selector("form.compare", state="detached")


def test_time_device_and_the_number_of_pasted_characters_come_with_the_choice(page, live_server, turn):
    let_in(page.context, live_server.url, turn.task.annotator)
    page.goto(f"{live_server.url}/tasks/{turn.task_id}/")
    page.evaluate(PASTE, "twenty characters, ok")
    page.wait_for_timeout(1200)
    compare(page)
    kept = Comparison.objects.get()
    assert (kept.device, kept.pasted_characters) == ("computer", 21)
    assert 1.0 <= kept.seconds_visible < 30
    assert kept.explanation == "twenty characters, ok"


def test_what_was_measured_outlives_a_reload_and_is_not_counted_twice(page, live_server, turn):
    let_in(page.context, live_server.url, turn.task.annotator)
    page.goto(f"{live_server.url}/tasks/{turn.task_id}/")
    page.evaluate(PASTE, "it was pasted")
    page.wait_for_timeout(1200)
    page.reload()
    compare(page)
    kept = Comparison.objects.get()
    assert kept.pasted_characters == 13
    assert kept.seconds_visible >= 1.0
    page.fill("#id_message", "And then?")
    page.locator("#write button.button").click()
    page.wait_for_selector("#id_message", state="detached")
    assert Turn.objects.get(number=2).pasted_characters == 0


def test_typing_is_no_pasting_and_a_phone_is_a_phone(phone_page, live_server, turn):
    let_in(phone_page.context, live_server.url, turn.task.annotator)
    phone_page.goto(f"{live_server.url}/tasks/{turn.task_id}/")
    phone_page.locator("#id_explanation").press_sequentially("I typed this.")
    compare(phone_page)
    kept = Comparison.objects.get()
    assert (kept.device, kept.pasted_characters) == ("phone", 0)
