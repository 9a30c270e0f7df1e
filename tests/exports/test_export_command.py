"""manage.py export_dataset STUDY --format community-alignment --output DIR"""

import errno
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from exports import dataset
from exports.models import Release
from tests.exports.conversations import rows, same_database, talk
from tests.factories import AnnotatorFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    study = StudyFactory(slug="everyday")
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1, 2])
    return study


def export(output, study="everyday"):
    call_command("export_dataset", study, "--format", "community-alignment", "--output", str(output))


def assert_nothing_left(tmp_path, *expected):
    assert {path.name for path in tmp_path.iterdir()} == set(expected)


@pytest.mark.parametrize("exists", [True, False])
def test_it_writes_a_dataset_into_a_new_or_empty_folder(study, tmp_path, capsys, exists):
    if exists:
        (tmp_path / "out").mkdir()
    export(tmp_path / "out")
    assert (tmp_path / "out/MANIFEST.json").exists()
    assert len(rows(tmp_path / "out", "turns")) == 2
    assert "1 conversations, 2 turns, 1 annotators, 8 candidates" in capsys.readouterr().out
    assert Release.objects.count() == 0
    assert_nothing_left(tmp_path, "out")


def test_formats_and_kinds_of_files_can_be_named(study, tmp_path, capsys):
    wanted = ["--format", "trl-preference", "votes", "--files", "jsonl", "--output", str(tmp_path / "out")]
    call_command("export_dataset", "everyday", *wanted)
    assert {path.name for path in (tmp_path / "out/jsonl").iterdir()} >= {"trl-preference-00000.jsonl"}
    assert not (tmp_path / "out/csv").exists()
    assert "6 trl-preference" in capsys.readouterr().out


def test_a_folder_with_something_in_it_is_left_alone(study, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        export(tmp_path)
    assert_nothing_left(tmp_path, "kept.txt")


def test_a_file_is_no_folder(study, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        export(tmp_path / "out")


def test_an_unknown_study_is_told_in_a_sentence_and_by_the_exit_status(study, tmp_path):
    command = [sys.executable, "manage.py", "export_dataset", "nowhere", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, env=same_database(), capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "CommandError: There is no study nowhere.")


def test_a_study_that_does_not_fit_is_refused_with_the_reason(tmp_path):
    StudyFactory(slug="long", asks={"turns": {"maximum": 9}})
    with pytest.raises(CommandError, match="at most four turns"):
        export(tmp_path / "out", study="long")
    assert_nothing_left(tmp_path)


def test_a_full_disk_is_told_and_nothing_is_left(study, tmp_path, monkeypatch):
    def full(*arguments, **named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(dataset, "_write_tables", full)
    with pytest.raises(CommandError, match="The disk is full"):
        export(tmp_path / "out")
    assert_nothing_left(tmp_path)
