"""What stands in the way of a demo is said in one sentence, before anything is started."""

import errno
import shutil
import stat
from collections import namedtuple

import psycopg
import pytest
from django.db import connection

from config.demo import folder, loading
from config.demo.explaining import explained
from tests.config.programs import free_port, refusal, run


def test_a_new_folder_gets_a_secret_that_others_cannot_read(tmp_path):
    with folder.kept(tmp_path / "new"):
        pass
    kept = tmp_path / "new" / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_text().strip()) > 32


def test_the_secret_is_made_once(tmp_path):
    with folder.kept(tmp_path):
        first = (tmp_path / "secret").read_text()
    with folder.kept(tmp_path):
        pass
    assert (tmp_path / "secret").read_text() == first


def test_two_folders_have_two_secrets(tmp_path):
    for name in ("one", "two"):
        with folder.kept(tmp_path / name):
            pass
    assert (tmp_path / "one" / "secret").read_text() != (tmp_path / "two" / "secret").read_text()


@pytest.mark.parametrize("found", ["2", "1.5", "new"])
def test_a_folder_of_a_newer_version_is_refused(tmp_path, found):
    (tmp_path / "format").write_text(found)
    sentence = refusal(run("config.demo", DATA_DIR=str(tmp_path), PORT=str(free_port())))
    assert "was written by a newer version of Counterpoint" in sentence
    assert not (tmp_path / "postgres").exists()


def test_a_database_of_a_newer_version_is_refused(db):
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations (app, name, applied) values ('collection', '0999_later', now())")
    with pytest.raises(folder.FolderNotUsable, match=r"newer version of Counterpoint .*collection\.0999_later"):
        loading.prepare_database()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    sentence = refusal(run("config.demo", DATA_DIR=str(tmp_path / "file" / "data"), PORT=str(free_port())))
    assert "cannot be written: Not a directory" in sentence


def test_a_full_disk_is_told_before_the_start(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 5 * 10**6))
    with pytest.raises(folder.FolderNotUsable, match="is full: 5 MB are free, 300 are needed"), folder.kept(tmp_path):
        pass


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), psycopg.errors.DiskFull("…")])
def test_a_disk_that_fills_up_during_the_start_is_told(tmp_path, capsys, error):
    def fail():
        raise RuntimeError("while loading") from error

    assert explained(fail, data_dir=tmp_path) == 1
    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence == f"The disk that holds the data folder {tmp_path} is full; make room and start again."
