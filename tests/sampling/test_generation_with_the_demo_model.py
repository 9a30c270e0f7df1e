"""Real sets, written in this process by the demo model through the code path that any model takes."""

from collections.abc import Callable

import pytest

from sampling import checks
from sampling.generation import fill
from sampling.generators.local_model import weights_sha256
from sampling.intake import define_recipe
from sampling.models import CandidateSet
from sampling.standards import Standards
from sampling.wordings import sha256
from tests.sampling.conftest import document

MakeSet = Callable[..., CandidateSet]


@pytest.mark.parametrize("language", ["hi", "fr"])
def test_a_set_has_four_fit_answers_in_the_language_of_the_task(make_set: MakeSet, language: str) -> None:
    candidate_set = make_set(language=language)
    assert fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    texts = [candidate.text for candidate in candidate_set.candidates.order_by("slot")]
    assert candidate_set.status == "ready", candidate_set.failure_detail
    assert checks.faults_of_set(texts, standards=Standards(language=language)) == []
    assert sorted(candidate_set.canonical_order or []) == [0, 1, 2, 3]
    assert candidate_set.token is None
    assert candidate_set.claims == 1


def test_every_candidate_can_be_traced_to_what_produced_it(make_set: MakeSet, settings) -> None:
    candidate_set = make_set(language="pt")
    fill(candidate_set_id=candidate_set.pk)
    candidate = candidate_set.candidates.select_related("completion").get(slot=0)
    completion = candidate.completion
    assert completion is not None
    assert candidate.method == "negatively-correlated"
    assert candidate.text[:40] in completion.text
    assert completion.revision == weights_sha256(settings.BASE_DIR / completion.model)
    assert completion.wording_sha256 == sha256()
    assert completion.decoding["temperature"] == 0.7
    assert completion.stop_reason == "stop"
    assert completion.prompt_tokens
    assert completion.new_tokens
    assert completion.seconds
    assert ":" in completion.worker


def test_three_and_one_mixes_an_ordinary_answer_in(make_set: MakeSet) -> None:
    candidate_set = make_set(recipe=define_recipe(document(ordinary=1)))
    fill(candidate_set_id=candidate_set.pk)
    methods = list(candidate_set.candidates.order_by("slot").values_list("method", flat=True))
    assert methods == ["negatively-correlated"] * 3 + ["ordinary"]


def test_independent_answers_come_from_a_completion_each(make_set: MakeSet) -> None:
    candidate_set = make_set(recipe=define_recipe(document(method="independent", alike="allow")))
    fill(candidate_set_id=candidate_set.pk)
    candidates = list(candidate_set.candidates.all())
    assert len({candidate.completion_id for candidate in candidates}) == len(candidates) == 4


def test_a_later_turn_goes_on_from_the_answer_that_was_chosen(make_set: MakeSet) -> None:
    messages = [
        {"role": "user", "content": "Comment mieux dormir ?"},
        {"role": "assistant", "content": "Couchez-vous tôt, comme vos parents vous l'ont appris."},
        {"role": "user", "content": "Et si cela ne marche pas ?"},
    ]
    candidate_set = make_set(language="fr", messages=messages)
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.status == "ready", candidate_set.failure_detail


def test_a_model_that_is_not_there_fails_its_set_and_leaves_the_others_alone(make_set: MakeSet) -> None:
    missing = {"name": "huggingface", "model": "examples/no_such_model/weights"}
    failing = make_set(recipe=define_recipe(document(generator=missing)))
    other = make_set()
    fill(candidate_set_id=failing.pk)
    fill(candidate_set_id=other.pk)
    failing.refresh_from_db()
    other.refresh_from_db()
    assert (failing.status, failing.failure) == ("failed", "model-not-loadable")
    assert "examples/no_such_model/weights" in failing.failure_detail
    assert other.status == "ready"


def test_weights_other_than_the_recipe_names_are_refused(make_set: MakeSet) -> None:
    generator = document().generator
    assert generator is not None
    pinned = {**generator.model_dump(), "revision": "sha256:" + "0" * 64}
    candidate_set = make_set(recipe=define_recipe(document(generator=pinned)))
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert candidate_set.failure == "model-not-loadable"
    assert "sha256:0000" in candidate_set.failure_detail


def test_a_conversation_longer_than_the_model_reads_fails_its_set_only(make_set: MakeSet) -> None:
    candidate_set = make_set(messages=[{"role": "user", "content": "Why? " * 20_000}])
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "prompt-too-long")


def test_an_instruction_that_does_not_exist_in_the_language_fails_the_set(make_set: MakeSet) -> None:
    candidate_set = make_set(language="sw", messages=[{"role": "user", "content": "Habari?"}])
    fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "no-wording")
