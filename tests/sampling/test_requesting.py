"""Asking for candidates: a row at once, a job once it is committed, people who wait before work done ahead."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from sampling import jobs
from sampling.intake import (
    Ahead,
    NothingToAsk,
    define_recipe,
    request_again,
    request_ahead,
    request_candidates,
    waiting,
)
from sampling.models import Batch, CandidateSet, Recipe
from sampling.recipe_document import IMPORTED

MESSAGES = [{"role": "user", "content": "How do I begin?"}]
NOW = timezone.now()

MakeSet = Callable[..., CandidateSet]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have gone to the broker."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs.fill_candidate_set, "apply_async", lambda **options: sent.append(options))
    return sent


def ask(recipe: Recipe) -> CandidateSet:
    return request_candidates(messages=MESSAGES, language="en", recipe=recipe, now=NOW)


def test_the_job_is_sent_when_the_row_is_committed(
    recipe: Recipe, queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        candidate_set = ask(recipe)
        assert queued == []
    for callback in callbacks:
        callback()
    [job] = queued
    assert job["kwargs"] == {"candidate_set_id": candidate_set.pk}
    assert job["queue"] == "gpu"
    assert (candidate_set.status, candidate_set.requested_at) == ("requested", NOW)


def test_nothing_is_sent_for_a_row_that_was_rolled_back(
    recipe: Recipe, queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        ask(recipe)
        transaction.set_rollback(True)
    assert queued == []
    assert not CandidateSet.objects.exists()


def test_people_who_wait_come_before_work_done_ahead(
    recipe: Recipe, queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ahead = Ahead(messages=MESSAGES, language="en", recipe=recipe)
        request_ahead(wanted=[ahead], batch=Batch.objects.create(), now=NOW)
        ask(recipe)
    ahead, waits = (job["priority"] for job in queued)
    assert waits < ahead


def test_a_recipe_for_imported_sets_cannot_be_asked(db: None) -> None:
    with pytest.raises(NothingToAsk):
        ask(define_recipe(IMPORTED))


def test_a_failed_set_is_asked_for_again_once(
    make_set: MakeSet, queued: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    candidate_set = make_set(status="failed", failure="unfit", failure_detail="language", claims=3)
    with django_capture_on_commit_callbacks(execute=True):
        assert request_again(candidate_set=candidate_set, now=NOW)
        assert not request_again(candidate_set=candidate_set, now=NOW)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure, candidate_set.claims) == ("requested", "", 0)
    assert len(queued) == 1


@pytest.mark.parametrize("status", ["requested", "ready"])
def test_only_a_failed_set_is_asked_for_again(make_set: MakeSet, status: str) -> None:
    candidate_set = make_set(status=status, canonical_order=[0, 1, 2, 3])
    assert not request_again(candidate_set=candidate_set, now=NOW)


def test_the_place_in_the_queue_counts_those_before(make_set: MakeSet) -> None:
    ahead = make_set(urgent=False, requested_at=NOW - timedelta(minutes=5))
    first = make_set(urgent=True, requested_at=NOW - timedelta(seconds=2))
    second = make_set(urgent=True, requested_at=NOW)
    assert [waiting(candidate_set=one).position for one in (first, second, ahead)] == [1, 2, 3]


def test_who_does_not_wait_any_more_has_no_place(make_set: MakeSet) -> None:
    make_set(urgent=True)
    ready = make_set(status="ready", canonical_order=[0, 1, 2, 3])
    told = waiting(candidate_set=ready)
    assert (told.status, told.position) == ("ready", 0)


def test_the_typical_time_is_the_median_of_sets_that_somebody_waited_for(make_set: MakeSet) -> None:
    candidate_set = make_set()
    assert waiting(candidate_set=candidate_set).typical_seconds is None
    for seconds, urgent in [(2, True), (4, True), (60, True), (1000, False)]:
        make_set(
            status="ready",
            canonical_order=[0, 1, 2, 3],
            urgent=urgent,
            requested_at=NOW,
            finished_at=NOW + timedelta(seconds=seconds),
        )
    assert waiting(candidate_set=candidate_set).typical_seconds == 4


def test_messages_are_kept_as_they_were(recipe: Recipe) -> None:
    messages = [{"role": "user", "content": "<b>### \u202e नमस्ते"}]
    kept = request_candidates(messages=messages, language="hi", recipe=recipe, now=NOW)
    messages[0]["content"] = "changed"
    kept.refresh_from_db()
    assert json.dumps(kept.messages[0]["content"], ensure_ascii=False) == '"<b>### \u202e नमस्ते"'
