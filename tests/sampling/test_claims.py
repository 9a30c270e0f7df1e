"""A set is written by one worker at a time, and by nobody whose claim has passed to another one."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from sampling import carrying, generation
from sampling.asking import Order
from sampling.claims import RENEWER, Claim, claim, lease
from sampling.generators.interface import Stopping
from sampling.models import CandidateSet
from sampling.recovery import free_silent
from sampling.saving import Outcome, save
from tests.sampling.conftest import document

MakeSet = Callable[..., CandidateSet]
NOW = timezone.now()


def take(candidate_set: CandidateSet, worker: str = "w") -> Claim | None:
    return claim(candidate_set_id=candidate_set.pk, worker=worker, now=NOW)


def take_for_sure(candidate_set: CandidateSet) -> Claim:
    held = take(candidate_set)
    assert held is not None
    return held


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_claim_at_the_same_moment_one_wins(make_set: MakeSet) -> None:
    candidate_set = make_set()
    won: list[Claim | None] = []

    def claim_in_another_connection() -> None:
        try:
            won.append(take(candidate_set, worker="second"))
        finally:
            connection.close()

    second = threading.Thread(target=claim_in_another_connection)
    with transaction.atomic():
        first = take(candidate_set, worker="first")
        second.start()
        # The second claim now waits for the row; it must look at the row again once the first is committed.
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=10)
    assert first is not None
    assert won == [None]
    candidate_set.refresh_from_db()
    assert (candidate_set.worker, candidate_set.claims) == ("first", 1)


def test_a_set_that_is_claimed_ready_or_failed_cannot_be_claimed(make_set: MakeSet) -> None:
    claimed = make_set()
    assert take(claimed)
    assert take(claimed) is None
    assert take(make_set(status="ready", canonical_order=[0])) is None
    assert take(make_set(status="failed", failure="unfit")) is None


def test_a_result_whose_claim_has_passed_to_another_worker_is_not_written(make_set: MakeSet) -> None:
    candidate_set = make_set()
    late = take_for_sure(candidate_set)
    free_silent(now=NOW + lease() + timedelta(seconds=1))
    current = take_for_sure(candidate_set)
    outcome = Outcome(order=Order(messages=[], language="en", recipe=document()), failure="unfit")
    assert not save(late, outcome, worker="late", now=NOW)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.token) == ("generating", current.token)
    assert save(current, outcome, worker="current", now=NOW)


def test_renewing_extends_the_lease_and_tells_how_far_the_writing_is(make_set: MakeSet) -> None:
    candidate_set = make_set()
    held = take_for_sure(candidate_set)
    later = NOW + timedelta(minutes=5)
    assert held.renew(decoded_tokens=17, now=later)
    candidate_set.refresh_from_db()
    assert (candidate_set.lease_until, candidate_set.decoded_tokens) == (later + lease(), 17)


def test_a_claim_that_does_not_stand_any_more_is_not_renewed(make_set: MakeSet) -> None:
    candidate_set = make_set()
    held = take_for_sure(candidate_set)
    CandidateSet.objects.update(status="requested", token=None, lease_until=None)
    assert not held.renew(decoded_tokens=1, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_whatever_is_wrong_with_one_claim_the_others_are_renewed(make_set: MakeSet, settings: Any) -> None:
    settings.CANDIDATE_LEASE_SECONDS = 1
    broken, held = take_for_sure(make_set()), take_for_sure(make_set())
    renewed = threading.Event()
    asked = iter(range(1000))

    def decoded() -> int:
        if next(asked) == 3:
            renewed.set()
        return 0

    def break_down() -> int:
        raise ZeroDivisionError

    with RENEWER.keeping(broken, decoded=break_down), RENEWER.keeping(held, decoded=decoded):
        assert renewed.wait(timeout=30)


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_renewed_while_the_writing_goes_on_and_not_after(make_set: MakeSet, settings: Any) -> None:
    settings.CANDIDATE_LEASE_SECONDS = 1
    candidate_set = make_set()
    held = take_for_sure(candidate_set)
    renewed = threading.Event()
    numbers = iter(range(1000))

    def decoded() -> int:
        number = next(numbers)
        if number == 2:
            renewed.set()
        return number

    with RENEWER.keeping(held, decoded=decoded):
        assert renewed.wait(timeout=30)
    candidate_set.refresh_from_db()
    assert candidate_set.decoded_tokens >= 1
    assert candidate_set.lease_until is not None
    assert candidate_set.lease_until > NOW + lease()
    thread = RENEWER._thread
    if thread is not None:
        thread.join(timeout=10)
    assert RENEWER._thread is None


def test_a_set_is_handed_back_when_its_worker_is_told_to_stop(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_asked: object) -> None:
        raise Stopping

    monkeypatch.setattr(carrying, "generator_of", stop)
    candidate_set = make_set(queued_at=NOW)
    assert not generation.fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.claims, candidate_set.queued_at) == ("requested", 0, None)


def test_a_job_for_a_set_that_is_gone_does_nothing(db: None) -> None:
    assert not generation.fill(candidate_set_id=987654321)
