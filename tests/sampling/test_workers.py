"""Real worker processes, killed, emptied and told to stop: a set is written once and nobody sees half of one."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.utils import timezone
from kombu import Connection

from config import embedded
from sampling.intake import Ahead, request_ahead
from sampling.jobs import SOMEBODY_WAITS, fill_candidate_set
from sampling.models import Batch, Candidate, CandidateSet, CandidateSetQuerySet, Completion, Recipe
from tests.sampling.conftest import QUESTIONS
from tests.sampling.workers import Workers, assert_written_once, workers

pytestmark = pytest.mark.django_db(transaction=True)

MakeSet = Callable[..., CandidateSet]
LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"]
AT_ONCE = 16
# So that a slow and busy machine does not need most of the 30 seconds to write what it writes at once.
FEW_AT_ONCE = {"AHEAD_AT_ONCE": "2"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    server = embedded.start_redis(tmp_path / "redis")
    yield str(tmp_path / "redis" / "redis.sock")
    server.kill()
    server.wait()


@pytest.fixture
def celery(tmp_path: Path, broker: str) -> Iterator[Workers]:
    with workers(tmp_path, f"redis+socket://{broker}") as started:
        yield started


def make_many(make_set: MakeSet, number: int) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    for place in range(number):
        make_set(language=LANGUAGES[place % 6], urgent=True, requested_at=long_ago, queued_at=long_ago)


def ask_ahead(recipe: Recipe, number: int) -> None:
    """Ask for sets that nobody waits for; the workers' own sweeps begin them."""
    languages = [LANGUAGES[place % 6] for place in range(number)]
    wanted = [
        Ahead(messages=[{"role": "user", "content": QUESTIONS[code]}], language=code, recipe=recipe, rank=rank)
        for rank, code in enumerate(languages)
    ]
    request_ahead(wanted=wanted, batch=Batch.objects.create(), now=timezone.now())
    # What was sent from here went to the broker of the tests and not to that of these workers.
    CandidateSet.objects.update(queued_at=None)


def send(celery: Workers, candidate_set: CandidateSet) -> None:
    with Connection(celery.redis_url) as connection:
        options: dict[str, Any] = {"connection": connection, "queue": "gpu", "priority": SOMEBODY_WAITS}
        fill_candidate_set.apply_async(kwargs={"candidate_set_id": candidate_set.pk}, **options)


def being_decoded() -> CandidateSetQuerySet:
    return CandidateSet.objects.filter(status="generating", decoded_tokens__gt=0)


def pid_of(candidate_set: CandidateSet) -> int:
    return int(candidate_set.worker.rpartition(":")[2])


def left_by(killed: Any) -> set[int]:
    """Return the keys of the sets that a killed worker was writing. Nothing of them is there."""
    left = CandidateSet.objects.filter(status="generating", worker__endswith=f":{killed.pid}")
    lost = set(left.values_list("pk", flat=True))
    assert lost
    assert not Completion.objects.filter(candidate_set__in=lost).exists()
    assert not Candidate.objects.filter(candidate_set__in=lost).exists()
    return lost


def all_ready() -> bool:
    return not CandidateSet.objects.exclude(status="ready").exists()


# ---- killed ---------------------------------------------------------------------------------------------------------
def test_sets_of_a_killed_worker_are_written_by_another_one_within_30_seconds_with_the_usual_lease_and_sweep(
    recipe: Recipe, celery: Workers
) -> None:
    celery.settings = FEW_AT_ONCE
    first, _second, _beat = celery.start_worker(), celery.start_worker(), celery.start_beat()
    ask_ahead(recipe, 150)
    begun = CandidateSet.objects.exclude(worker="")
    celery.wait_until(lambda: begun.values("worker").distinct().count() == 2, seconds=180)
    celery.wait_until(being_decoded().filter(worker__endswith=f":{first.pid}").exists, seconds=60)
    killed_at = timezone.now()
    celery.kill(first)
    lost = left_by(first)
    written_by_the_other = CandidateSet.objects.ready().filter(pk__in=lost, claims=2)
    celery.wait_until(lambda: written_by_the_other.count() == len(lost), seconds=180)
    ended = written_by_the_other.latest("finished_at").finished_at
    assert ended is not None
    assert ended - killed_at < timedelta(seconds=30)
    assert_written_once()


