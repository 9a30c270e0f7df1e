"""The main job on public collections, as their publishers distribute them."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from ruamel.yaml import YAML

from collection import studies
from collection.models import Item, Study
from collection.prompt_loading import load_prompts
from tests import audit
from tests.people import assert_says_what_was_clicked, candidates, come_in, compare, export, loaded, write
from tests.sampling.workers import workers

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not SHARED.is_dir(), reason="the public files are not at hand: ../shared/data"),
]

FILES = {
    "open-assistant": "openassistant/en_100_tree.jsonl",
    "mt-bench": "mt_bench/question.jsonl",
    "comparia": "comparia/fr.json",
}


@pytest.fixture
def celery(tmp_path):
    with workers(tmp_path, os.environ["REDIS_URL"]) as started:
        yield started


def study_in_two_languages(tmp_path) -> Study:
    file = YAML().load(Path("examples/everyday/study.yaml").read_text(encoding="utf-8"))
    file |= {"languages": ["en", "fr"], "overlap": 2, "tasks_per_annotator": 1}
    file["turns"] = {"minimum": 1, "maximum": 2}
    file["prompts"] = {"own_share": 0.0}
    with (tmp_path / "study.yaml").open("w", encoding="utf-8") as changed:
        YAML().dump(file, changed)
    User.objects.create_user("ada", password="a long enough password")
    call_command("load_study", tmp_path / "study.yaml", researcher="ada")
    return Study.objects.get()


def converted(tmp_path, name: str, *, lines: int | None = None) -> Path:
    path = tmp_path / f"{name}.jsonl"
    call_command("convert_public_data", name, SHARED / FILES[name], output=path)
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)[:lines]
    path.write_text("".join(kept), encoding="utf-8")
    return path


@pytest.mark.whole
def test_public_collections_become_items_are_compared_and_published(live_server, browser, page, celery, tmp_path):
    study = study_in_two_languages(tmp_path)
    trees = load_prompts(study=study, path=converted(tmp_path, "open-assistant"), now=timezone.now())
    assert trees.read == 100 == trees.added + trees.duplicate + len(trees.refused)
    assert all(reason for _line, reason in trees.refused)
    assert trees.with_candidates >= 20
    # Sets of their own are what English annotators get; a few French ones are written by the worker.
    Item.objects.filter(study=study, candidate_set=None).delete()
    french = load_prompts(study=study, path=converted(tmp_path, "comparia", lines=4), now=timezone.now())
    bench = load_prompts(study=study, path=converted(tmp_path, "mt-bench", lines=2), now=timezone.now())
    assert (french.added, bench.added) == (4, 2)
    studies.open_study(study=study, now=timezone.now())
    celery.start_worker()
    celery.wait_until(lambda: Item.objects.assignable().count() == Item.objects.count(), seconds=90)

    english = come_in(page, live_server.url, study, language="en", country="us")
    candidates(page)
    compare(english, 1, "It answers the question I asked.")
    write(english, "Could you say that more simply?")
    candidates(page)
    compare(english, 3, "")
    second = browser.new_context()
    frenchwoman = come_in(second.new_page(), live_server.url, study, language="fr", country="fr")
    compare(frenchwoman, None, "Aucune ne répond à la demande.")
    second.close()

    researcher = browser.new_context()
    folder = export(researcher.new_page(), live_server.url, tmp_path / "downloaded")
    researcher.close()
    rows = {row["assigned_lang"]: row for row in loaded(folder, tmp_path / "hf")["default"]}
    assert_says_what_was_clicked(rows["en"], english)
    assert_says_what_was_clicked(rows["fr"], frenchwoman)
    assert audit.faults() == []
