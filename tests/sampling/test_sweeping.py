"""What was lost is found: sets whose worker fell silent, and sets whose job is in no queue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone

from sampling import jobs, queues
from sampling.intake import define_recipe
from sampling.models import Batch, CandidateSet
from sampling.recovery import AT_ONCE, MOST_CLAIMS, free_silent, take_without_job
from tests.sampling.conftest import document

MakeSet = Callable[..., CandidateSet]
NOW = timezone.now()

EMPTY = {"gpu": 0}
MANY = {"gpu": 1_000}


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


@pytest.fixture
def silent(make_set: MakeSet) -> Callable[..., CandidateSet]:
    def make(**fields: Any) -> CandidateSet:
        defaults = {"status": "generating", "token": uuid4(), "lease_until": ago(seconds=1), "claims": 1}
        return make_set(**(defaults | fields))

    return make


def test_a_set_whose_worker_fell_silent_may_be_claimed_again(silent: MakeSet) -> None:
    lost, held = silent(), silent(lease_until=NOW + timedelta(seconds=1))
    free_silent(now=NOW)
    lost.refresh_from_db()
    held.refresh_from_db()
    assert (lost.status, lost.token, lost.lease_until) == ("requested", None, None)
    assert held.status == "generating"


def test_a_set_over_which_several_workers_fell_silent_fails(silent: MakeSet) -> None:
    candidate_set = silent(claims=MOST_CLAIMS)
    free_silent(now=NOW)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "worker-lost")


def test_a_set_left_by_a_worker_is_sent_again_at_once(silent: MakeSet) -> None:
    candidate_set = silent(queued_at=NOW)
    free_silent(now=NOW)
    assert take_without_job(now=NOW, jobs_waiting=MANY) == [candidate_set]


@pytest.mark.parametrize(
    ("seconds", "jobs_waiting", "sent_again"),
    [(2, 0, False), (10, 0, True), (10, 1, False), (40, 1, True), (40, 2, False), (7200, 2, False)],
)
def test_a_job_is_taken_for_lost_where_there_are_fewer_jobs_than_sets(
    make_set: MakeSet, seconds: int, jobs_waiting: int, sent_again: bool
) -> None:
    for _ in range(2):
        make_set(queued_at=ago(seconds=seconds))
    assert bool(take_without_job(now=NOW, jobs_waiting={"gpu": jobs_waiting})) == sent_again


def test_a_queue_that_nobody_empties_does_not_hide_what_another_lost(make_set: MakeSet, settings: Any) -> None:
    settings.MODEL_QUEUES = {"/srv/models/large": "large"}
    large = define_recipe(document(generator={"name": "huggingface", "model": "/srv/models/large"}))
    lost = make_set(queued_at=ago(seconds=10))
    make_set(queued_at=ago(seconds=10), recipe=large)
    assert take_without_job(now=NOW, jobs_waiting={"gpu": 0, "large": 1}) == [lost]


def test_the_job_of_a_set_written_ahead_is_lost_like_another(make_set: MakeSet) -> None:
    batch = Batch.objects.create()
    lost = make_set(batch=batch, queued_at=ago(seconds=10))
    make_set(batch=batch, queued_at=None)
    assert take_without_job(now=NOW, jobs_waiting=EMPTY) == [lost]


def test_what_was_sent_again_is_not_sent_by_the_next_sweep(make_set: MakeSet) -> None:
    make_set(queued_at=None)
    assert take_without_job(now=NOW, jobs_waiting=EMPTY)
    assert not take_without_job(now=NOW + timedelta(seconds=1), jobs_waiting=EMPTY)


def test_people_who_wait_are_sent_first_and_never_more_than_a_portion(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = make_set(urgent=False, requested_at=ago(minutes=9))
    waits = make_set(urgent=True, requested_at=ago(minutes=1))
    assert take_without_job(now=NOW, jobs_waiting=EMPTY) == [waits, ahead]
    monkeypatch.setattr("sampling.recovery.AT_ONCE", 1)
    assert AT_ONCE > 1
    CandidateSet.objects.update(queued_at=None)
    assert take_without_job(now=NOW, jobs_waiting=EMPTY) == [waits]


def test_sets_that_are_ready_failed_or_being_written_are_left_alone(make_set: MakeSet, silent: MakeSet) -> None:
    make_set(status="ready", canonical_order=[0])
    make_set(status="failed", failure="unfit")
    silent(lease_until=NOW + timedelta(minutes=1))
    assert take_without_job(now=NOW + timedelta(days=1), jobs_waiting=EMPTY) == []


def test_the_sweep_sends_what_it_finds(make_set: MakeSet, silent: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(jobs.fill_candidate_set, "apply_async", lambda **options: sent.append(options["kwargs"]))
    found = {make_set(queued_at=None).pk, silent(lease_until=timezone.now() - timedelta(seconds=1)).pk}
    jobs.sweep()
    assert {one["candidate_set_id"] for one in sent} == found


def test_the_queue_is_counted_whatever_the_priority_and_none_is_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "DEFAULT", f"counted-{uuid4()}")
    assert jobs._jobs_waiting()[queues.DEFAULT] == 0
    jobs.queue(candidate_set_id=1, urgent=True, name=queues.DEFAULT)
    jobs.queue(candidate_set_id=2, urgent=False, name=queues.DEFAULT)
    assert jobs._jobs_waiting()[queues.DEFAULT] == 2
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(queues.DEFAULT)
    assert jobs._jobs_waiting()[queues.DEFAULT] == 0
