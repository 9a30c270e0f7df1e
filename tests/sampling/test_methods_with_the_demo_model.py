"""Every method writes real sets: the demo model's own completions, through the code path that any model takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sampling import checks
from sampling.generation import fill
from sampling.intake import define_recipe
from sampling.models import Candidate, CandidateSet
from sampling.standards import standards_of
from tests.sampling.conftest import DEMO_MODEL, document
from tests.sampling.methods_at_work import MODEL, Recipe

MakeSet = Callable[..., CandidateSet]

VOICES = YAML(typ="safe").load(Path("examples/voices.yaml").read_text(encoding="utf-8"))
KEYS = [voice["key"] for voice in VOICES]


@pytest.fixture
def written(make_set: MakeSet) -> Callable[..., list[Candidate]]:
    """Write a set by a recipe and return its candidates in the order in which they were generated."""

    def write(*, language: str = "en", factual: bool = False, **recipe: Any) -> list[Candidate]:
        asked = document(**recipe)
        candidate_set = make_set(recipe=define_recipe(asked), language=language, factual=factual, method_seed=8)
        assert fill(candidate_set_id=candidate_set.pk)
        candidate_set.refresh_from_db()
        assert candidate_set.status == "ready", candidate_set.failure_detail
        candidates = list(candidate_set.candidates.select_related("completion").order_by("slot"))
        texts = [candidate.text for candidate in candidates]
        standards = standards_of(asked, language=language, factual=factual)
        assert checks.faults_of_set(texts, standards=standards) == []
        for candidate in candidates:
            assert candidate.completion is not None
            assert candidate.text[:30] in candidate.completion.text
            assert candidate.completion.rejected == ""
        return candidates

    return write


Written = Callable[..., list[Candidate]]


def completions_of(candidates: list[Candidate]) -> list[int]:
    return [candidate.completion_id or 0 for candidate in candidates]


def test_relevance_first_fills_a_set_from_one_completion(written: Written) -> None:
    candidates = written(language="ar", variant="relevance-first")
    assert {candidate.method for candidate in candidates} == {"negatively-correlated"}
    assert candidates[0].completion is not None
    assert candidates[0].completion.purpose == "set"


def test_named_axes_fill_a_set_that_knows_its_voices(written: Written) -> None:
    candidates = written(language="hi", voices=VOICES)
    known = [candidate.condition for candidate in candidates if candidate.condition]
    assert known
    assert set(known) <= set(KEYS)
    assert len(set(known)) == len(known)


def test_value_conditioned_answers_are_each_written_under_their_voice(written: Written) -> None:
    candidates = written(language="fr", method="value-conditioned", voices=VOICES)
    assert [candidate.condition for candidate in candidates] == KEYS
    assert [candidate.completion and candidate.completion.condition for candidate in candidates] == KEYS
    assert {candidate.method for candidate in candidates} == {"value-conditioned"}
    assert len(set(completions_of(candidates))) == 4


def test_sequential_answers_come_one_after_the_other(written: Written) -> None:
    candidates = written(language="it", method="sequential")
    assert completions_of(candidates) == sorted(set(completions_of(candidates)))
    purposes = [candidate.completion.purpose for candidate in candidates if candidate.completion]
    assert purposes == ["one", "different", "different", "different"]
    assert {candidate.method for candidate in candidates} == {"sequential"}


@pytest.mark.parametrize(("language", "draw"), [("en", "tail"), ("hi", "tail"), ("ar", "proportional")])
def test_verbalized_answers_keep_the_probability_that_was_written(written: Written, language: str, draw: str) -> None:
    how = {"pool": 5, "draw": draw}
    candidates = written(language=language, method="verbalized", verbalized=how)
    stated = [candidate.stated_probability for candidate in candidates]
    assert all(probability is not None and 0 <= probability <= 1 for probability in stated)
    assert {candidate.method for candidate in candidates} == {"verbalized"}


def test_several_models_answer_once_each(written: Written) -> None:
    candidates = written(method="models", generator=None, generators=[MODEL] * 4, alike="allow")
    assert {candidate.method for candidate in candidates} == {"models"}
    assert {candidate.completion and candidate.completion.model for candidate in candidates} == {DEMO_MODEL}
    assert len(set(completions_of(candidates))) == 4


@pytest.mark.parametrize(
    ("method", "by", "more"),
    [
        ("independent", "k-dpp", {}),
        ("negatively-correlated", "max-min", {}),
        ("verbalized", "k-dpp", {"verbalized": {"pool": 5}}),
    ],
)
def test_a_selection_is_written_by_the_method_of_its_pool(written: Written, method: str, by: str, more: Recipe) -> None:
    candidates = written(method="select", select={"method": method, "pool": 8, "by": by}, **more)
    assert {candidate.method for candidate in candidates} == {method}
    kept = candidates[0].candidate_set.completions.all()
    left_out = sum(reasons == ["not-drawn"] for completion in kept for reasons in completion.parts)
    assert left_out >= 1


def test_the_fallback_completes_a_set_and_is_recorded_as_what_it_is(written: Written) -> None:
    # So little room that every set in one completion is cut off, and every single answer is not.
    short = {"decoding": {"max_new_tokens": 120, "temperature": 0.7}}
    candidates = written(tries=1, variant="plain", voices=VOICES, fallback="value-conditioned", alike="allow", **short)
    methods = [candidate.method for candidate in candidates]
    assert "value-conditioned" in methods
    assert methods == sorted(methods)
    voices = [candidate.condition for candidate in candidates if candidate.method == "value-conditioned"]
    assert len(set(voices)) == len(voices)


def test_a_fact_is_answered_plainly_whatever_the_recipe(written: Written) -> None:
    candidates = written(factual=True, method="value-conditioned", voices=VOICES)
    assert {(candidate.method, candidate.condition) for candidate in candidates} == {("independent", "")}
