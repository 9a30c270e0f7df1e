"""Every set is measured: as it is shown and as it came, by n-grams and by the recipe's embedder."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from sampling import jobs, measuring
from sampling.embedding import N_GRAMS
from sampling.generation import fill
from sampling.generators.interface import Stopping
from sampling.intake import ImportedCandidate, Source, define_recipe, erase, have_measured, import_set, request_again
from sampling.models import CandidateSet, Diversity, RawAnswer
from sampling.recipe_document import IMPORTED, RecipeDocument
from tests.sampling.conftest import DEMO_MODEL, document
from tests.sampling.methods_at_work import GOOD, joined
from tests.sampling.test_checks import FIT, FOURTH
from tests.sampling.test_failing_generation import WHOLE, Record, record

__all__ = ["record"]

MakeSet = Callable[..., CandidateSet]
FRENCH = "Demandez d'abord aux anciens, qui ont connu des années dures et savent pourquoi ces usages sont restés."


def rows(candidate_set: CandidateSet) -> dict[tuple[str, str], Diversity]:
    return {(row.of, row.embedder.split("@")[0]): row for row in candidate_set.diversities.all()}


def shown(candidate_set: CandidateSet) -> Diversity:
    return candidate_set.diversities.get(of="shown", embedder=N_GRAMS)


def raw(candidate_set: CandidateSet) -> list[tuple[str, list[str]]]:
    return list(candidate_set.raw_answers.order_by("place").values_list("text", "faults"))


def bring(*texts: str, question: str = "How do I begin?", recipe: RecipeDocument = IMPORTED) -> CandidateSet:
    return import_set(
        messages=[{"role": "user", "content": question}] if question else [],
        language="en",
        candidates=[ImportedCandidate(text=text) for text in texts or GOOD],
        source=Source(file="f", sha256="0" * 64, line=1),
        recipe=recipe,
        now=timezone.now(),
    )


def test_a_repaired_set_is_measured_as_it_is_shown_and_as_it_came(record: Record) -> None:
    candidate_set = record(joined(FIT, FRENCH), WHOLE)
    fill(candidate_set_id=candidate_set.pk)
    found = rows(candidate_set)
    assert {key: row.texts for key, row in found.items()} == {("first-try", N_GRAMS): 2, ("shown", N_GRAMS): 4}
    assert raw(candidate_set) == [(FIT, ["too-few"]), (FRENCH, ["language"])]
    assert {one.completion.number for one in candidate_set.raw_answers.all()} == {0}


def test_figures_are_those_of_the_texts(record: Record) -> None:
    candidate_set = record(WHOLE)
    fill(candidate_set_id=candidate_set.pk)
    row = shown(candidate_set)
    assert row.mean_distance is not None
    assert 0.5 < row.mean_distance < 1
    assert row.vendi is not None
    assert 3 < row.vendi < 4
    # "What it" comes twice among the 63 word pairs.
    assert row.distinctness == 62 / 63
    assert row.length_spread is not None
    assert 0 < row.length_spread < 0.2
    assert row.near_duplicates == 0
    assert row.relevance is not None
    assert row.lowest_relevance is not None
    assert 0 <= row.lowest_relevance < row.relevance < 0.3


@pytest.mark.django_db
def test_copies_have_no_distance_and_are_counted() -> None:
    candidate_set = bring(FIT, FIT, FIT, FOURTH, recipe=IMPORTED.model_copy(update={"alike": "allow"}))
    measuring.measure_ready(recipe=candidate_set.recipe, after=0, most=10)
    row = shown(candidate_set)
    assert row.near_duplicates == 2
    assert row.vendi is not None
    assert row.vendi < 2


@pytest.mark.django_db
def test_nonsense_is_far_apart_and_not_relevant() -> None:
    question = "How can I save money on my electricity bill at home?"
    to_the_point = bring(
        "To save on electricity at home, begin with the fridge: it is the bill that never sleeps.",
        "Your electricity bill falls when you wash cold and let the sun dry the clothes at home.",
        "Ask the company for another plan: many homes pay more than they must for their electricity.",
        "Do not save money on the bill before you know it: read the meter at home every evening.",
        question=question,
    )
    nonsense = bring(
        "Purple whales juggle seven umbrellas beneath a quiet mathematics of spoons.",
        "The trumpet forgot its own birthday, so every window learned to swim.",
        "Granite lullabies taste of Tuesday, or of whatever the violins were hiding.",
        "Nobody ironed the horizon, hence the giraffes voted for softer gravity.",
        question=question,
    )
    for candidate_set in (to_the_point, nonsense):
        measuring.measure_ready(recipe=candidate_set.recipe, after=0, most=10)
    good, bad = shown(to_the_point), shown(nonsense)
    assert good.mean_distance is not None
    assert bad.mean_distance is not None
    assert good.mean_distance < bad.mean_distance
    assert good.lowest_relevance is not None
    assert bad.relevance is not None
    assert good.lowest_relevance > bad.relevance


def test_a_set_that_fails_is_measured_as_it_came_and_keeps_that_when_it_is_asked_for_again(record: Record) -> None:
    candidate_set = record(joined(FIT, FRENCH, FRENCH, FRENCH), tries=1)
    fill(candidate_set_id=candidate_set.pk)
    first = list(candidate_set.diversities.values())
    assert [row["of"] for row in first] == ["first-try"]
    request_again(candidate_set=candidate_set, now=candidate_set.requested_at)
    fill(candidate_set_id=candidate_set.pk)
    assert list(candidate_set.diversities.values()) == first
    assert len(raw(candidate_set)) == 4


def test_a_generator_that_never_answered_leaves_nothing_to_measure(record: Record) -> None:
    candidate_set = record()
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.status == "failed"
    assert not rows(candidate_set)


def test_a_recipe_with_an_embedder_is_measured_both_ways(record: Record) -> None:
    candidate_set = record(WHOLE, embedder={"model": DEMO_MODEL})
    fill(candidate_set_id=candidate_set.pk)
    assert set(rows(candidate_set)) == {(of, name) for of in ("first-try", "shown") for name in (N_GRAMS, DEMO_MODEL)}
    assert "@sha256:" in candidate_set.diversities.get(of="shown", embedder__startswith=DEMO_MODEL).embedder


def test_a_set_whose_embedder_cannot_be_had_is_shown_all_the_same_and_the_log_says_so(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    candidate_set = record(WHOLE, embedder={"model": "examples/nothing/here"})
    with caplog.at_level(logging.ERROR):
        fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.is_ready
    assert f"Set {candidate_set.pk} could not be measured" in caplog.text
    assert "there is no folder" in caplog.text
    assert {name for _of, name in rows(candidate_set)} == {N_GRAMS}


def test_a_process_that_ends_while_it_measures_hands_the_set_back(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_args: object, **_more: object) -> None:
        raise Stopping

    candidate_set = record(WHOLE)
    monkeypatch.setattr(measuring, "vectors", stop)
    assert not fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.status == "requested"


@pytest.mark.django_db
def test_sets_that_came_ready_are_measured_by_jobs_a_portion_each(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [bring() for _number in range(5)]
    monkeypatch.setattr(jobs, "MEASURED_AT_ONCE", 2)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "queue_measuring", lambda **job: sent.append(job))
    job: dict[str, Any] = {"recipe_id": sets[0].recipe_id, "after": 0}
    measured = []
    while job:
        jobs.measure_ready_sets(**job)
        measured.append(Diversity.objects.count())
        job = sent.pop() if sent else {}
    assert measured == [2, 4, 5, 5]


@pytest.mark.django_db
def test_who_brings_sets_has_them_measured_once_they_are_committed(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    candidate_set, sent = bring(), []
    monkeypatch.setattr(jobs, "queue_measuring", lambda **job: sent.append(job))
    with django_capture_on_commit_callbacks(execute=True):
        have_measured(recipe=document())
        assert sent == []
    assert sent == [{"recipe_id": define_recipe(document().for_ready_sets()).pk}]
    assert candidate_set.recipe.says == document().for_ready_sets()


@pytest.mark.django_db
def test_the_command_measures_what_is_not_measured_yet(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [bring(), bring(question="")]
    call_command("measure_candidates")
    assert capsys.readouterr().out == "All sets are measured.\n"
    assert shown(sets[0]).relevance is not None
    # Without a message there is nothing to be relevant to.
    assert shown(sets[1]).relevance is None
    assert shown(sets[1]).mean_distance is not None


@pytest.mark.django_db
def test_the_command_says_how_many_sets_cannot_be_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    bring()
    monkeypatch.setattr(measuring, "vectors", lambda *_args, **_more: 1 / 0)
    call_command("measure_candidates")
    assert capsys.readouterr().out == "Could not be measured: 1; the log says why.\n"
    assert "ZeroDivisionError" in caplog.text


def test_an_erased_set_has_no_raw_texts_either(record: Record) -> None:
    candidate_set = record(WHOLE)
    fill(candidate_set_id=candidate_set.pk)
    erase(candidate_sets=CandidateSet.objects.all(), now=timezone.now())
    assert set(RawAnswer.objects.values_list("text", flat=True)) == {""}


def test_a_real_set_is_measured(make_set: MakeSet) -> None:
    candidate_set = make_set()
    fill(candidate_set_id=candidate_set.pk)
    row = shown(candidate_set)
    assert row.texts == 4
    assert row.mean_distance is not None
    assert row.mean_distance > 0.3
