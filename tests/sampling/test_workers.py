"""Real worker processes, killed, emptied and told to stop: a set is written once and nobody sees half of one."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db.models import Count
from django.utils import timezone
from kombu import Connection

from config import embedded
from sampling.jobs import fill_candidate_set
from sampling.models import Candidate, CandidateSet, Completion
from tests.sampling.workers import Workers, workers

pytestmark = pytest.mark.django_db(transaction=True)

MakeSet = Callable[..., CandidateSet]
LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"]


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


def all_ready() -> bool:
    return not CandidateSet.objects.exclude(status="ready").exists()


def assert_written_once() -> None:
    sets = CandidateSet.objects.annotate(written=Count("candidates"))
    assert {one.written for one in sets} == {4}
    assert Candidate.objects.filter(completion=None).count() == 0


def test_sets_of_a_worker_killed_while_it_decodes_are_written_by_the_next_one_once(
    make_set: MakeSet, celery: Workers
) -> None:
    make_many(make_set, 12)
    being_decoded = CandidateSet.objects.filter(status="generating", decoded_tokens__gt=0)
    first = celery.start_worker()
    celery.wait_until(lambda: being_decoded.exists(), seconds=120)
    celery.kill(first)

    lost = list(being_decoded)
    assert lost
    assert Completion.objects.filter(candidate_set__in=lost).count() == 0
    assert Candidate.objects.filter(candidate_set__in=lost).count() == 0

    # Workers look for what was left when they start; later on the beat lets them.
    celery.wait_until(lambda: not CandidateSet.objects.filter(lease_until__gt=timezone.now()).exists(), seconds=10)
    celery.start_worker()
    celery.wait_until(all_ready, seconds=120)
    assert_written_once()
    for one in lost:
        one.refresh_from_db()
        assert one.claims == 2


def test_sets_are_written_although_redis_was_emptied(make_set: MakeSet, celery: Workers, broker: str) -> None:
    make_many(make_set, 3)
    server = redis.Redis(unix_socket_path=broker)
    with Connection(celery.redis_url) as connection:
        for candidate_set in CandidateSet.objects.all():
            options: dict[str, Any] = {"connection": connection, "queue": "gpu", "priority": 0}
            fill_candidate_set.apply_async(kwargs={"candidate_set_id": candidate_set.pk}, **options)
    assert server.llen("gpu") == 3
    server.flushall()
    server.close()

    celery.start_worker()
    celery.wait_until(all_ready, seconds=120)
    assert_written_once()


def test_a_worker_that_is_told_to_stop_ends_within_seconds_and_hands_its_sets_back(
    make_set: MakeSet, celery: Workers
) -> None:
    make_many(make_set, 12)
    worker = celery.start_worker()
    decoding = CandidateSet.objects.filter(status="generating", decoded_tokens__gt=0)
    celery.wait_until(lambda: decoding.exists(), seconds=120)
    told = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=15) == 0, celery.said()
    assert time.monotonic() - told < 15
    assert not CandidateSet.objects.filter(status="generating").exists()
    assert not CandidateSet.objects.filter(status="failed").exists()
    handed_back = CandidateSet.objects.requested()
    assert handed_back.exists()
    assert set(handed_back.values_list("claims", flat=True)) == {0}
