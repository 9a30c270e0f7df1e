"""What people do in a browser, and what becomes of it: steps that tests of the whole way share."""

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from annotators import enrolment
from collection.models import Study

PATIENCE = 60_000

READ_BACK = """
import json, sys
from datasets import load_dataset
folder, names = sys.argv[1], sys.argv[2:]
tables = {name: load_dataset(folder, name, split="train").to_list() for name in names}
tables["default"] = load_dataset(folder, split="train").to_list()
print(json.dumps(tables, default=str))
"""


@dataclass
class Done:
    """What one person saw and did in one turn, as their screen showed it."""

    message: str
    shown: list[str]
    choice: int | None
    explanation: str


@dataclass
class Person:
    """Somebody in a browser, and what they did."""

    page: Page
    turns: list[Done] = field(default_factory=list)


def plain(text: str) -> str:
    """Return a text as it reads on a page: without Markdown's signs, single spaces."""
    return " ".join(re.sub(r"\*\*|^- |^\d+\. ", "", text, flags=re.MULTILINE).split())


# ---- what people do ------------------------------------------------------------------------------------------------
def come_in(page: Page, site: str, study: Study, *, language: str, country: str) -> Person:
    _invitation, token = enrolment.invite(
        panel=study.panel, language=language, answers={"country": country}, limit=1, now=timezone.now()
    )
    page.goto(f"{site}/join/{token}/")
    assert page.locator("html").get_attribute("lang") == language
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    page.locator("main form button.button").click()
    link = page.locator("#return-link").input_value()
    assert link.startswith(f"{site}/return/")
    page.locator("a.button").click()
    for question in page.locator("fieldset.choices").all():
        question.locator("label").first.click()
    page.locator("main form button.button").click()
    page.locator("form[action$='/next/'] button.button").click()
    return Person(page)


def candidates(page: Page) -> Locator:
    shown = page.locator(".candidate .prose")
    expect(shown).to_have_count(4, timeout=PATIENCE)
    return shown


def choose(page: Page, choice: int | None) -> None:
    """Click what this screen has for a choice: the answer's own button, or its place in the row below."""
    name = "none" if choice is None else str(choice)
    ways = f"label[for=choice-{name}]", f"label:has(#choice-{name})"
    page.locator(", ".join(f"{way}:visible" for way in ways)).first.click()


def compare(person: Person, choice: int | None, explanation: str) -> None:
    """Choose the answer in a place on the screen, or none; explain; send."""
    page = person.page
    shown = [plain(text) for text in candidates(page).all_inner_texts()]
    message = plain(page.locator(".said-now .prose").inner_text())
    choose(page, choice)
    page.fill("#id_explanation", explanation)
    page.locator("[data-send]").click()
    # The page remarks once on what is very short; this person means it.
    if page.locator("[data-gentle].said").count():
        page.locator("[data-send]").click()
    expect(page.locator("form.compare")).to_have_count(0, timeout=PATIENCE)
    person.turns.append(Done(message=message, shown=shown, choice=choice, explanation=explanation))


def write(person: Person, message: str) -> None:
    person.page.fill("#id_message", message)
    person.page.locator("#write button.button").click()


def answer_last_questions(person: Person) -> None:
    page = person.page
    page.locator("form[action$='/next/'] button.button").click()
    page.wait_for_url("**/last-questions/")
    for question in page.locator("fieldset.choices").all():
        question.locator("label").last.click()
    page.locator("main form button.button").click()
    assert page.locator(".completion-code").input_value() == "EVERYDAY-DEMO"


def export(page: Page, site: str, folder: Path) -> Path:
    """Sign in as the researcher, ask for a release on the study's page, wait for it and download it."""
    page.goto(f"{site}/sign-in/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long enough password")
    page.locator("main form button.button").click()
    page.locator("main a[href='/studies/everyday/']").click()
    page.locator("#release-list form button").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#release-list a[download]").click(timeout=PATIENCE)
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(folder)
    (manifest,) = folder.rglob("MANIFEST.json")
    return manifest.parent


def loaded(folder: Path, cache: Path) -> dict[str, list[dict]]:
    """Load the dataset as its users do, in a fresh process without a network."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_OFFLINE": "1"}
    command = [sys.executable, "-c", READ_BACK, str(folder), "turns", "candidates"]
    read = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr[-3000:]
    return json.loads(read.stdout.splitlines()[-1])


def assert_says_what_was_clicked(row: dict, person: Person) -> None:
    for name, done in zip(("first", "second", "third"), person.turns, strict=False):
        options = {f"response_{letter}": row[f"{name}_turn_response_{letter}"] for letter in "abcd"}
        on_screen = {option: place_on_screen(text, done.shown) for option, text in options.items()}
        assert place_on_screen(row[f"{name}_turn_prompt"], [done.message]) == 0
        assert sorted(on_screen.values()) == [0, 1, 2, 3]
        preferred = row[f"{name}_turn_preferred_response"]
        assert (None if preferred is None else on_screen[preferred]) == done.choice
        assert (row[f"{name}_turn_feedback"] or "") == done.explanation
    assert sum(row[f"{name}_turn_prompt"] is not None for name in ("first", "second", "third", "fourth")) == len(
        person.turns
    )


def place_on_screen(text: str, shown: list[str]) -> int:
    """Return the place of a published text among those on a screen, where Markdown's signs are drawn, not written."""
    alike = [SequenceMatcher(None, plain(text), each, autojunk=False).ratio() for each in shown]
    best = max(range(len(shown)), key=alike.__getitem__)
    assert alike[best] > 0.9, (text, shown)
    return best
