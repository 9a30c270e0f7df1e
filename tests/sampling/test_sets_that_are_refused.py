"""What becomes of a set in which the model declines to answer is the recipe's policy: repair, show or drop."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sampling.asking import NoFitSet, Refused
from sampling.generation import fill
from sampling.generators.recorded import messages_sha256
from sampling.intake import define_recipe
from sampling.methods import method_of
from sampling.models import Candidate, CandidateSet
from tests.sampling.conftest import document
from tests.sampling.methods_at_work import GOOD, MESSAGES, joined, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

NO = "I'm sorry, but I can't help with that."
ALSO_NO = "I cannot answer that question."


def test_a_refusal_is_asked_anew_by_itself() -> None:
    drafts, replies, [_, [second]] = run(order(), [joined(FIT, NO, THIRD, FOURTH)], [joined(OTHER)])
    assert sorted(draft.text for draft in drafts) == sorted(GOOD)
    assert replies[0].parts == [[], ["refusal"], [], []]
    assert second.purpose == "missing"


def test_a_refusal_of_everything_is_called_that_and_asked_anew() -> None:
    drafts, replies, _ = run(order(), [NO], [joined(*GOOD)])
    assert (replies[0].parts, replies[0].rejected) == ([["refusal"]], ["refusal"])
    assert len(drafts) == 4


def test_a_model_that_always_declines_leaves_no_set() -> None:
    with pytest.raises(NoFitSet) as failure:
        run(order(tries=2), [NO], [NO])
    assert failure.value.reasons == ["refusal"]


def test_refusals_are_kept_where_the_recipe_shows_them() -> None:
    drafts, replies, _ = run(order(refusals="show"), [joined(FIT, NO, ALSO_NO, FOURTH)])
    assert [draft.text for draft in drafts] == [FIT, NO, ALSO_NO, FOURTH]
    assert replies[0].parts == [[], [], [], []]


@pytest.mark.parametrize(
    ("recipe", "completions"),
    [
        ({}, [NO]),
        ({}, [joined(FIT, OTHER, THIRD, NO)]),
        ({"method": "independent"}, [FIT, OTHER, NO, THIRD]),
        ({"method": "sequential"}, [NO]),
        ({"method": "verbalized", "verbalized": {"pool": 4}}, [NO]),
        ({"method": "select", "select": {"pool": 5}}, [FIT, OTHER, THIRD, FOURTH, FIT, OTHER, THIRD, NO]),
        ({"fallback": "independent"}, [NO]),
    ],
)
def test_one_refusal_ends_the_whole_set_where_the_recipe_drops_them(
    recipe: dict[str, Any], completions: list[str]
) -> None:
    with pytest.raises(Refused):
        run(order(refusals="drop", tries=3, **recipe), completions)


@pytest.fixture
def written(make_set: Callable[..., CandidateSet], tmp_path: Path, settings: Any) -> Callable[..., CandidateSet]:
    """Have a set written from these recorded completions."""
    settings.RECORDED_COMPLETIONS = tmp_path

    def write(*completions: str, **changes: Any) -> CandidateSet:
        recipe = document(generator={"name": "recorded", "model": "replies.json"}, **changes)
        [request] = next(method_of(order(**{"generator": {"name": "recorded", "model": "replies.json"}} | changes)))
        recordings = {messages_sha256(request.messages): [{"text": text} for text in completions]}
        (tmp_path / "replies.json").write_text(json.dumps(recordings))
        candidate_set = make_set(recipe=define_recipe(recipe), messages=MESSAGES)
        fill(candidate_set_id=candidate_set.pk)
        candidate_set.refresh_from_db()
        return candidate_set

    return write


def test_a_dropped_set_fails_at_once_and_keeps_what_was_said(written: Callable[..., CandidateSet]) -> None:
    candidate_set = written(joined(FIT, NO, THIRD, FOURTH), joined(*GOOD), refusals="drop", tries=5)
    assert (candidate_set.status, candidate_set.failure) == ("failed", "refused")
    [completion] = candidate_set.completions.all()
    assert completion.parts == [[], ["refusal"], [], []]
    assert completion.rejected == "refusal"
    assert not Candidate.objects.exists()


def test_a_shown_refusal_is_noted_with_the_set(written: Callable[..., CandidateSet]) -> None:
    candidate_set = written(joined(FIT, NO, THIRD, FOURTH), refusals="show")
    assert (candidate_set.status, candidate_set.remarks) == ("ready", ["refusal"])
