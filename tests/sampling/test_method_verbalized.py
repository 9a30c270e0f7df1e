"""Answers with stated probabilities, and the set that is drawn from them."""

from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from sampling.asking import NoFitSet
from sampling.wordings import wording
from tests.sampling.methods_at_work import Recipe, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

FIFTH = "Nobody will thank you for waiting, and somebody may well thank you for a clumsy beginning."
SIXTH = "Sleep over it twice, since what still looks right on the third morning is worth the effort."
SIX = [FIT, OTHER, THIRD, FOURTH, FIFTH, SIXTH]


def verbalized(seed: int = 0, tries: int = 3, candidates: int = 4, **how: Any) -> Any:
    recipe: Recipe = {"method": "verbalized", "verbalized": {"pool": 6} | how}
    return order(seed=seed, tries=tries, candidates=candidates, **recipe)


def stated(*probabilities: float | None, texts: list[str] = SIX) -> str:
    pairs = zip(probabilities, texts, strict=True)
    return "\n\n".join(f"### {text}" if stated is None else f"### ({stated}) {text}" for stated, text in pairs)


@pytest.mark.parametrize(
    ("how", "name", "below"),
    [
        ({}, "verbalized-tail", "0.1"),
        ({"tail_below": 0.05}, "verbalized-tail", "0.05"),
        ({"draw": "proportional"}, "verbalized", ""),
    ],
)
def test_one_completion_is_asked_for_the_whole_pool(how: dict[str, Any], name: str, below: str) -> None:
    _, _, [[request]] = run(verbalized(**how), [stated(0.01, 0.02, 0.03, 0.04, 0.05, 0.06)])
    instruction = wording(name, language="en", k=6, below=below)
    assert request.messages[-1]["content"] == f"And then?\n\n{instruction}"
    assert (request.purpose, request.answers) == ("set", 6)


def test_every_answer_keeps_the_probability_that_was_stated_for_it() -> None:
    probabilities = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06)
    drafts, _, _ = run(verbalized(), [stated(*probabilities)])
    expected = dict(zip(SIX, probabilities, strict=True))
    assert len(drafts) == 4
    assert {draft.text: draft.stated_probability for draft in drafts}.items() <= expected.items()
    assert {draft.method for draft in drafts} == {"verbalized"}


def test_answers_that_were_not_drawn_are_recorded_as_such() -> None:
    drafts, [reply], _ = run(verbalized(), [stated(0.01, 0.02, 0.03, 0.04, 0.05, 0.06)])
    drawn = {draft.text for draft in drafts}
    assert reply.parts == [[] if text in drawn else ["not-drawn"] for text in SIX]
    assert reply.rejected == []


def test_from_the_tail_every_answer_is_drawn_as_often_as_the_others() -> None:
    sets = Counter(
        tuple(
            draft.text
            for draft in run(verbalized(seed=seed, candidates=2), [stated(0.5, 0.05, 0.01, 0.3, 0.09, 0.2)])[0]
        )
        for seed in range(600)
    )
    assert set(sets) == set(combinations([OTHER, THIRD, FIFTH], 2))
    assert min(sets.values()) > 150


def test_where_the_tail_is_too_short_the_least_probable_fill_up() -> None:
    drafts, _, _ = run(verbalized(), [stated(0.5, 0.05, None, 0.2, 0.1, 0.15)])
    assert [draft.text for draft in drafts] == [OTHER, FOURTH, FIFTH, SIXTH]


def test_in_proportion_the_probable_are_drawn_more_often() -> None:
    how: Recipe = {"draw": "proportional", "pool": 3}
    completion = stated(0.6, 0.3, 0.1, texts=SIX[:3])
    sets = Counter(
        tuple(draft.text for draft in run(verbalized(seed=seed, candidates=2, **how), [completion])[0])
        for seed in range(2000)
    )
    # Without replacement: 0.6 * 0.3 / 0.4 + 0.3 * 0.6 / 0.7, and so on.
    assert sets[(FIT, OTHER)] / 2000 == pytest.approx(0.707, abs=0.03)
    assert sets[(FIT, THIRD)] / 2000 == pytest.approx(0.217, abs=0.03)
    assert sets[(OTHER, THIRD)] / 2000 == pytest.approx(0.076, abs=0.03)


@pytest.mark.parametrize("draw", ["tail", "proportional"])
@pytest.mark.parametrize("probabilities", [(None,) * 6, (0.0,) * 6, (0.0, None, 1.0, 0.0, None, 0.0)])
def test_without_usable_probabilities_a_set_is_drawn_all_the_same(draw: str, probabilities: tuple[Any, ...]) -> None:
    drafts, _, _ = run(verbalized(draw=draw), [stated(*probabilities)])
    assert len({draft.text for draft in drafts}) == 4


def test_the_same_order_draws_the_same_answers() -> None:
    completion = stated(0.01, 0.02, 0.03, 0.04, 0.05, 0.06)
    once, again = (run(verbalized(seed=5), [completion])[0] for _attempt in range(2))
    assert [draft.text for draft in once] == [draft.text for draft in again]


def test_while_too_few_are_fit_another_completion_adds_to_the_pool() -> None:
    first, second = stated(0.01, 0.02, 0.03, texts=SIX[:3]), stated(0.01, 0.04, texts=[FIT, FOURTH])
    drafts, replies, [once, again] = run(verbalized(), [first], [second])
    assert once == again
    assert [draft.text for draft in drafts] == SIX[:4]
    assert replies[1].parts == [["alike"], []]


def test_a_completion_of_which_nothing_is_drawn_says_so() -> None:
    second = stated(0.01, 0.01, 0.01, texts=SIX[3:])
    _, replies, _ = run(verbalized(), [stated(0.8, 0.9, texts=SIX[:2])], [stated(0.7, texts=[THIRD])], [second])
    assert [reply.rejected for reply in replies] == [[], ["too-few"], []]
    _, replies, _ = run(verbalized(candidates=3), [stated(0.8, 0.9, texts=SIX[:2])], [second])
    assert replies[0].rejected == ["not-drawn"]


def test_after_the_last_try_the_set_fails() -> None:
    with pytest.raises(NoFitSet) as failure:
        run(verbalized(tries=2), [stated(0.1, 0.2, texts=SIX[:2])], ["No."])
    assert failure.value.reasons == ["too-few"]
    assert [draft.text for draft in failure.value.drafts] == SIX[:2]
