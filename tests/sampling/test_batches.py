"""Sets written ahead of time: a few at a time, what is needed first before the rest, held back and asked for again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sampling import batches, generation, jobs, recovery
from sampling.claims import claim
from sampling.intake import (
    Ahead,
    NothingToAsk,
    define_recipe,
    request_ahead,
    request_all_again,
    request_candidates,
    resume,
)
from sampling.models import Batch, CandidateSet, Recipe
from sampling.recipe_document import IMPORTED
from tests.sampling.conftest import document

MakeSet = Callable[..., CandidateSet]
NOW = timezone.now()
MESSAGES = [{"role": "user", "content": "How do I begin?"}]
OTHER_MODEL = {"name": "huggingface", "model": "/srv/models/large"}


@pytest.fixture
def batch(db: None) -> Batch:
    return Batch.objects.create()


@pytest.fixture(autouse=True)
def _at_once(settings: Any) -> None:
    settings.AHEAD_AT_ONCE = 4


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sets of which a job would have gone to the broker."""
    sent: list[int] = []
    monkeypatch.setattr(
        jobs.fill_candidate_set, "apply_async", lambda **job: sent.append(job["kwargs"]["candidate_set_id"])
    )
    return sent


def ask(recipe: Recipe, batch: Batch, *ranks: int) -> list[CandidateSet]:
    wanted = [Ahead(messages=MESSAGES, language="en", recipe=recipe, rank=rank) for rank in ranks]
    return request_ahead(wanted=wanted, batch=batch, now=NOW)


