"""A release is written once, by whoever holds it, and is there only when it is complete."""

import errno
import hashlib
import json
import signal
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator
from exports import building, claims, dataset, jobs, numbering, recovery, snapshot
from exports.models import PublishedConversation, Release
from tests.concurrency import Meeting, at_once
from tests.exports.conversations import rows, same_database, talk
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_WORKER = """
import dataclasses, sys, time
import django
django.setup()
from exports import building, formats
from exports.formats import FORMATS

def slowly(rows):
    for number, row in enumerate(rows):
        time.sleep(0.05 if number else 0)
        yield row

format = FORMATS["community-alignment"]
tables = tuple(
    dataclasses.replace(table, rows_per_batch=1, rows=lambda *scope, rows=table.rows: slowly(rows(*scope)))
    for table in format.tables
)
FORMATS["community-alignment"] = dataclasses.replace(format, tables=tables)
building.build(release_id=int(sys.argv[1]))
"""


@pytest.fixture
def study():
    study = StudyFactory()
    item = ItemFactory(study=study)
    for _ in range(5):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[1, 2])
    return study


@pytest.fixture
def release(study):
    return Release.objects.create(study=study, version=1, formats=["community-alignment"], queued_at=timezone.now())


@pytest.fixture
def sent(monkeypatch):
    """The releases that jobs were sent for."""
    sent = []
    monkeypatch.setattr(jobs, "queue", lambda *, release_id: sent.append(release_id))
    return sent


def assert_complete(release):
    release.refresh_from_db()
    assert release.status == Release.Status.DONE
    manifest = json.loads((release.folder / "MANIFEST.json").read_text())
    assert manifest == release.manifest
    for file in manifest["files"]:
        content = (release.folder / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    there = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*") if path.is_file()}
    assert there == {"MANIFEST.json", *(file["name"] for file in manifest["files"])}
    assert {table: len(rows(release.folder, table)) for table in manifest["rows"]} == manifest["rows"]


def unfinished(settings):
    return list((settings.RELEASES_DIR / "unfinished").glob("*"))


def test_a_release_is_written_and_says_what_it_holds(release, settings):
    jobs.build_release(release_id=release.pk)
    assert_complete(release)
    assert release.rows_done == release.rows_total == 5 + 10 + 5 + 4 * 6 + 10 + 1
    assert release.snapshot_at <= release.finished_at
    assert (release.token, release.lease_until) == (None, None)
    assert unfinished(settings) == []


def test_two_workers_that_come_at_once_write_it_once(release, monkeypatch):
    written = []
    write = dataset.write
    monkeypatch.setattr(dataset, "write", lambda **wanted: written.append(1) or write(**wanted))
    Meeting(monkeypatch).before(building, "claim")
    build = partial(building.build, release_id=release.pk)
    assert sorted(at_once(build, build)) == [False, True]
    assert written == [1]
    assert_complete(release)


def test_what_is_done_is_not_written_again(release):
    assert building.build(release_id=release.pk)
    finished_at = Release.objects.get().finished_at
    assert not building.build(release_id=release.pk)
    assert Release.objects.get().finished_at == finished_at


def test_a_killed_worker_leaves_nothing_behind_and_the_next_one_finishes(release, settings, sent):
    worker = subprocess.Popen([sys.executable, "-c", SLOW_WORKER, str(release.pk)], env=same_database())
    wait_for(
        lambda: any(path.name.startswith("turns") and path.stat().st_size for path in files_in(unfinished(settings)))
    )
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    release.refresh_from_db()
    assert (release.status, release.folder.exists()) == (Release.Status.RUNNING, False)
    snapshot_at = release.snapshot_at

    jobs.sweep()
    assert sent == []
    Release.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    assert sent == [release.pk]
    assert building.build(release_id=release.pk)
    assert_complete(release)
    assert (release.snapshot_at, release.claims) == (snapshot_at, 2)
    assert unfinished(settings) == []


def files_in(folders):
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_worker_that_was_taken_for_dead_changes_nothing(release, monkeypatch, settings):
    write = dataset.write

    def overtaken(**wanted):
        written = write(**wanted)
        monkeypatch.setattr(dataset, "write", write)
        Release.objects.update(status=Release.Status.REQUESTED)
        assert building.build(release_id=release.pk)
        return written

    monkeypatch.setattr(dataset, "write", overtaken)
    assert not building.build(release_id=release.pk)
    assert_complete(release)
    assert Release.objects.get().claims == 2


def test_a_worker_notices_while_it_writes_that_its_claim_is_lost(release, monkeypatch):
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.01)
    write = dataset.write

    def robbed(**wanted):
        Release.objects.update(token=uuid.uuid4())
        held = wanted["progress"].__self__
        wait_for(held.lost.is_set)
        return write(**wanted)

    monkeypatch.setattr(dataset, "write", robbed)
    assert not building.build(release_id=release.pk)
    assert Release.objects.get().status == Release.Status.RUNNING
    assert not release.folder.exists()


