"""manage.py verify_release DIR says what it checked, and one sentence for each fault."""

import hashlib
import json
import shutil
import subprocess
import sys

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from exports import parts
from sampling.models import CandidateSet
from tests.exports.conversations import same_database, talk, write
from tests.exports.test_loading import generated
from tests.exports.test_simulated import study_of
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

FORMATS = ["long-tables", "community-alignment"]


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A release with two shared items, several turns, and tables in several parts."""
    monkeypatch.setattr(parts, "NUMBERS_PER_PART", {"conversations": 3, "sets": 4, "people": 2})
    study = StudyFactory(asks={"turns": {"maximum": 4}, "overlap": 5})
    items = [ItemFactory(study=study, wanted=5), ItemFactory(study=study, wanted=5)]
    for _ in range(3):
        person = AnnotatorFactory(panel=study.panel)
        for item in items:
            talk(study=study, annotator=person, item=item, choices=[0, "none", 1], explanations=["=1"])
        talk(study=study, annotator=person, choices=[2], messages=["-mine"])
    for each in CandidateSet.objects.all():
        generated(each)
    write(study, tmp_path / "release", formats=FORMATS, beside_parquet=("csv", "jsonl"))
    return tmp_path / "release"


def verify(folder, capsys):
    """Return what was said, and the last sentence if something was wrong."""
    try:
        call_command("verify_release", str(folder))
        refusal = ""
    except CommandError as error:
        refusal = str(error)
    return capsys.readouterr().out, refusal


def rewritten(folder, table, change, part=0):
    """Change the lines of a table as somebody would who knows how to write the manifest anew."""
    path = folder / f"data/{table}-{part:05d}.parquet"
    old = parquet.read_table(path)
    lines = change(old.to_pylist())
    parquet.write_table(pa.Table.from_pylist(lines, schema=old.schema), path)
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for file in manifest["files"]:
        if file["name"] == path.relative_to(folder).as_posix():
            content = path.read_bytes()
            file |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "MANIFEST.json").write_text(json.dumps(manifest))


def test_a_sound_release_is_told_with_what_was_checked(release, capsys):
    said, refusal = verify(release, capsys)
    assert refusal == ""
    assert said.count("ok   ") == len(said.splitlines()) - 1 == 12
    assert f"{release} is sound." in said
    for checked in [
        "SHA-256",
        "columns and types",
        "lines, as many",
        "point to other tables",
        "overlap of 5",
        "say the same",
    ]:
        assert checked in said


def test_it_needs_neither_a_database_nor_a_server(release):
    command = [sys.executable, "manage.py", "verify_release", str(release)]
    nowhere = {**same_database(), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{release} is sound.")
    (release / "README.md").write_text("changed")
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "README.md has 7 bytes in place of" in done.stdout
    assert done.stderr.splitlines() == [f"CommandError: {release} is not what it should be."]


def test_a_folder_without_a_manifest_is_no_release(release, tmp_path, capsys):
    (release / "MANIFEST.json").unlink()
    assert "is no release, or one that was not finished" in verify(release, capsys)[1]
    (release / "MANIFEST.json").write_text("{")
    assert "cannot be read" in verify(release, capsys)[1]
    (release / "MANIFEST.json").write_text("{}")
    assert "lacks configurations, files" in verify(release, capsys)[1]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_files_that_are_changed_missing_or_new_are_named(release, capsys):
    flip(release / "data/turns-00001.parquet")
    (release / "codebook.md").unlink()
    (release / "more.txt").write_text("x")
    said, _refusal = verify(release, capsys)
    assert "data/turns-00001.parquet has another SHA-256" in said
    assert "codebook.md is missing." in said
    assert "more.txt is not in the manifest." in said


def without(lines, **where):
    return [line for line in lines if any(line[key] != value for key, value in where.items())]


def changed(lines, **to):
    return [{**lines[0], **to}, *lines[1:]]


FAULTS = [
    ("turns", lambda lines: lines[1:], "The parquet files of turns hold"),
    ("turns", lambda lines: [lines[0], *lines[:-1]], "turns has lines with the same conversation_id and turn"),
    ("turns", lambda lines: changed(lines, annotator_id=99), "turns names in annotator_id what annotators lacks: 99."),
    ("turns", lambda lines: changed(lines, order_shown=[0, 1, 2, 2]), "the order shown is not one of its candidates"),
    ("turns", lambda lines: changed(lines, chosen_place=9), "the choice is not where the order says"),
    ("turns", lambda lines: changed(lines, prompt="?"), "its first turn is not what turns and candidates say"),
    ("turns", lambda lines: given_again(lines), "more than once."),
    ("conversations", lambda lines: changed(lines, conversation_id=99), "what turns lacks: 99."),
    ("conversations", lambda lines: changed(lines, first_turn_response_b="?"), "its first turn is not what"),
    ("conversations", lambda lines: changed(lines, first_turn_preferred_response=None), "its first turn is not what"),
    ("conversations", lambda lines: changed(lines, first_turn_prompt=None), "its first turn is not what"),
    ("candidates", lambda lines: changed(lines, text=" "), "Sets have an empty candidate"),
    ("candidates", lambda lines: changed(lines, model=None), "Sets have a candidate without a model or recipe"),
    ("candidates", lambda lines: changed(lines, text=lines[1]["text"]), "Sets have two equal candidates"),
    ("candidates", lambda lines: changed(lines, slot=7), "Sets lack candidates"),
]


def given_again(lines):
    """Say that everybody's opening prompts are translations of each other."""
    return [{**line, "prompt_group": "one" if line["is_given_prompt"] else None} for line in lines]


