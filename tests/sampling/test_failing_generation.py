"""A set that cannot be written fails visibly; every completion is kept with its reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sampling import carrying, reasons
from sampling.asking import Order
from sampling.generation import fill
from sampling.generators.recorded import messages_sha256
from sampling.intake import define_recipe, request_again
from sampling.methods import METHODS
from sampling.models import Candidate, CandidateSet
from sampling.recipe_document import RecipeDocument
from tests.sampling.conftest import document
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

MakeSet = Callable[..., CandidateSet]
Record = Callable[..., CandidateSet]

QUESTION = [{"role": "user", "content": "How do I begin?"}]
WHOLE = "\n\n".join(f"### {text}" for text in (FIT, OTHER, THIRD, FOURTH))


@pytest.fixture
def record(make_set: MakeSet, tmp_path: Path, settings: Any) -> Record:
    """Make a set for whose first request these completions are recorded."""
    settings.RECORDED_COMPLETIONS = tmp_path

    def make(*completions: str, **changes: Any) -> CandidateSet:
        recipe: RecipeDocument = document(generator={"name": "recorded", "model": "replies.json"}, **changes)
        [request] = next(METHODS[recipe.method](Order(messages=QUESTION, language="en", recipe=recipe)))
        recordings = {messages_sha256(request.messages): [{"text": text} for text in completions]}
        (tmp_path / "replies.json").write_text(json.dumps(recordings))
        return make_set(recipe=define_recipe(recipe), messages=QUESTION)

    return make


def test_a_set_that_never_gets_fit_fails_with_every_completion_kept(record: Record) -> None:
    candidate_set = record("I cannot help with that.", "", "No.", tries=3)
    assert fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure, candidate_set.failure_detail) == ("failed", "unfit", "too-few")
    kept = list(candidate_set.completions.order_by("number").values_list("number", "text", "rejected"))
    assert kept == [(0, "I cannot help with that.", "refusal"), (1, "", "too-few"), (2, "No.", "too-few")]
    assert not Candidate.objects.exists()


def test_a_rejected_completion_is_kept_beside_the_one_that_was_used(record: Record) -> None:
    candidate_set = record("No.", WHOLE)
    fill(candidate_set_id=candidate_set.pk)
    rejected, used = candidate_set.completions.order_by("number")
    assert (rejected.rejected, used.rejected) == ("too-few", "")
    assert used.parts == [[], [], [], []]
    assert {candidate.completion_id for candidate in candidate_set.candidates.all()} == {used.pk}


def test_asked_again_a_set_keeps_what_was_tried_before(record: Record) -> None:
    candidate_set = record("No.", tries=1)
    fill(candidate_set_id=candidate_set.pk)
    request_again(candidate_set=candidate_set, now=candidate_set.requested_at)
    fill(candidate_set_id=candidate_set.pk)
    assert list(candidate_set.completions.order_by("number").values_list("number", flat=True)) == [0, 1]


def test_what_no_database_can_hold_does_not_stop_a_set(record: Record) -> None:
    candidate_set = record("A\0B", WHOLE)
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.status == "ready"
    assert candidate_set.completions.get(number=0).text == "A\ufffdB"


def test_an_error_nobody_foresaw_fails_the_set_and_not_the_worker(
    make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_asked: object) -> None:
        raise ZeroDivisionError("a day without luck")

    monkeypatch.setattr(carrying, "generator_of", break_down)
    candidate_set = make_set()
    assert fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.failure == "generator-failed"
    assert candidate_set.failure_detail == "ZeroDivisionError: a day without luck"


def test_outside_of_tests_nothing_is_replayed(record: Record, settings: Any) -> None:
    candidate_set = record(WHOLE)
    del settings.RECORDED_COMPLETIONS
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.failure == "model-not-loadable"


def test_every_code_is_said_in_words() -> None:
    failures = ["unfit", "model-not-loadable", "prompt-too-long", "no-wording", "too-slow", "generator-failed"]
    parts = ["empty", "cut-off", "language", "alike", "surplus", "too-few", "too-many"]
    judged = ["refusal", "about-the-task", "too-short", "too-long", "uneven", "moderated", "refused"]
    left = ["delimiter-left", "special-token-left", "role-mark-left", "label-left"]
    for code in [*failures, *parts, *judged, *left, "worker-lost", "erased"]:
        assert str(reasons.explain(code)).endswith(".")
    assert reasons.explain("something-new") == "something-new"