def test_the_lease_is_renewed_and_progress_told_while_it_is_written(release, monkeypatch):
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.01)
    write = dataset.write

    def patiently(**wanted):
        written = write(**wanted)
        begun = Release.objects.get()
        wait_for(lambda: Release.objects.get().lease_until > begun.lease_until)
        wait_for(lambda: Release.objects.get().rows_done == Release.objects.get().rows_total == 44)
        return written

    monkeypatch.setattr(dataset, "write", patiently)
    assert building.build(release_id=release.pk)


def test_a_folder_left_by_a_worker_that_died_before_the_commit_is_replaced(release):
    release.folder.mkdir(parents=True)
    (release.folder / "README.md").write_text("half")
    building.build(release_id=release.pk)
    assert_complete(release)


def test_who_withdraws_while_it_is_written_is_not_in_it(release, study, monkeypatch):
    write, leaving = dataset.write, Annotator.objects.first()

    def meanwhile(**wanted):
        written = write(**wanted)
        if leaving.pk in written.people:
            enrolment.withdraw(annotator=leaving, now=timezone.now())
        return written

    monkeypatch.setattr(dataset, "write", meanwhile)
    building.build(release_id=release.pk)
    assert_complete(release)
    assert len(rows(release.folder, "conversations")) == 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full"),
        (PermissionError(errno.EACCES, "Permission denied"), "storage"),
        (snapshot.StillWriting(), "still-writing"),
        (ZeroDivisionError("oops"), "unexpected"),
    ],
)
def test_a_failure_is_told_in_a_sentence(release, monkeypatch, settings, error, code):
    def fails(*arguments, **named):
        raise error

    monkeypatch.setattr(dataset, "_write_tables", fails)
    assert building.build(release_id=release.pk)
    release.refresh_from_db()
    assert (release.status, release.failure) == (Release.Status.FAILED, code)
    assert release.failure_sentence.endswith(".")
    assert str(error) in release.failure_detail
    assert (unfinished(settings), release.folder.exists()) == ([], False)


def test_a_conversation_that_is_too_long_after_all_is_refused(release, study):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[0, 1, 2, 3, 0])
    building.build(release_id=release.pk)
    assert Release.objects.get().failure == "too-many-turns"


def test_a_lost_job_is_sent_again_and_a_fresh_one_is_not(release, sent):
    jobs.sweep()
    assert sent == []
    Release.objects.update(queued_at=timezone.now() - recovery.LOST - timedelta(seconds=1))
    jobs.sweep()
    jobs.sweep()
    assert sent == [release.pk]


def test_a_release_over_which_workers_die_again_and_again_fails(release, sent):
    Release.objects.update(
        status=Release.Status.RUNNING,
        token=uuid.uuid4(),
        lease_until=timezone.now() - timedelta(seconds=1),
        claims=recovery.MOST_CLAIMS,
    )
    jobs.sweep()
    assert sent == []
    assert Release.objects.get().failure == "worker-lost"


def test_two_releases_that_begin_at_once_number_everything_once(study, monkeypatch):
    Meeting(monkeypatch).before(numbering, "_number")
    number = partial(numbering.number_new, study=study, snapshot_at=timezone.now())
    assert at_once(number, number) == [None, None]
    assert sorted(PublishedConversation.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
