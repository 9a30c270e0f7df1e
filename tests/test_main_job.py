"""The main job, from invitation to dataset: real browsers, a real worker process, a real model, a real file."""

import json
import os
import random
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from ruamel.yaml import YAML

from annotators import enrolment
from collection import studies
from collection.models import Study
from tests import audit
from tests.sampling.workers import Workers, workers

pytestmark = [pytest.mark.django_db(transaction=True)]

PATIENCE = 60_000
HOSTILE = '<script>document.title = "owned"</script> =HYPERLINK("http://x.example","क्लिक") & "quotes", | a |\n\n`code`'

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


@pytest.fixture
def celery(tmp_path):
    with workers(tmp_path, os.environ["REDIS_URL"]) as started:
        started.start_worker()
        yield started


@pytest.fixture
def study(tmp_path):
    """The demo study in two languages: one item each, wanted by two people, three turns, no prompts of one's own."""
    file = YAML().load(Path("examples/everyday/study.yaml").read_text(encoding="utf-8"))
    file |= {"languages": ["fr", "hi"], "overlap": 2, "tasks_per_annotator": 1}
    file["turns"] = {"minimum": 1, "maximum": 3}
    file["prompts"] = {"own_share": 0.0}
    with (tmp_path / "study.yaml").open("w", encoding="utf-8") as changed:
        YAML().dump(file, changed)
    researcher = User.objects.create_user("ada", password="a long enough password")
    call_command("load_study", tmp_path / "study.yaml", researcher=researcher.username)
    for language in ("fr", "hi"):
        table = tmp_path / f"{language}.jsonl"
        table.write_text(first_item(language), encoding="utf-8")
        call_command("load_prompts", "everyday", table)
    study = Study.objects.get()
    studies.open_study(study=study, now=timezone.now())
    return study


def first_item(language: str) -> str:
    return Path(f"examples/everyday/prompts/{language}.jsonl").read_text(encoding="utf-8").splitlines()[0] + "\n"


def plain(text: str) -> str:
    """Return a text as it reads on a page: without Markdown's signs, single spaces."""
    return " ".join(re.sub(r"\*\*|^- |^\d+\. ", "", text, flags=re.MULTILINE).split())


# ---- what people do ---------------------------------------------------------------------------------------------------
def come_in(page: Page, site: str, study: Study, *, language: str, country: str) -> Person:
    _invitation, token = enrolment.invite(
        panel=study.panel, language=language, answers={"country": country}, limit=1, now=timezone.now()
    )
    page.goto(f"{site}/join/{token}/")
    assert page.locator("html").get_attribute("lang") == language
    page.locator("input[type=checkbox]").check()
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
    page.locator("form.compare button.button").click()
    expect(page.locator("form.compare")).to_have_count(0, timeout=PATIENCE)
    person.turns.append(Done(message=message, shown=shown, choice=choice, explanation=explanation))


def write(person: Person, message: str) -> None:
    person.page.fill("#id_message", message)
    person.page.locator("#write button.button").click()


def answer_last_questions(person: Person) -> None:
    page = person.page
    page.locator("form[action$='/next/'] button.button").click()
    for question in page.locator("fieldset.choices").all():
        question.locator("label").last.click()
    page.locator("main form button.button").click()
    assert page.locator(".completion-code").input_value() == "EVERYDAY-DEMO"


def hindi_conversation(person: Person) -> None:
    """Three turns; the page is reloaded in the middle, the second set is none of these, an explanation is hostile."""
    page = person.page
    choose(page, 2)
    page.fill("#id_explanation", "यह उत्तर घर जैसा लगा")
    expect(page.locator("form.compare .sending")).not_to_be_empty(timeout=10_000)
    page.reload()
    candidates(page)
    assert page.locator("#id_explanation").input_value() == "यह उत्तर घर जैसा लगा"
    assert page.locator("input[name=choice]:checked").get_attribute("value") == "2"
    compare(person, 2, "यह उत्तर घर जैसा लगा")
    write(person, "अगर माँ को यह अच्छा न लगे तो?")
    candidates(page)
    compare(person, None, HOSTILE)
    assert page.title() != "owned"
    expect(page.locator("#id_message")).to_have_value("अगर माँ को यह अच्छा न लगे तो?")
    write(person, "अगर परिवार को यह अच्छा न लगे तो क्या करूँ?")
    candidates(page)
    compare(person, 0, "")
    answer_last_questions(person)


def french_conversation(person: Person) -> None:
    """Three turns on a phone; an explanation is a formula."""
    compare(person, 3, "=1+1")
    write(person, "Et si je n'ai pas le temps ?")
    compare(person, 1, "« Plus concret », tout simplement.")
    write(person, "Merci. Par où commencer ?")
    compare(person, 0, HOSTILE)
    answer_last_questions(person)


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


def loaded(folder: Path, tmp_path: Path) -> dict[str, list[dict]]:
    """Load the dataset as its users do, in a fresh process without a network."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf"), "HF_DATASETS_OFFLINE": "1"}
    command = [sys.executable, "-c", READ_BACK, str(folder), "turns", "candidates"]
    read = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr[-3000:]
    return json.loads(read.stdout.splitlines()[-1])


def assert_says_what_was_clicked(row: dict, person: Person) -> None:
    for name, done in zip(("first", "second", "third"), person.turns, strict=True):
        options = {letter: plain(row[f"{name}_turn_response_{letter}"]) for letter in "abcd"}
        assert plain(row[f"{name}_turn_prompt"]) == done.message
        assert sorted(options.values()) == sorted(done.shown)
        preferred = row[f"{name}_turn_preferred_response"]
        if done.choice is None:
            assert preferred is None
        else:
            assert options[preferred.removeprefix("response_")] == done.shown[done.choice]
        assert (row[f"{name}_turn_feedback"] or "") == done.explanation
    assert row["fourth_turn_prompt"] is None


# ---- the job ----------------------------------------------------------------------------------------------------------
def test_from_invitation_to_dataset(live_server, browser, page, phone_page, study, celery: Workers, tmp_path):
    site = live_server.url
    hindi = come_in(page, site, study, language="hi", country="in")
    hindi_conversation(hindi)
    french = come_in(phone_page, site, study, language="fr", country="fr")
    french_conversation(french)

    other_browser = browser.new_context()
    other = come_in(other_browser.new_page(), site, study, language="hi", country="in")
    shared = [plain(text) for text in candidates(other.page).all_inner_texts()]
    assert sorted(shared) == sorted(hindi.turns[0].shown)
    assert shared != hindi.turns[0].shown
    compare(other, random.Random(1).randrange(4), "")
    other_browser.close()

    researcher = browser.new_context()
    folder = export(researcher.new_page(), site, tmp_path / "downloaded")
    researcher.close()

    tables = loaded(folder, tmp_path)
    rows = tables["default"]
    assert len(rows) == 3
    by_length = {(row["assigned_lang"], row["third_turn_prompt"] is not None): row for row in rows}
    assert_says_what_was_clicked(by_length["hi", True], hindi)
    assert_says_what_was_clicked(by_length["fr", True], french)
    first_texts = [f"first_turn_response_{letter}" for letter in "abcd"]
    assert [by_length["hi", False][name] for name in first_texts] == [by_length["hi", True][name] for name in first_texts]
    assert by_length["hi", True]["annotator_country"] == "india"
    assert by_length["fr", True]["annotator_ethnicity"] == "Prefer not to say"
    assert len(tables["turns"]) == 7
    assert {row["generator"] for row in tables["candidates"] if row["method"] != "imported"} == {"huggingface"}
    assert audit.faults() == []
