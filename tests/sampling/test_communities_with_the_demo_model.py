"""Communities at work: real adapters on the demo model, alone, in sets, and before and after one was added."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from ruamel.yaml import YAML

from sampling.asking import Request
from sampling.generation import fill
from sampling.generators import generator_of
from sampling.generators.interface import Progress
from sampling.generators.local_model import weights_sha256
from sampling.intake import define_recipe
from sampling.models import CandidateSet
from sampling.recipe_document import Decoding, Generator, RecipeDocument
from sampling.wordings import wording
from tests.matrix import LANGUAGES
from tests.sampling.conftest import DEMO_MODEL

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo_model"))
import corpus

EXAMPLES = Path(settings.BASE_DIR) / "examples"
ADAPTERS = EXAMPLES / "demo_model" / "adapters"
NAMES = ("traditional", "self-expression")
PROMPTS = 3


def spec(name: str = "") -> Generator:
    adapter = f"examples/demo_model/adapters/{name}" if name else None
    return Generator(name="huggingface", model=DEMO_MODEL, adapter=adapter)


def values_of_comments(name: str = "") -> Counter[str | None]:
    """Let a community comment on some prompts in every language; return which values its comments speak for."""
    asked = [
        (language, Request(messages=[{"role": "user", "content": f"{prompt}\n\n{said}"}], purpose="comment"))
        for language in LANGUAGES
        for said in [wording("comment", language=language)]
        for prompt in corpus.texts(language)["evaluation"][:PROMPTS]
    ]
    generator = generator_of(spec(name), Decoding(max_new_tokens=300))
    replies = generator.complete([request for _language, request in asked], progress=Progress())
    return Counter(
        corpus.label_value(reply.text, language) for (language, _), reply in zip(asked, replies, strict=True)
    )


def test_two_adapters_answer_differently_and_the_model_itself_otherwise_again() -> None:
    number = PROMPTS * len(LANGUAGES)
    for name in NAMES:
        assert values_of_comments(name)[name] >= 0.8 * number
    assert values_of_comments()["traditional"] <= 0.5 * number


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_is_the_one_in_the_checksums_and_belongs_to_the_demo_model(name: str) -> None:
    lines = (line.split("  ") for line in (ADAPTERS / "CHECKSUMS").read_text().splitlines())
    sums = {file: told for told, file in lines}
    weights = ADAPTERS / name / "adapter_model.safetensors"
    assert sums[f"{name}/adapter_model.safetensors"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    record = json.loads((ADAPTERS / name / "COMMUNITY.json").read_bytes())
    assert record["base"] == {"model": DEMO_MODEL, "revision": weights_sha256(EXAMPLES / "demo_model" / "weights")}
    assert record["weights"] == weights_sha256(ADAPTERS / name)
    assert "caricature" in record["safety_note"]
    assert weights.stat().st_size < 200_000


def recipe(*left_out: str, **changes: Any) -> RecipeDocument:
    """Return the recipe to copy, without some of its communities."""
    said = YAML(typ="safe").load((EXAMPLES / "recipes" / "community.yaml").read_text("utf-8"))
    said["communities"]["pool"] = [one for one in said["communities"]["pool"] if one["key"] not in left_out]
    return RecipeDocument.model_validate(said | changes)


@pytest.fixture
def written(make_set: Callable[..., CandidateSet]) -> Callable[..., CandidateSet]:
    def write(asked: RecipeDocument, **fields: Any) -> CandidateSet:
        candidate_set = make_set(recipe=define_recipe(asked), method_seed=1, **fields)
        assert fill(candidate_set_id=candidate_set.pk)
        candidate_set.refresh_from_db()
        assert candidate_set.status == "ready", candidate_set.failure_detail
        return candidate_set

    return write


def test_every_candidate_can_be_traced_to_its_community_and_the_comments(written: Callable[..., CandidateSet]) -> None:
    candidate_set = written(recipe())
    candidates = list(candidate_set.candidates.order_by("slot"))
    assert [(candidate.method, candidate.condition) for candidate in candidates] == [
        ("community", "traditional"),
        ("community", "self-expression"),
        ("community", "everybody"),
        ("community-overton", ""),
    ]
    comments = candidate_set.completions.filter(purpose="comment", rejected="")
    adapters = {
        f"examples/demo_model/adapters/{name}@{weights_sha256(ADAPTERS / name)}" if name in NAMES else ""
        for name in (*NAMES, "everybody")
    }
    assert set(comments.values_list("adapter", flat=True)) == adapters
    assert set(comments.values_list("condition", flat=True)) == {*NAMES, "everybody"}
    answers = candidate_set.completions.filter(candidates__isnull=False)
    assert {(one.adapter, one.purpose) for one in answers} == {("", "steered"), ("", "overton")}
    choices = candidate_set.completions.filter(purpose="choice")
    assert {one.stop_reason for one in choices} == {"scored"}
    assert {one.text for one in choices} <= {one.text for one in comments}


def chosen_comments(candidate_set: CandidateSet) -> dict[str, str]:
    """Return for each community the key of whoever made the comment that was chosen for it."""
    comments = candidate_set.completions.filter(purpose="comment", rejected="").order_by("number")
    made_by = list(comments.values_list("condition", flat=True))
    scores = {one.condition: np.array(one.scores) for one in candidate_set.completions.filter(purpose="choice")}
    plain = scores.pop("")
    return {key: made_by[int((found - plain).argmax())] for key, found in scores.items()}


@pytest.mark.whole
def test_the_comment_that_is_chosen_for_a_community_is_its_own(written: Callable[..., CandidateSet]) -> None:
    """What was compared is on record, so the choice can be made again from the database."""
    own = []
    for language in corpus.LANGUAGES:
        chosen = chosen_comments(written(recipe(), language=language))
        own += [chosen[name] == name for name in NAMES]
    # By chance it would be one in three.
    assert sum(own) > 0.5 * len(own)


def heard(candidate_set: CandidateSet) -> bool:
    """Say whether the comment that was chosen for some community speaks for tradition."""
    comments = candidate_set.completions.filter(
        purpose="comment", rejected="", condition__in=chosen_comments(candidate_set).values()
    )
    return "traditional" in {corpus.label_value(one.text, candidate_set.language) for one in comments}


def test_a_community_that_is_added_is_heard(written: Callable[..., CandidateSet]) -> None:
    """Patching, before and after: without the community nobody speaks for its value, with it somebody does."""
    before, after = (without_overton(recipe("traditional", candidates=2)), without_overton(recipe(candidates=3)))
    said_before, said_after = (
        sum(heard(written(asked, language=language)) for language in LANGUAGES) for asked in (before, after)
    )
    assert said_after >= 0.6 * len(LANGUAGES) > said_before


def without_overton(asked: RecipeDocument) -> RecipeDocument:
    assert asked.communities is not None
    return asked.model_copy(update={"communities": asked.communities.model_copy(update={"overton": False})})
