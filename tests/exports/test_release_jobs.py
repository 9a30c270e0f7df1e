"""A release is written once, in shards, by as many workers as there are, and is there only when it is complete."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator
from exports import (
    building,
    claims,
    finishing,
    intake,
    jobs,
    numbering,
    parts,
    planning,
    recovery,
    shards,
    snapshot,
    storage,
)
from exports.models import PublishedConversation, Release, Shard
from tests.concurrency import Meeting, at_once
from tests.exports.conversations import lines, same_database, talk
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

DYING_WORKER = """
import os, signal, sys
import django
django.setup()
from exports import building, shards, storage

release, what, when = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
times = 0

def die_at_the_end(happened):
    global times
    times += happened == what
    if times > when:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(rows):
    for row in rows:
        die_at_the_end("row")
        yield row

write_part, put = shards.write_part, storage.Folder.put
shards.write_part = lambda rows, **said: write_part(dying(rows), **said)

def put_and_die(self, path, name):
    die_at_the_end("before " + name.rpartition("/")[2])
    put(self, path, name)
    die_at_the_end("file")

storage.Folder.put = put_and_die
building.build(release_id=release)
"""


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(parts, "NUMBERS_PER_PART", {"conversations": 2, "sets": 4, "people": 3})


@pytest.fixture
def study():
    study = StudyFactory()
    item = ItemFactory(study=study)
    for _ in range(5):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[1, 2])
    return study


def asked(study, version=1):
    return Release.objects.create(
        study=study,
        version=version,
        place=version - 1,
        formats=["community-alignment"],
        queued_at=timezone.now(),
        snapshot_at=timezone.now(),
    )


@pytest.fixture
def release(study):
    return asked(study)


@pytest.fixture
def sent(monkeypatch):
    """The releases that jobs were sent for."""
    sent = []
    monkeypatch.setattr(jobs, "queue", lambda *, release_id: sent.append(release_id))
    return sent


def laid_out(release):
    """Lay a release out, as the first worker does, and return its shards."""
    planning.plan(claims.claim_to_plan(release_id=release.pk, now=timezone.now()), clock=timezone.now)
    return list(release.shards.order_by("pk"))


def assert_complete(release):
    release.refresh_from_db()
    assert release.status == Release.Status.DONE, release.failure_detail
    manifest = json.loads((release.folder / "MANIFEST.json").read_text())
    assert manifest == release.manifest
    for file in manifest["files"]:
        content = (release.folder / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    there = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*") if path.is_file()}
    assert there == {"MANIFEST.json", *(file["name"] for file in manifest["files"])}
    assert {table: len(lines(release.folder, table)) for table in manifest["rows"]} == manifest["rows"]


def bytes_of(release):
    """Return the content of every file but those that say which release it is."""
    return {
        path.relative_to(release.folder).as_posix(): path.read_bytes()
        for path in release.folder.rglob("*")
        if path.is_file() and path.name not in ("MANIFEST.json", "README.md", "croissant.json")
    }


def unfinished(settings):
    return list((settings.RELEASES_DIR / "unfinished").glob("*"))


# ---- shards ----------------------------------------------------------------------------------------------------------
def test_a_release_is_written_and_says_what_it_holds(release, settings):
    jobs.build_release(release_id=release.pk)
    assert_complete(release)
    assert release.rows_done == release.rows_total == sum(release.manifest["rows"].values())
    assert release.snapshot_at <= release.laid_out_at <= release.finished_at
    assert (release.token, release.lease_until) == (None, None)
    assert release.shards.filter(table="turns").count() == 3
    assert unfinished(settings) == []


def test_several_workers_share_one_release(release, monkeypatch):
    written, write = [], shards.write
    monkeypatch.setattr(shards, "write", lambda held, *said: written.append(held.pk) or write(held, *said))
    laid_out(release)
    # Both look for a shard before either has taken one.
    Meeting(monkeypatch).before(claims, "_take")
    build = partial(building.build, release_id=release.pk)
    assert sorted(at_once(build, build)) == [False, True]
    assert sorted(written) == sorted(Shard.objects.values_list("pk", flat=True))
    assert_complete(release)


def test_a_shard_is_claimed_by_one_worker_only(release, monkeypatch):
    laid_out(release)
    Shard.objects.exclude(pk=Shard.objects.first().pk).update(status="done")
    Meeting(monkeypatch).before(claims, "_take")
    claim = partial(claims.claim_shard, release_id=release.pk, now=timezone.now())
    assert sorted(held is not None for held in at_once(claim, claim)) == [False, True]


def test_two_workers_that_come_at_once_lay_it_out_once(release, monkeypatch):
    planned, plan = [], planning.plan
    monkeypatch.setattr(planning, "plan", lambda *held, **clock: planned.append(1) or plan(*held, **clock))
    Meeting(monkeypatch).before(building, "claim_to_plan")
    build = partial(building.build, release_id=release.pk)
    at_once(build, build)
    assert planned == [1]
    assert_complete(release)


def test_whoever_writes_the_last_shard_finishes_the_release(release):
    first, *others = laid_out(release)
    one = claims.claim_shard(release_id=release.pk, now=timezone.now())
    assert one.pk == first.pk
    # The other worker does all the rest, and cannot finish.
    assert not building.build(release_id=release.pk)
    assert {shard.status for shard in release.shards.exclude(pk=first.pk)} == {"done"}
    assert len(others) == release.shards.filter(status="done").count()
    Shard.objects.filter(pk=first.pk).update(status="requested", token=None, lease_until=None)
    assert building.build(release_id=release.pk)
    assert_complete(release)


def test_other_workers_are_called_once_there_is_something_to_do(release, sent):
    jobs.build_release(release_id=release.pk)
    assert sent == [release.pk] * (release.shards.count() - 1)


def test_what_is_done_is_not_written_again(release):
    assert building.build(release_id=release.pk)
    finished_at = Release.objects.get().finished_at
    assert not building.build(release_id=release.pk)
    assert Release.objects.get().finished_at == finished_at


# ---- killed ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("what", "when"), [("row", 7), ("file", 4), ("before MANIFEST.json", 0)], ids=["row", "file", "manifest"]
)
def test_after_a_kill_another_worker_goes_on_and_the_bytes_are_those_of_an_undisturbed_release(
    release, study, settings, sent, what, when
):
    laid_out(release)
    command = [sys.executable, "-c", DYING_WORKER, str(release.pk), what, str(when)]
    killed = subprocess.run(command, env=same_database(), timeout=120)
    assert killed.returncode == -signal.SIGKILL
    release.refresh_from_db()
    assert (release.is_under_way, (release.folder / "MANIFEST.json").exists()) == (True, False)
    assert unfinished(settings)
    written = {shard.pk: shard.files for shard in release.shards.filter(status="done")}
    assert written

    jobs.sweep()
    assert sent == []
    over = timezone.now() - timedelta(seconds=1)
    Shard.objects.filter(status="writing").update(lease_until=over)
    Release.objects.update(queued_at=None, lease_until=over)
    jobs.sweep()
    assert sent == [release.pk]
    assert building.build(release_id=release.pk)
    assert_complete(release)
    assert {shard.pk: shard.files for shard in release.shards.filter(pk__in=written)} == written
    assert set(release.shards.filter(pk__in=written).values_list("claims", flat=True)) == {1}
    assert unfinished(settings) == []

    undisturbed = asked(study, version=2)
    Release.objects.filter(pk=undisturbed.pk).update(snapshot_at=release.snapshot_at)
    assert building.build(release_id=undisturbed.pk)
    undisturbed.refresh_from_db()
    assert bytes_of(undisturbed) == bytes_of(release)


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def elsewhere(ask):
    """Ask through a connection of its own: who writes a shard reads what there was at the time of the release."""
    found = []

    def answer():
        found.append(ask())
        connection.close()

    asker = threading.Thread(target=answer)
    asker.start()
    asker.join()
    return found[0]


@pytest.mark.parametrize("status", [Release.Status.PLANNING, Release.Status.FINISHING])
def test_a_worker_that_falls_silent_while_it_plans_or_finishes_is_replaced(release, sent, status):
    laid_out(release)
    if status == Release.Status.FINISHING:
        while held := claims.claim_shard(release_id=release.pk, now=timezone.now()):
            work = building.Work(release_id=release.pk, clock=timezone.now, laid_out=lambda shards: None)
            building._write(held, work)
    Release.objects.update(
        status=status, token=uuid.uuid4(), lease_until=timezone.now() - timedelta(seconds=1), queued_at=timezone.now()
    )
    jobs.sweep()
    assert sent == [release.pk]
    assert building.build(release_id=release.pk)
    assert_complete(release)


def test_a_worker_that_was_taken_for_dead_changes_nothing(release, monkeypatch):
    finish = finishing.finish

    def overtaken(*held, **clock):
        monkeypatch.setattr(finishing, "finish", finish)
        Release.objects.update(status=Release.Status.WRITING)
        assert building.build(release_id=release.pk)
        return finish(*held, **clock)

    monkeypatch.setattr(finishing, "finish", overtaken)
    assert not building.build(release_id=release.pk)
    assert_complete(release)
    # To lay it out, and twice to finish it.
    assert Release.objects.get().claims == 3


def test_a_worker_notices_while_it_writes_that_its_claim_is_lost(release, monkeypatch):
    laid_out(release)
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.01)
    write = shards.write

    def robbed(held, *said):
        Shard.objects.filter(pk=held.pk).update(token=uuid.uuid4())
        wait_for(held.lost.is_set)
        return write(held, *said)

    monkeypatch.setattr(shards, "write", robbed)
    assert not building.build(release_id=release.pk)
    assert {shard.status for shard in release.shards.all()} == {"writing"}


def test_the_lease_is_renewed_and_progress_told_while_a_shard_is_written(release, monkeypatch):
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.01)
    write_rows = shards.write_rows

    def patiently(*table, **where):
        monkeypatch.setattr(shards, "write_rows", write_rows)
        rows = write_rows(*table, **where)
        before = elsewhere(lambda: Shard.objects.get(status="writing"))
        wait_for(lambda: elsewhere(lambda: Shard.objects.get(pk=before.pk)).lease_until > before.lease_until)
        wait_for(lambda: elsewhere(lambda: Shard.objects.get(pk=before.pk)).rows == rows)
        told.append(rows)
        return rows

    told = []
    monkeypatch.setattr(shards, "write_rows", patiently)
    assert building.build(release_id=release.pk)
    assert len(told) == 1
    assert told[0] > 0


def test_how_long_it_will_take_is_told_from_what_was_written_here(release, monkeypatch):
    laid_out(release)
    now = timezone.now()
    Release.objects.update(rows_total=44, laid_out_at=now - timedelta(seconds=10))
    first, second, *_ = release.shards.order_by("pk")
    release.refresh_from_db()
    assert release.time_left(now=now) is None
    Shard.objects.filter(pk=first.pk).update(rows=4)
    Shard.objects.filter(pk=second.pk).update(rows=20, carried=True)
    release = Release.objects.get()
    assert (release.rows_done, release.time_left(now=now)) == (24, timedelta(seconds=50))


# ---- cancelled, failed -----------------------------------------------------------------------------------------------
def test_a_release_that_is_cancelled_stops_and_leaves_nothing_behind(release, monkeypatch, settings):
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.01)
    write, held_until = shards.write, []

    def cancelled(held, *said):
        if Shard.objects.filter(status="done").count() == 2:
            assert intake.cancel(Release.objects.get(), now=timezone.now())
            wait_for(held.lost.is_set)
            held_until.append(held.pk)
        return write(held, *said)

    monkeypatch.setattr(shards, "write", cancelled)
    assert not building.build(release_id=release.pk)
    release.refresh_from_db()
    assert (release.status, len(held_until)) == (Release.Status.CANCELLED, 1)
    assert not intake.cancel(release, now=timezone.now())
    assert release.folder.exists()
    jobs.sweep()
    assert not release.folder.exists()
    assert unfinished(settings) == []
    assert not building.build(release_id=release.pk)


def test_what_a_cancelled_release_took_over_or_wrote_too_late_is_deleted_too(release, study, monkeypatch):
    building.build(release_id=release.pk)
    later = intake.request_release(study=study, by=None, now=timezone.now())
    lay_out = planning._lay_out

    def cancelled(*said, **more):
        assert intake.cancel(later, now=timezone.now())
        lay_out(*said, **more)

    monkeypatch.setattr(planning, "_lay_out", cancelled)
    assert not building.build(release_id=later.pk)
    # It had no shards yet, and files of the release before already.
    assert later.folder.exists()
    jobs.sweep()
    assert not later.folder.exists()
    assert_complete(release)


def test_what_a_worker_left_that_never_came_back_is_deleted_after_a_day(db, settings):
    for name in ("shard-1-old", "shard-2-new"):
        (storage.workshop() / name / "data").mkdir(parents=True)
    yesterday = (timezone.now() - timedelta(hours=25)).timestamp()
    os.utime(storage.workshop() / "shard-1-old", (yesterday, yesterday))
    jobs.sweep()
    assert [path.name for path in unfinished(settings)] == ["shard-2-new"]


def test_what_is_finished_cannot_be_cancelled(release):
    building.build(release_id=release.pk)
    assert not intake.cancel(release, now=timezone.now())
    assert_complete(release)


def test_who_withdraws_while_it_is_written_is_not_in_it(release, study, monkeypatch):
    write, leaving = finishing.write_documents, Annotator.objects.first()

    def meanwhile(*said, **files):
        write(*said, **files)
        if leaving.consents.in_force().exists():
            enrolment.withdraw(annotator=leaving, now=timezone.now())

    monkeypatch.setattr(finishing, "write_documents", meanwhile)
    building.build(release_id=release.pk)
    assert_complete(release)
    assert len(lines(release.folder, "conversations")) == 4


@pytest.mark.parametrize(
    ("error", "code", "where"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full", (shards, "write_rows")),
        (PermissionError(errno.EACCES, "Permission denied"), "storage", (finishing, "write_documents")),
        (snapshot.StillWriting(), "still-writing", (planning, "_lay_out")),
        (ZeroDivisionError("oops"), "unexpected", (shards, "write_rows")),
    ],
)
def test_a_failure_is_told_in_a_sentence(release, monkeypatch, settings, error, code, where):
    def fails(*arguments, **named):
        raise error

    monkeypatch.setattr(*where, fails)
    assert building.build(release_id=release.pk)
    release.refresh_from_db()
    assert (release.status, release.failure) == (Release.Status.FAILED, code)
    assert release.failure_sentence.endswith(".")
    assert str(error) in release.failure_detail
    jobs.sweep()
    assert (unfinished(settings), release.folder.exists()) == ([], False)


def test_a_conversation_that_is_too_long_after_all_is_refused(study):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[0, 1, 2, 3, 0])
    building.build(release_id=asked(study).pk)
    assert Release.objects.get().failure == "too-many-turns"


def test_a_lost_job_is_sent_again_and_a_fresh_one_is_not(release, sent):
    jobs.sweep()
    assert sent == []
    Release.objects.update(queued_at=timezone.now() - recovery.LOST - timedelta(seconds=1))
    jobs.sweep()
    jobs.sweep()
    assert sent == [release.pk]


@pytest.mark.parametrize("what", ["release", "shard"])
def test_a_release_over_which_workers_die_again_and_again_fails(release, sent, what):
    laid_out(release)
    silent = {"lease_until": timezone.now() - timedelta(seconds=1), "token": uuid.uuid4()}
    if what == "release":
        Release.objects.update(status="finishing", claims=recovery.MOST_CLAIMS, **silent)
    else:
        shard = release.shards.first()
        Shard.objects.filter(pk=shard.pk).update(status="writing", claims=recovery.MOST_CLAIMS, **silent)
    jobs.sweep()
    assert sent == []
    assert Release.objects.get().failure == "worker-lost"


def test_two_releases_that_begin_at_once_number_everything_once(study, monkeypatch):
    Meeting(monkeypatch).before(numbering, "_number")
    number = partial(numbering.number_new, study=study, snapshot_at=timezone.now())
    assert at_once(number, number) == [None, None]
    assert sorted(PublishedConversation.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