# ---- asking ---------------------------------------------------------------------------------------------------------
def test_of_what_is_asked_ahead_only_the_first_become_jobs(
    recipe: Recipe, batch: Batch, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = ask(recipe, batch, *range(10))
        assert queued == []
    assert queued == [one.pk for one in made[:4]]
    waiting = CandidateSet.objects.requested().filter(batch=batch, urgent=False, queued_at=None)
    assert list(waiting.order_by("rank")) == made[4:]


def test_a_recipe_for_imported_sets_is_not_asked(batch: Batch) -> None:
    with pytest.raises(NothingToAsk):
        ask(define_recipe(IMPORTED), batch, 0)
    assert not CandidateSet.objects.exists()


# ---- a few at a time ------------------------------------------------------------------------------------------------
def test_the_lowest_rank_is_written_first_and_no_more_at_a_time_than_the_setting_says(
    recipe: Recipe, batch: Batch
) -> None:
    made = ask(recipe, batch, 5, 0, 3, 1, 2, 4)
    assert [one.rank for one in batches.take_next(now=NOW)] == [0, 1, 2, 3]
    assert batches.take_next(now=NOW) == []
    CandidateSet.objects.filter(pk=made[1].pk).update(status="failed", failure="unfit")
    assert batches.take_next(now=NOW) == [made[5]]


def test_what_is_being_written_takes_a_place_and_what_somebody_waits_for_takes_none(
    recipe: Recipe, batch: Batch, make_set: MakeSet
) -> None:
    ask(recipe, batch, *range(9))
    make_set(urgent=True, queued_at=NOW)
    for one in batches.take_next(now=NOW)[:3]:
        assert claim(candidate_set_id=one.pk, worker="w", now=NOW)
    assert batches.take_next(now=NOW) == []


def test_who_ends_a_set_queues_the_next_one(recipe: Recipe, batch: Batch, queued: list[int], monkeypatch: Any) -> None:
    made = ask(recipe, batch, *range(6))
    first = batches.take_next(now=NOW)[0]

    def end(*, candidate_set_id: int) -> bool:
        return bool(CandidateSet.objects.filter(pk=candidate_set_id).update(status="failed", failure="unfit"))

    monkeypatch.setattr(generation, "fill", end)
    jobs.fill_candidate_set(candidate_set_id=first.pk)
    assert queued == [made[4].pk]


def test_a_job_that_found_nothing_to_do_queues_nothing(recipe: Recipe, batch: Batch, queued: list[int]) -> None:
    [only, _next] = ask(recipe, batch, 0, 1)
    CandidateSet.objects.filter(pk=only.pk).update(status="failed", failure="unfit")
    jobs.fill_candidate_set(candidate_set_id=only.pk)
    assert queued == []


def test_the_sweep_begins_what_was_asked_for(recipe: Recipe, batch: Batch, queued: list[int]) -> None:
    made = ask(recipe, batch, *range(6))
    jobs.sweep()
    assert queued == [one.pk for one in made[:4]]


def test_batches_take_turns_by_rank(recipe: Recipe, batch: Batch) -> None:
    ask(recipe, batch, 0, 2, 4)
    ask(recipe, Batch.objects.create(), 1, 3, 5)
    assert [one.rank for one in batches.take_next(now=NOW)] == [0, 1, 2, 3]


def test_a_model_whose_workers_are_away_keeps_no_other_model_waiting(
    recipe: Recipe, batch: Batch, settings: Any
) -> None:
    settings.MODEL_QUEUES = {OTHER_MODEL["model"]: "large"}
    ask(define_recipe(document(generator=OTHER_MODEL)), batch, *range(10))
    here = ask(recipe, batch, *range(20, 24))
    taken = batches.take_next(now=NOW)
    assert len(taken) == 8
    assert set(here) <= set(taken)


@pytest.mark.django_db(transaction=True)
def test_two_that_look_for_the_next_at_the_same_moment_never_take_too_many(
    recipe: Recipe, batch: Batch, queued: list[int]
) -> None:
    assert len(ask(recipe, batch, *range(20))) == 20
    # As if the few that were queued at once had not been.
    CandidateSet.objects.update(queued_at=None)
    together = threading.Barrier(6)
    taken: list[CandidateSet] = []

    def take() -> None:
        together.wait()
        try:
            taken.extend(batches.take_next(now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.rank for one in taken) == [0, 1, 2, 3]


def test_looking_for_the_next_takes_as_many_queries_however_many_wait(
    recipe: Recipe, batch: Batch, django_assert_num_queries: Any
) -> None:
    for sets in (6, 60):
        ask(recipe, batch, *range(sets))
        CandidateSet.objects.update(queued_at=None)
        # Two of them mark the transaction.
        with django_assert_num_queries(7):
            assert len(batches.take_next(now=NOW)) == 4


def test_the_next_are_found_in_an_index_without_reading_or_sorting_all_that_wait(recipe: Recipe, batch: Batch) -> None:
    let_many_wait(recipe, batch)
    nodes = explained(f"EXPLAIN (ANALYZE, FORMAT JSON) {batches._NEXT}", [4])
    assert {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} <= {"sampling_batch"}
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= 4
    assert len(batches.take_next(now=NOW)) == 4


def test_nothing_that_a_sweep_asks_reads_all_that_wait(
    recipe: Recipe, batch: Batch, django_assert_max_num_queries: Any
) -> None:
    let_many_wait(recipe, batch)
    with django_assert_max_num_queries(20) as asked:
        recovery.free_silent(now=NOW)
        assert recovery.take_without_job(now=NOW, jobs_waiting={}) == []
        assert len(batches.take_next(now=NOW)) == 4
    statements = [query["sql"] for query in asked.captured_queries if "FROM" in query["sql"]]
    assert len(statements) >= 5
    for statement in statements:
        nodes = explained(f"EXPLAIN (FORMAT JSON) {statement.removesuffix(';')}", [])
        read = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
        assert "sampling_candidateset" not in read, statement


def let_many_wait(recipe: Recipe, batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sampling_candidateset (recipe_id, batch_id, rank, messages, language, factual, status, urgent,"
            " worker, claims, decoded_tokens, failure, failure_detail, requested_at, remarks, source_file,"
            " source_sha256) SELECT %s, %s, number, '[]', 'en', false, 'requested', false, '', 0, 0, '', '', now(),"
            " '[]', '', '' FROM generate_series(1, 20000) AS number",
            [recipe.pk, batch.pk],
        )
        cursor.execute("ANALYZE sampling_candidateset")


def explained(statement: str, parameters: list[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        [plan] = cursor.fetchone()[0]
    return list(_nodes(plan["Plan"]))


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


# ---- held back ------------------------------------------------------------------------------------------------------
def test_a_paused_batch_is_given_to_nobody_and_holds_no_other_back(recipe: Recipe, batch: Batch) -> None:
    made = ask(recipe, batch, *range(6))
    queued = batches.take_next(now=NOW)
    written = claim(candidate_set_id=queued[0].pk, worker="w", now=NOW)
    batches.pause(batch=batch, now=NOW)
    # Their jobs are under way still; what was begun is written to its end.
    assert claim(candidate_set_id=queued[1].pk, worker="w", now=NOW) is None
    assert written is not None
    assert written.renew(decoded_tokens=1, now=NOW)
    other = ask(recipe, Batch.objects.create(), *range(10, 20))
    assert batches.take_next(now=NOW) == other[:3]
    assert CandidateSet.objects.requested().filter(pk__in=[one.pk for one in made]).count() == 5


def test_it_goes_on_where_it_was_held_back(
    recipe: Recipe, batch: Batch, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    made = ask(recipe, batch, *range(6))
    batches.take_next(now=NOW)
    batches.pause(batch=batch, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        resume(batch=batch)
    assert queued == [one.pk for one in made[:4]]
    assert claim(candidate_set_id=made[0].pk, worker="w", now=NOW)


def test_pausing_twice_remembers_the_first_time(batch: Batch) -> None:
    batches.pause(batch=batch, now=NOW)
    batches.pause(batch=batch, now=NOW + timedelta(hours=1))
    batch.refresh_from_db()
    assert batch.paused_at == NOW


# ---- asked for again ------------------------------------------------------------------------------------------------
def test_what_failed_is_asked_for_again_once_and_the_rest_is_left_alone(
    batch: Batch, make_set: MakeSet, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    failed = make_set(batch=batch, status="failed", failure="unfit", failure_detail="cut-off", claims=3, queued_at=NOW)
    erased = make_set(batch=batch, status="failed", failure="erased", erased_at=NOW)
    ready = make_set(batch=batch, status="ready", canonical_order=[0, 1, 2, 3])
    everything = CandidateSet.objects.filter(batch=batch)
    with django_capture_on_commit_callbacks(execute=True):
        assert request_all_again(candidate_sets=everything, batch=batch, now=NOW) == 1
        assert request_all_again(candidate_sets=everything, batch=batch, now=NOW) == 0
    assert queued == [failed.pk]
    assert set(CandidateSet.objects.exclude(status="requested")) == {erased, ready}


# ---- how far it is --------------------------------------------------------------------------------------------------
def test_sets_are_counted_by_what_became_of_them(batch: Batch, make_set: MakeSet) -> None:
    make_set(batch=batch)
    for reason in ("unfit", "unfit", "too-slow"):
        make_set(batch=batch, status="failed", failure=reason)
    make_set(batch=batch, status="ready", canonical_order=[0])
    found = batches.figures(candidate_sets=CandidateSet.objects.filter(batch=batch), now=NOW)
    assert (found.ready, found.waiting, found.being_written) == (1, 1, 0)
    assert found.failed == {"unfit": 2, "too-slow": 1}
    assert (found.per_minute, found.seconds_left) == (0, None)


@pytest.mark.parametrize(
    ("begun_minutes_ago", "per_minute", "seconds_left"),
    [(2, 3.0, 40.0), (60, 0.6, 200.0)],
)
def test_the_rate_is_that_of_the_last_ten_minutes_or_of_fewer_at_the_beginning(
    batch: Batch, make_set: MakeSet, begun_minutes_ago: int, per_minute: float, seconds_left: float
) -> None:
    begun = NOW - timedelta(minutes=begun_minutes_ago)
    for _ in range(6):
        make_set(batch=batch, status="failed", failure="unfit", claimed_at=begun, finished_at=NOW)
    make_set(batch=batch, status="failed", failure="unfit", claimed_at=begun, finished_at=NOW - timedelta(minutes=11))
    # It came ready; nobody wrote it.
    make_set(batch=batch, status="ready", canonical_order=[0], finished_at=NOW)
    for _ in range(2):
        make_set(batch=batch)
    found = batches.figures(candidate_sets=CandidateSet.objects.filter(batch=batch), now=NOW)
    assert found.per_minute == pytest.approx(per_minute)
    assert found.seconds_left == pytest.approx(seconds_left)


def test_counting_takes_two_queries_however_many_there_are(
    batch: Batch, make_set: MakeSet, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        make_set(batch=batch, status="failed", failure=f"reason-{number}")
    with django_assert_num_queries(2):
        batches.figures(candidate_sets=CandidateSet.objects.filter(batch=batch), now=NOW)


def test_who_waits_is_sent_at_once_whatever_is_written_ahead(
    recipe: Recipe, batch: Batch, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    ask(recipe, batch, *range(20))
    batches.take_next(now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        waits = request_candidates(messages=MESSAGES, language="en", recipe=recipe, now=NOW)
    assert queued == [waits.pk]
