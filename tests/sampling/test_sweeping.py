"""What was lost is found: sets whose worker fell silent, and sets whose job is in no queue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone

from sampling import jobs, queues
from sampling.models import CandidateSet
from sampling.recovery import AT_ONCE, MOST_CLAIMS, free_silent, take_without_job

MakeSet = Callable[..., CandidateSet]
NOW = timezone.now()


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
    assert take_without_job(now=NOW, queue_is_empty=False) == [candidate_set]


@pytest.mark.parametrize(
    ("waited", "urgent", "queue_is_empty", "sent_again"),
    [
        (timedelta(seconds=2), True, True, False),
        (timedelta(seconds=10), True, True, True),
        (timedelta(seconds=10), False, True, True),
        (timedelta(seconds=10), True, False, False),
        (timedelta(minutes=1), True, False, True),
        (timedelta(minutes=10), False, False, False),
        (timedelta(hours=2), False, False, True),
    ],
)
def test_a_job_is_taken_for_lost_after_a_while(
    make_set: MakeSet, waited: timedelta, urgent: bool, queue_is_empty: bool, sent_again: bool
) -> None:
    make_set(urgent=urgent, queued_at=NOW - waited)
    assert bool(take_without_job(now=NOW, queue_is_empty=queue_is_empty)) == sent_again


def test_what_was_sent_again_is_not_sent_by_the_next_sweep(make_set: MakeSet) -> None:
    make_set(queued_at=None)
    assert take_without_job(now=NOW, queue_is_empty=True)
    assert not take_without_job(now=NOW + timedelta(seconds=1), queue_is_empty=True)


def test_people_who_wait_are_sent_first_and_never_more_than_a_portion(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = make_set(urgent=False, requested_at=ago(minutes=9))
    waits = make_set(urgent=True, requested_at=ago(minutes=1))
    assert take_without_job(now=NOW, queue_is_empty=True) == [waits, ahead]
    monkeypatch.setattr("sampling.recovery.AT_ONCE", 1)
    assert AT_ONCE > 1
    CandidateSet.objects.update(queued_at=None)
    assert take_without_job(now=NOW, queue_is_empty=True) == [waits]


def test_sets_that_are_ready_failed_or_being_written_are_left_alone(make_set: MakeSet, silent: MakeSet) -> None:
    make_set(status="ready", canonical_order=[0])
    make_set(status="failed", failure="unfit")
    silent(lease_until=NOW + timedelta(minutes=1))
    assert take_without_job(now=NOW + timedelta(days=1), queue_is_empty=True) == []


def test_the_sweep_sends_what_it_finds(make_set: MakeSet, silent: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(jobs.fill_candidate_set, "apply_async", lambda **options: sent.append(options["kwargs"]))
    found = {make_set(queued_at=None).pk, silent(lease_until=timezone.now() - timedelta(seconds=1)).pk}
    jobs.sweep()
    assert {one["candidate_set_id"] for one in sent} == found


def test_the_queue_is_counted_whatever_the_priority_and_none_is_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "DEFAULT", f"counted-{uuid4()}")
    assert jobs._jobs_waiting() == 0
    jobs.queue(candidate_set_id=1, urgent=True, name=queues.DEFAULT)
    jobs.queue(candidate_set_id=2, urgent=False, name=queues.DEFAULT)
    assert jobs._jobs_waiting() == 2
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(queues.DEFAULT)
    assert jobs._jobs_waiting() == 0
