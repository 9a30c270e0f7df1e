"""The main job, from invitation to dataset: real browsers, a real worker process, a real model, a real file."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect
from ruamel.yaml import YAML

from collection import studies
from collection.models import Study
from tests import audit
from tests.people import (
    Person,
    answer_last_questions,
    assert_says_what_was_clicked,
    candidates,
    choose,
    come_in,
    compare,
    export,
    loaded,
    plain,
    write,
)
from tests.sampling.workers import workers

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = '<script>document.title = "owned"</script> =HYPERLINK("http://x.example","क्लिक") & "quotes", | a |\n\n`code`'


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


# ---- the job -------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("celery")
def test_from_invitation_to_dataset(live_server, browser, page, phone_page, study, tmp_path):
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
    compare(other, 1, "")
    other_browser.close()

    researcher = browser.new_context()
    folder = export(researcher.new_page(), site, tmp_path / "downloaded")
    researcher.close()

    tables = loaded(folder, tmp_path / "hf")
    rows = tables["default"]
    assert len(rows) == 3
    by_length = {(row["assigned_lang"], row["third_turn_prompt"] is not None): row for row in rows}
    assert_says_what_was_clicked(by_length["hi", True], hindi)
    assert_says_what_was_clicked(by_length["fr", True], french)
    first_texts = [f"first_turn_response_{letter}" for letter in "abcd"]
    assert [by_length["hi", False][name] for name in first_texts] == [
        by_length["hi", True][name] for name in first_texts
    ]
    assert by_length["hi", True]["annotator_country"] == "india"
    assert by_length["fr", True]["annotator_ethnicity"] == "Prefer not to say"
    assert len(tables["turns"]) == 7
    assert {row["generator"] for row in tables["candidates"] if row["method"] != "imported"} == {"huggingface"}
    assert audit.faults() == []
