"""What people do in the demo while its pictures are taken: an annotator in each language, and a researcher."""

import re
from typing import NamedTuple, Protocol

from playwright.sync_api import Page, expect

# A live answer is written within seconds, or within minutes where the machine is busy.
PATIENCE_MILLISECONDS = 600_000
FEW, ENOUGH = 3, 20


class Camera(Protocol):
    """Is offered every page on the way, by name."""

    gallery: bool
    """Whether every page is wanted."""
    taken: set[str]

    def take(self, page: Page, name: str) -> None:
        """Take a picture of a page, if it is wanted."""


class Words(NamedTuple):
    """What the person of a language says, in which study."""

    own_prompt: str
    next_message: str
    because: str
    study: str = "everyday"


WORDS = {
    "en": Words("How can I make my evenings calmer?", "How do I begin tomorrow?", "It sounds like people I know."),
    "hi": Words("मैं अपनी शामें शांत कैसे बनाऊँ?", "कल से शुरुआत कैसे करूँ?", "यह हमारे घर जैसी बात लगी।"),
    "ar": Words("كيف أجعل أمسياتي أكثر هدوءًا؟", "كيف أبدأ غدًا؟", "تشبه كلام أهلي.", "everyday-arabic"),
    "fr": Words("Comment rendre mes soirées plus calmes ?", "Par où commencer demain ?", "C’est concret."),
    "it": Words("Come rendo più tranquille le mie serate?", "Da dove comincio domani?", "Mi sembra onesta."),
    "pt": Words("Como deixo as minhas noites mais calmas?", "Por onde começo amanhã?", "Parece gente que conheço."),
}

REFUSED = "slug: a-study\ntitle: What matters\nlanguages: [en, fr]\noverlap: five\nturns: {minimum: 1, maximum: 40}\n"
PROMPTS = '{"language": "en", "text": "Is it fine to be late?"}\n{"language": "xx", "text": "…"}\nnot a line\n'


# ---- an annotator's way ---------------------------------------------------------------------------------------------
def annotate(page: Page, site: str, language: str, camera: Camera) -> None:
    """Work through all conversations that are asked of one person; a few are enough for the documents."""
    page.goto(f"{site}/demo/annotator/{language}/")
    camera.take(page, f"{language}/consent")
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    go(page, "main form button.button")
    camera.take(page, f"{language}/return-link")
    go(page, "main a.button")
    camera.take(page, f"{language}/survey")
    answer(page)
    camera.take(page, f"{language}/tasks")
    for _conversation in range(ENOUGH if camera.gallery else FEW):
        begin_next(page)
        if page.locator("main form fieldset.choices").count():
            camera.take(page, f"{language}/last-questions")
            answer(page)
        elif not _is_finished(page):
            _converse(page, language, camera)
        if _is_finished(page):
            break
    camera.take(page, f"{language}/finished")
    page.goto(f"{site}/about-you/")
    camera.take(page, f"{language}/about-you")


def go(page: Page, selector: str) -> None:
    """Click something that leads to another page, and wait until that is there."""
    with page.expect_navigation():
        page.locator(selector).first.click()


def begin_next(page: Page) -> None:
    """Go on to the next conversation."""
    before = page.url
    page.locator("form[action$='/next/'] button.button").first.click()
    # Shown in place after a task, as a page of its own after a pause: in both cases at another address.
    page.wait_for_url(lambda url: url != before)


def _is_finished(page: Page) -> bool:
    return page.locator(".completion-code").count() > 0


def answer(page: Page) -> None:
    """Take the first answer to each question of a form, and send it."""
    for question in page.locator("fieldset.choices").all():
        question.locator("label").first.click()
    go(page, "main form button.button")


