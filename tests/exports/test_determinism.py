"""The same snapshot and the same standing consents give the same bytes, wherever and whenever they are written."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from exports.formats import BESIDE_PARQUET, FORMATS
from exports.models import PublishedAnnotator, PublishedConversation
from tests.exports.conversations import rows, same_database, talk, write
from tests.factories import AnnotatorFactory, ComparisonFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = """
import sys
from datetime import datetime
from pathlib import Path
import django
django.setup()
from collection.models import Study
from exports import dataset, formats
dataset.write(
    study=Study.objects.get(slug=sys.argv[1]),
    wanted=list(formats.FORMATS),
    beside_parquet=formats.BESIDE_PARQUET,
    snapshot_at=datetime.fromisoformat(sys.argv[2]),
    version=None,
    folder=Path(sys.argv[3]),
    progress=lambda done, total: None,
)
"""


@pytest.fixture
def study():
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    items = ItemFactory.create_batch(3, study=study)
    for _ in range(3):
        person = AnnotatorFactory(panel=study.panel)
        for item in items:
            talk(study=study, annotator=person, item=item, choices=[0, "none", 1], explanations=["é ✓", "=2"])
    return study


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_written_again_elsewhere_it_is_the_same_to_the_byte(study, tmp_path):
    moment = timezone.now()
    write(study, tmp_path / "here", snapshot_at=moment, formats=list(FORMATS), beside_parquet=BESIDE_PARQUET)
    environment = {
        **same_database(),
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "4242",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "ARROW_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", ELSEWHERE, study.slug, moment.isoformat(), str(tmp_path / "there")]
    subprocess.run(command, env=environment, check=True, timeout=120)
    here, there = bytes_of(tmp_path / "here"), bytes_of(tmp_path / "there")
    tables = {table.name for format in FORMATS.values() for table in format.tables}
    folders = {"data": "parquet", "csv": "csv", "jsonl": "jsonl"}
    assert {name for name in here if "/" in name and not name.startswith("plots/")} == {
        f"{folder}/{table}-00000.{kind}" for folder, kind in folders.items() for table in tables
    }
    assert {"MANIFEST.json", "README.md", "codebook.md"} <= set(here)
    assert here == there


def test_what_happens_later_changes_nothing_in_it(study, tmp_path):
    waiting = talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1, None], state="open")
    moment = timezone.now()
    write(study, tmp_path / "early", snapshot_at=moment)
    later = moment + timedelta(minutes=1)
    ComparisonFactory(turn=waiting.turns.get(number=2), recorded_at=later)
    waiting.state, waiting.finished_at = "completed", later
    waiting.save()
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[2], at=later)
    write(study, tmp_path / "late", snapshot_at=moment)
    assert bytes_of(tmp_path / "early") == bytes_of(tmp_path / "late")


def test_numbers_are_kept_from_release_to_release(study, tmp_path):
    write(study, tmp_path / "first")
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[2])
    write(study, tmp_path / "second")
    before, after = rows(tmp_path / "first", "conversations"), rows(tmp_path / "second", "conversations")
    assert [line for line in after if line in before] == before
    assert len(after) == len(before) + 1


def test_numbers_say_nothing_about_who_came_first(tmp_path):
    study = StudyFactory()
    for _ in range(12):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel))
    write(study, tmp_path / "out")
    for model, what in [(PublishedAnnotator, "annotator"), (PublishedConversation, "task")]:
        numbers = list(model.objects.filter(study=study).order_by(what).values_list("number", flat=True))
        assert sorted(numbers) == list(range(1, 13))
        # One in twelve factorial that chance alone puts them in this order.
        assert numbers != sorted(numbers)


def test_two_studies_of_one_panel_call_a_person_by_other_numbers(tmp_path):
    first = StudyFactory()
    second = StudyFactory(panel=first.panel)
    people = AnnotatorFactory.create_batch(2, panel=first.panel)
    talk(study=first, annotator=people[0])
    for person in people:
        talk(study=second, annotator=person)
    write(first, tmp_path / "first")
    write(second, tmp_path / "second")
    assert PublishedAnnotator.objects.filter(annotator=people[0]).count() == 2