def test_what_does_not_fit_together_is_told_in_a_sentence(release, capsys, tmp_path):
    for number, (table, change, sentence) in enumerate(FAULTS):
        copy = tmp_path / str(number)
        shutil.copytree(release, copy)
        for part in range(len(list(copy.glob(f"data/{table}-*.parquet"))) if change is FAULTS[6][1] else 1):
            rewritten(copy, table, change, part)
        said, refusal = verify(copy, capsys)
        assert sentence in said, (table, number, said)
        assert refusal == f"{copy} is not what it should be."


def test_an_item_with_too_many_people_is_found(release, capsys):
    manifest = json.loads((release / "MANIFEST.json").read_text())
    manifest["configurations"][0]["configuration"]["overlap"] = 2
    (release / "MANIFEST.json").write_text(json.dumps(manifest))
    assert "was compared 3 times; its overlap is 2." in verify(release, capsys)[0]


def test_columns_of_another_table_are_found(release, capsys):
    path = release / "data/turns-00000.parquet"
    rewritten(release, "turns", lambda lines: lines)
    parquet.write_table(parquet.read_table(path).drop_columns(["outcome"]), path)
    manifest = json.loads((release / "MANIFEST.json").read_text())
    for file in manifest["files"]:
        if file["name"] == "data/turns-00000.parquet":
            file |= {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (release / "MANIFEST.json").write_text(json.dumps(manifest))
    assert "data/turns-00000.parquet lacks the columns outcome." in verify(release, capsys)[0]


def test_a_release_of_a_dry_run_can_be_checked_too(tmp_path, capsys):
    study = study_of("dry-run")
    for each in CandidateSet.objects.all():
        generated(each)
    write(study, tmp_path / "out")
    assert verify(tmp_path / "out", capsys)[1] == ""
    shutil.rmtree(tmp_path / "out")


def test_cells_of_any_length_can_be_checked(tmp_path, capsys):
    study = StudyFactory()
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), messages=["long " * 30_000])
    for each in CandidateSet.objects.all():
        generated(each)
    write(study, tmp_path / "long", formats=FORMATS)
    assert verify(tmp_path / "long", capsys)[1] == ""