def _converse(page: Page, language: str, camera: Camera) -> None:
    """One conversation, from its opening to its end; in a gallery the first one has a second turn."""
    words = WORDS[language]
    while not camera.gallery and _is_less_worth_a_picture(page):
        skip(page)
    if page.locator("#id_message").count():
        camera.take(page, f"{language}/own-prompt")
        _send(page, words.own_prompt, language, camera)
    if not page.locator(".demo-note").count():
        _show_the_answers(page)
        camera.take(page, f"{language}/task")
    _compare(page, words.because)
    if camera.gallery and page.locator("#id_message").count() and f"{language}/next-message" not in camera.taken:
        camera.take(page, f"{language}/next-message")
        _send(page, words.next_message, language, camera)
        _compare(page, words.because)
    if page.locator(".or-end button").count():
        page.locator(".or-end button").click()
    expect(page.locator("section.done")).to_be_visible()
    camera.take(page, f"{language}/conversation-complete")


def _is_less_worth_a_picture(page: Page) -> bool:
    # The answers of the demo model are there to show the way; those that people wrote are worth reading.
    return page.locator("#id_message, .demo-note").count() > 0


def skip(page: Page) -> None:
    """Leave a conversation for the next one."""
    go(page, ".task-foot a[href$='/skip/']")
    answer(page)
    begin_next(page)


def _show_the_answers(page: Page) -> None:
    page.wait_for_timeout(300)
    if page.locator(".ballot").is_visible():
        page.locator(".said-now").evaluate("message => message.scrollIntoView()")


def _send(page: Page, message: str, language: str, camera: Camera) -> None:
    # Answers that come while the pictures are taken would end the waiting.
    page.route(re.compile(r"/turns/\d+/progress/"), lambda route: route.abort())
    page.fill("#id_message", message)
    page.locator("#write button.button").click()
    expect(page.locator("#id_message")).to_have_count(0)
    if page.locator("#waiting").count():
        camera.take(page, f"{language}/waiting")
    page.unroute_all()
    page.locator(".candidate").first.wait_for(timeout=PATIENCE_MILLISECONDS)


def _compare(page: Page, because: str) -> None:
    ways = "label[for=choice-1]:visible, label:has(#choice-1):visible"
    page.locator(ways).first.click()
    page.fill("#id_explanation", because)
    page.locator("form.compare button.button").click()
    expect(page.locator("form.compare")).to_have_count(0)


# ---- a researcher's pages -------------------------------------------------------------------------------------------
def manage(page: Page, site: str, language: str, camera: Camera) -> None:
    """Look at the study in whose panel people speak this language, in this language."""
    slug = WORDS[language].study
    study = f"{site}/studies/{slug}/"
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    page.goto(f"{site}/sign-in/")
    camera.take(page, f"{language}/sign-in")
    page.goto(f"{site}/demo/researcher/")
    camera.take(page, f"{language}/studies")
    page.goto(f"{site}/new-study/")
    camera.take(page, f"{language}/new-study")
    page.fill("#id_text", REFUSED)
    go(page, "main form button.button")
    camera.take(page, f"{language}/new-study-refused")
    _release(page, study)
    page.goto(study)
    page.locator("#release-list").wait_for()
    camera.take(page, f"{language}/study")
    for name, address in {
        "preview": f"{study}preview/{language}/",
        "change-study": f"{study}file/",
        "close": f"{study}close/",
        "releases": f"{study}releases/",
        "release": f"{study}releases/1/",
    }.items():
        page.goto(address)
        page.wait_for_timeout(300)
        camera.take(page, f"{language}/{name}")
    _write_forms(page, study, language, camera)


def _release(page: Page, study: str) -> None:
    """Ask for a release on the study's page, if it has none, and wait for it."""
    page.goto(study)
    page.locator("#release-list").wait_for()
    if not page.locator("#release-list a[download]").count():
        page.locator("#release-list form button").click()
        page.locator("#release-list a[download]").wait_for(timeout=PATIENCE_MILLISECONDS)


def _write_forms(page: Page, study: str, language: str, camera: Camera) -> None:
    page.goto(study)
    go(page, "form[action$='/invitations/'] button")
    camera.take(page, f"{language}/invitation")
    page.goto(study)
    file = {"name": "prompts.jsonl", "mimeType": "text/plain", "buffer": PROMPTS.encode()}
    page.set_input_files("#id_file", file)  # type: ignore[arg-type]
    go(page, "form[action$='/prompts/'] button")
    camera.take(page, f"{language}/prompts-loaded")
