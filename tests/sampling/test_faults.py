"""What goes wrong with one set ends in a state with a reason in words, and the other sets go on."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config import embedded
from sampling import reasons
from sampling.disks import is_full
from sampling.generation import fill
from sampling.generators import local_model
from sampling.generators.engine import ENGINES
from sampling.intake import Ahead, define_recipe, request_ahead
from sampling.models import Batch, CandidateSet, Completion
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS, document
from tests.sampling.workers import workers

MakeSet = Callable[..., CandidateSet]


def asked(text: str, **generator: Any) -> Ahead:
    recipe = define_recipe(document(generator={"name": "huggingface", "model": DEMO_MODEL} | generator))
    return Ahead(messages=[{"role": "user", "content": text}], language="en", recipe=recipe)


@contextmanager
def full_disk_for_the_answers_to(text: str) -> Iterator[None]:
    """Let PostgreSQL answer as it does when it cannot extend a table's file; the disk itself has room."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF EXISTS (SELECT 1 FROM sampling_candidateset AS one WHERE one.id = NEW.candidate_set_id"
            f"           AND one.messages::text LIKE '%{text}%')"
            " THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';"
            " END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER no_room BEFORE INSERT ON sampling_completion FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER no_room ON sampling_completion; DROP FUNCTION no_room()")


@pytest.mark.whole
@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_past_everything_that_cannot_be_written(tmp_path: Path) -> None:
    server = embedded.start_redis(tmp_path / "redis")
    wanted = {
        "model-not-loadable": [asked("?", model="examples/nothing/here"), asked("?", revision="sha256:0000")],
        "prompt-too-long": [asked("Why? " * 20_000), asked("Why not? " * 700)],
        "disk-full": [asked("Is there room?")],
        "": [asked(QUESTIONS["en"]) for _ in range(3)],
    }
    assert len(wanted["prompt-too-long"][0].messages[0]["content"]) == 100_000
    try:
        with (
            workers(tmp_path, f"redis+socket://{tmp_path}/redis/redis.sock") as celery,
            full_disk_for_the_answers_to("Is there room?"),
        ):
            celery.start_worker()
            everything = [one for several in wanted.values() for one in several]
            sets = request_ahead(wanted=everything, batch=Batch.objects.create(), now=timezone.now())
            celery.start_beat()
            ended = CandidateSet.objects.filter(status__in=["ready", "failed"])
            celery.wait_until(lambda: ended.count() == len(sets), seconds=120)
    finally:
        server.kill()
        server.wait()
    expected = [reason for reason, several in wanted.items() for _one in several]
    for one, reason in zip(sets, expected, strict=True):
        one.refresh_from_db()
        assert (one.failure, one.status) == (reason, "failed" if reason else "ready"), one.failure_detail
        assert not reason or str(reasons.explain(reason)).endswith(".")
    assert not Completion.objects.filter(candidate_set__failure="disk-full").exists()


@pytest.mark.django_db
def test_a_worker_without_room_for_a_model_says_so(make_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(**_what: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    ENGINES.close()
    monkeypatch.setattr(local_model.AutoTokenizer, "from_pretrained", download)
    candidate_set = make_set()
    assert fill(candidate_set_id=candidate_set.pk)
    ENGINES.close()
    candidate_set.refresh_from_db()
    assert candidate_set.failure == "disk-full"
    assert "No space left" in candidate_set.failure_detail


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (RuntimeError("Data processing error: No space left on device (os error 28)"), True),
        (OSError(errno.EACCES, "x"), False),
        (RuntimeError("no idea"), False),
    ],
)
def test_a_full_disk_is_told_from_other_errors_whoever_wraps_it(error: Exception, full: bool) -> None:
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = error
    assert is_full(error) == is_full(wrapped) == full


@pytest.mark.django_db(transaction=True)
def test_what_the_database_does_not_take_fails_the_set(make_set: MakeSet) -> None:
    candidate_set = make_set()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sampling_candidate ADD CONSTRAINT none_at_all CHECK (slot < 0)")
    try:
        assert fill(candidate_set_id=candidate_set.pk)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE sampling_candidate DROP CONSTRAINT none_at_all")
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "not-storable")
