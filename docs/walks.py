"""What people do in the demo while its pictures are taken: an annotator in each language, and a researcher."""

from typing import NamedTuple, Protocol

from playwright.sync_api import Page, expect

# Writing a release takes seconds, or minutes where the machine is busy.
PATIENCE_MILLISECONDS = 600_000
CONVERSATIONS = 3


class Camera(Protocol):
    """Is offered pages on the way, by name."""

    def take(self, page: Page, name: str) -> None:
        """Take a picture of a page, if it is wanted."""


class Words(NamedTuple):
    """What the person of a language says, in which study."""

    because: str
    study: str = "everyday"


WORDS = {
    "en": Words("It sounds like people I know."),
    "hi": Words("यह हमारे घर जैसी बात लगी।"),
    "ar": Words("تشبه كلام أهلي.", "everyday-arabic"),
    "fr": Words("C’est concret."),
    "it": Words("Mi sembra onesta."),
    "pt": Words("Parece gente que conheço."),
}


# ---- an annotator's way ---------------------------------------------------------------------------------------------
def annotate(page: Page, site: str, language: str, camera: Camera) -> None:
    """Come in, and work through some conversations."""
    come_in(page, site, language)
    for _conversation in range(CONVERSATIONS):
        begin_next(page)
        if page.locator(".completion-code").count():
            break
        _converse(page, language, camera)


def come_in(page: Page, site: str, language: str) -> None:
    """Agree, keep the link, and answer what is asked first."""
    page.goto(f"{site}/demo/annotator/{language}/")
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    _go(page, "main form button.button")
    _go(page, "main a.button")
    _answer(page)


def begin_next(page: Page) -> None:
    """Go on to the next conversation."""
    before = page.url
    page.locator("form[action$='/next/'] button.button").first.click()
    # Shown in place after a task, as a page of its own after a pause: in both cases at another address.
    page.wait_for_url(lambda url: url != before)


def find_answers_of_people(page: Page) -> None:
    """Leave conversations whose answers the demo model wrote or is to write: they are there to show the way."""
    while page.locator("#id_message, .demo-note").count():
        _go(page, ".task-foot a[href$='/skip/']")
        _answer(page)
        begin_next(page)


def _go(page: Page, selector: str) -> None:
    """Click something that leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def _answer(page: Page) -> None:
    for question in page.locator("fieldset.choices").all():
        question.locator("label").first.click()
    _go(page, "main form button.button")


def _converse(page: Page, language: str, camera: Camera) -> None:
    """One conversation, from its opening to its end."""
    find_answers_of_people(page)
    _show_the_answers(page)
    camera.take(page, f"{language}/task")
    page.locator("label[for=choice-1]:visible, label:has(#choice-1):visible").first.click()
    page.fill("#id_explanation", WORDS[language].because)
    page.locator("form.compare button.button").last.click()
    expect(page.locator("form.compare")).to_have_count(0)
    if page.locator(".or-end button").count():
        page.locator(".or-end button").click()
    expect(page.locator("section.done")).to_be_visible()


def _show_the_answers(page: Page) -> None:
    page.wait_for_timeout(300)
    if page.locator(".ballot").is_visible():
        page.locator(".said-now").evaluate("message => message.scrollIntoView()")


# ---- a researcher's pages -------------------------------------------------------------------------------------------
def manage(page: Page, site: str, language: str, camera: Camera) -> None:
    """Look at the study in whose panel people speak this language, in this language, and at a release of it."""
    study = f"{site}/studies/{WORDS[language].study}/"
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    page.goto(f"{site}/demo/researcher/")
    _release(page, study)
    for name, address in {"study": study, "release": f"{study}releases/1/"}.items():
        page.goto(address)
        page.wait_for_timeout(300)
        camera.take(page, f"{language}/{name}")


def _release(page: Page, study: str) -> None:
    """Ask for a release on the study's page, if it has none, and wait for it."""
    page.goto(study)
    page.locator("#release-list").wait_for()
    if not page.locator("#release-list a[download]").count():
        page.locator("#release-list form button").click()
        page.locator("#release-list a[download]").wait_for(timeout=PATIENCE_MILLISECONDS)
