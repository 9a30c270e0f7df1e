"""python -m docs.screenshots [--gallery DIR]: the pictures of the documents, taken of the real demo.

Starts a demo of its own with nothing in it, lets one person in each language work through it, and a researcher look on.
With --gallery every page is taken in every language, light and dark, at three widths, and docs/images/ stays as it is.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tqdm import tqdm

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PATIENCE_SECONDS = 600
DESKTOP = {"viewport": {"width": 1280, "height": 1120}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WIDTHS = {390: 844, 768: 1024, 1440: 900}
SCHEMES = ("light", "dark")
FEW, ENOUGH = 3, 20

# What the documents show: a page in a language, and the name of its file.
PICTURES = {
    "en/task": "comparing",
    "hi/task": "comparing-in-hindi-on-a-phone",
    "ar/task": "comparing-in-arabic",
    "en/study": "study",
    "en/release": "release",
    "ar/study": "study-in-arabic",
}

# Per language: a prompt of one's own, the next message, why an answer was chosen, the study whose panel speaks it.
WORDS = {
    "en": (
        "How can I make my evenings calmer?",
        "How do I begin tomorrow?",
        "It sounds like people I know.",
        "everyday",
    ),
    "fr": ("Comment rendre mes soirées plus calmes ?", "Par où commencer demain ?", "C’est concret.", "everyday"),
    "it": ("Come rendo più tranquille le mie serate?", "Da dove comincio domani?", "Mi sembra onesta.", "everyday"),
    "hi": ("मैं अपनी शामें शांत कैसे बनाऊँ?", "कल से शुरुआत कैसे करूँ?", "यह हमारे घर जैसी बात लगी।", "everyday"),
    "pt": (
        "Como deixo as minhas noites mais calmas?",
        "Por onde começo amanhã?",
        "Parece gente que conheço.",
        "everyday",
    ),
    "ar": ("كيف أجعل أمسياتي أكثر هدوءًا؟", "كيف أبدأ غدًا؟", "تشبه كلام أهلي.", "everyday-arabic"),
}

REFUSED = "slug: a-study\ntitle: What matters\nlanguages: [en, fr]\noverlap: five\nturns: {minimum: 1, maximum: 40}\n"
PROMPTS = '{"language": "en", "text": "Is it fine to be late?"}\n{"language": "xx", "text": "…"}\nnot a line\n'


@dataclass
class Camera:
    """Takes the pictures that are wanted, and says which."""

    folder: Path
    gallery: bool
    bar: tqdm
    taken: set[str] = field(default_factory=set)

    def take(self, page: Page, name: str) -> None:
        """Take a page, if nobody has yet and it is wanted: in one size for the documents, in all for a gallery."""
        if name in self.taken:
            return
        self.taken.add(name)
        page.mouse.move(0, 0)
        if self.gallery:
            self._take_all_sizes(page, name)
        elif name in PICTURES:
            self._save(page, self.folder / f"{PICTURES[name]}.png", whole=False)

    def _take_all_sizes(self, page: Page, name: str) -> None:
        before = page.viewport_size
        for (width, height), scheme in product(WIDTHS.items(), SCHEMES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self._save(page, self.folder / f"{name}-{width}-{scheme}.png", whole=True)
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    def _save(self, page: Page, path: Path, *, whole: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=whole, animations="disabled", caret="hide")
        self.bar.update()


# ---- the demo -------------------------------------------------------------------------------------------------------
@contextmanager
def demo() -> Iterator[str]:
    """Run a demo without a past, and stop it again; yields its address."""
    with tempfile.TemporaryDirectory(prefix="counterpoint-screenshots-") as folder:
        port = _free_port()
        kept = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SITE_URL"}
        }
        environment = kept | {"DATA_DIR": f"{folder}/data", "PORT": str(port)}
        with (Path(folder) / "log").open("w+") as log:
            command = [sys.executable, "-m", "config.demo"]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                _wait_until_ready(process, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], log: IO[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "Sign in with one click" not in Path(log.name).read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The demo did not start:\n{Path(log.name).read_text()}")
        time.sleep(0.5)


# ---- an annotator's way ---------------------------------------------------------------------------------------------
def annotate(page: Page, site: str, language: str, camera: Camera) -> None:
    """Work through all conversations that are asked of one person; a few are enough for the documents."""
    page.goto(f"{site}/demo/annotator/{language}/")
    camera.take(page, f"{language}/consent")
    page.locator("input[type=checkbox]").check()
    page.locator("main form button.button").click()
    camera.take(page, f"{language}/return-link")
    page.locator("main a.button").click()
    camera.take(page, f"{language}/survey")
    _answer(page)
    camera.take(page, f"{language}/tasks")
    for _conversation in range(ENOUGH if camera.gallery else FEW):
        if page.locator(".completion-code").count():
            break
        _begin_next(page)
        if page.locator("main form fieldset.choices").count():
            camera.take(page, f"{language}/last-questions")
            _answer(page)
        else:
            _converse(page, language, camera)
    camera.take(page, f"{language}/finished")
    page.goto(f"{site}/about-you/")
    camera.take(page, f"{language}/about-you")


def _begin_next(page: Page) -> None:
    with page.expect_navigation():
        page.locator("form[action$='/next/'] button.button").click()


def _answer(page: Page) -> None:
    for question in page.locator("fieldset.choices").all():
        question.locator("label").first.click()
    with page.expect_navigation():
        page.locator("main form button.button").click()


def _converse(page: Page, language: str, camera: Camera) -> None:
    """One conversation, from its opening to its end; the first one has a second turn."""
    own, following, because, _study = WORDS[language]
    if page.locator("#id_message").count():
        camera.take(page, f"{language}/own-prompt")
        _send(page, own, language, camera)
    # The answers of the demo model are there to show the way; those that people wrote are worth a picture.
    if not page.locator(".demo-note").count():
        page.wait_for_timeout(300)
        if page.locator(".ballot").is_visible():
            page.locator(".said-now").evaluate("message => message.scrollIntoView()")
        camera.take(page, f"{language}/task")
    _compare(page, because)
    if camera.gallery and page.locator("#id_message").count() and f"{language}/next-message" not in camera.taken:
        camera.take(page, f"{language}/next-message")
        _send(page, following, language, camera)
        _compare(page, because)
    if page.locator(".or-end button").count():
        page.locator(".or-end button").click()
    expect(page.locator("section.done")).to_be_visible()
    camera.take(page, f"{language}/conversation-complete")


def _send(page: Page, message: str, language: str, camera: Camera) -> None:
    # Answers that come while the pictures are taken would end the waiting.
    page.route(re.compile(r"/turns/\d+/progress/"), lambda route: route.abort())
    page.fill("#id_message", message)
    page.locator("#write button.button").click()
    expect(page.locator("#id_message")).to_have_count(0)
    if page.locator("#waiting").count():
        camera.take(page, f"{language}/waiting")
    page.unroute_all()
    page.locator(".candidate").first.wait_for(timeout=PATIENCE_SECONDS * 1000)


def _compare(page: Page, because: str) -> None:
    ways = "label[for=choice-1]:visible, label:has(#choice-1):visible"
    page.locator(ways).first.click()
    page.fill("#id_explanation", because)
    page.locator("form.compare button.button").click()
    expect(page.locator("form.compare")).to_have_count(0)


# ---- a researcher's pages -------------------------------------------------------------------------------------------
def manage(page: Page, site: str, language: str, camera: Camera) -> None:
    """Look at the study in whose panel people speak this language, in this language."""
    slug = WORDS[language][3]
    study = f"{site}/studies/{slug}/"
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    page.goto(f"{site}/sign-in/")
    camera.take(page, f"{language}/sign-in")
    page.goto(f"{site}/demo/researcher/")
    camera.take(page, f"{language}/studies")
    page.goto(f"{site}/studies/new/")
    camera.take(page, f"{language}/new-study")
    page.fill("#id_text", REFUSED)
    page.locator("main form button.button").click()
    camera.take(page, f"{language}/new-study-refused")
    _release(page, study)
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
        page.locator("#release-list a[download]").wait_for(timeout=PATIENCE_SECONDS * 1000)


def _write_forms(page: Page, study: str, language: str, camera: Camera) -> None:
    page.goto(study)
    page.locator("form[action$='/invitations/'] button").click()
    camera.take(page, f"{language}/invitation")
    page.goto(study)
    file = {"name": "prompts.jsonl", "mimeType": "text/plain", "buffer": PROMPTS.encode()}
    page.set_input_files("#id_file", file)  # type: ignore[arg-type]
    page.locator("form[action$='/prompts/'] button").click()
    camera.take(page, f"{language}/prompts-loaded")


# ---- all of it ------------------------------------------------------------------------------------------------------
def context_for(browser: Browser, language: str, *, gallery: bool) -> BrowserContext:
    """Return a browser of somebody: in the documents' pictures Hindi is read on a phone."""
    phone = language == "hi" and not gallery
    context = browser.new_context(**(PHONE if phone else DESKTOP), locale=language, color_scheme="light")
    context.set_default_timeout(60_000)
    return context


def walk(browser: Browser, site: str, camera: Camera) -> None:
    """Let everybody do their part, one after the other."""
    for steps, language in product((annotate, manage), WORDS):
        camera.bar.set_description(f"{steps.__name__} ({language})")
        context = context_for(browser, language, gallery=camera.gallery)
        steps(context.new_page(), site, language, camera)
        context.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the documents.")
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="every page in every language, into this folder")
    gallery = parser.parse_args().gallery
    program = chromium.find() or sys.exit(chromium.MISSING)
    with demo() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        with tqdm(total=None if gallery else len(PICTURES), unit="picture") as bar:
            walk(browser, site, Camera(folder=gallery or IMAGES, gallery=bool(gallery), bar=bar))
        browser.close()


if __name__ == "__main__":
    main()