@pytest.mark.whole
def test_three_kills_in_a_row_over_the_same_set_leave_every_set_written_once(recipe: Recipe, celery: Workers) -> None:
    celery.settings |= FEW_AT_ONCE
    processes = {process.pid: process for process in [celery.start_worker() for _ in range(4)]}
    celery.start_beat()
    celery.wait_until(lambda: celery.said().count("[queues]") == 4, seconds=180)
    ask_ahead(recipe, 150)
    lost: set[int] = set()
    for claims in (1, 2, 3):
        # Of those whose worker was killed so often already, one that the next worker has written tokens of.
        found = being_decoded().filter(claims=claims)
        celery.wait_until(found.exists, seconds=180)
        process = processes[pid_of(found[0])]
        celery.kill(process)
        lost |= left_by(process)
    killed_at = timezone.now()
    assert CandidateSet.objects.filter(pk__in=lost, claims=3).exists()
    celery.wait_until(
        lambda: not CandidateSet.objects.filter(pk__in=lost).exclude(status="ready").exists(), seconds=180
    )
    ended = CandidateSet.objects.filter(pk__in=lost).latest("finished_at").finished_at
    assert ended is not None
    assert ended - killed_at < timedelta(seconds=30)
    assert CandidateSet.objects.filter(pk__in=lost, claims=4).exists()
    assert_written_once()


# ---- lost and sent twice --------------------------------------------------------------------------------------------
@pytest.mark.whole
def test_sets_are_written_although_redis_was_emptied_before_a_worker_came(
    make_set: MakeSet, celery: Workers, broker: str
) -> None:
    make_many(make_set, 3)
    server = redis.Redis(unix_socket_path=broker)
    for candidate_set in CandidateSet.objects.all():
        send(celery, candidate_set)
    assert server.llen("gpu") == 3
    server.flushall()
    server.close()

    celery.start_worker()
    celery.wait_until(all_ready, seconds=180)
    assert_written_once()


@pytest.mark.whole
def test_sets_are_written_although_redis_is_emptied_while_they_are(
    recipe: Recipe, celery: Workers, broker: str
) -> None:
    celery.start_worker()
    celery.start_beat()
    ask_ahead(recipe, 20)
    celery.wait_until(lambda: CandidateSet.objects.ready().exists(), seconds=180)
    with redis.Redis(unix_socket_path=broker) as server:
        server.flushall()
    assert not all_ready()
    celery.wait_until(all_ready, seconds=180)
    assert_written_once()


@pytest.mark.whole
def test_a_job_that_comes_three_times_is_done_once(make_set: MakeSet, celery: Workers) -> None:
    make_many(make_set, 6)
    CandidateSet.objects.update(queued_at=timezone.now())
    for _ in range(3):
        for candidate_set in CandidateSet.objects.all():
            send(celery, candidate_set)
    celery.start_worker()
    celery.wait_until(all_ready, seconds=180)
    with redis.Redis(unix_socket_path=celery.redis_url.removeprefix("redis+socket://")) as server:
        celery.wait_until(lambda: server.llen("gpu") == 0, seconds=30)
    assert_written_once()
    assert set(CandidateSet.objects.values_list("claims", flat=True)) == {1}


# ---- people before bulk ---------------------------------------------------------------------------------------------
def test_who_waits_is_served_before_what_is_written_ahead(recipe: Recipe, make_set: MakeSet, celery: Workers) -> None:
    celery.start_worker()
    celery.start_beat()
    ask_ahead(recipe, 120)
    ahead = CandidateSet.objects.written_ahead()
    celery.wait_until(lambda: ahead.filter(status="generating").count() == AT_ONCE, seconds=180)
    waits = make_set(urgent=True, queued_at=timezone.now(), requested_at=timezone.now())
    send(celery, waits)
    most = 0

    def ready_and_counted() -> bool:
        nonlocal most
        most = max(most, ahead.filter(status="generating").count())
        waits.refresh_from_db()
        return waits.is_ready

    celery.wait_until(ready_and_counted, seconds=180)
    left = ahead.filter(status="requested").count()
    assert left > 0
    assert most <= AT_ONCE
    assert waits.claimed_at is not None
    assert waits.claimed_at - waits.requested_at < timedelta(seconds=10)
    # Nothing that was still waiting when the person came was begun before theirs, but what takes the places of others.
    begun_between = ahead.filter(claimed_at__gt=waits.requested_at, claimed_at__lt=waits.claimed_at)
    assert begun_between.count() <= AT_ONCE


# ---- told to stop ---------------------------------------------------------------------------------------------------
def test_a_worker_that_is_told_to_stop_ends_within_seconds_and_hands_its_sets_back(
    make_set: MakeSet, celery: Workers
) -> None:
    make_many(make_set, 12)
    worker = celery.start_worker()
    celery.wait_until(being_decoded().exists, seconds=180)
    told = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=15) == 0, celery.said()
    assert time.monotonic() - told < 15
    assert not CandidateSet.objects.filter(status="generating").exists()
    assert not CandidateSet.objects.filter(status="failed").exists()
    handed_back = CandidateSet.objects.requested()
    assert handed_back.exists()
    assert set(handed_back.values_list("claims", flat=True)) == {0}
