"""Answers under one voice each, all at the same time."""

from collections import Counter

import pytest

from sampling.methods import method_of
from sampling.wordings import NoWording, wording
from tests.sampling.methods_at_work import FIFTH_VOICE, GOOD, VOICES, Recipe, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

UNDER_FOUR: Recipe = {"method": "value-conditioned", "voices": VOICES}
UNDER_FIVE: Recipe = {"method": "value-conditioned", "voices": [*VOICES, FIFTH_VOICE]}


def test_every_voice_is_asked_for_an_answer_in_one_round() -> None:
    drafts, _, [requests] = run(order(**UNDER_FOUR), GOOD)
    instruction = wording("value-conditioned", language="en", voice="Reasons and evidence")
    assert requests[1].messages[-1]["content"] == f"And then?\n\n{instruction}"
    assert [(draft.text, draft.condition) for draft in drafts] == [
        (FIT, "tradition"),
        (OTHER, "reason"),
        (THIRD, "safety"),
        (FOURTH, "freedom"),
    ]
    assert {draft.method for draft in drafts} == {"value-conditioned"}


def test_what_is_unfit_is_asked_again_under_the_same_voice() -> None:
    drafts, _, [first, again] = run(order(**UNDER_FOUR), [FIT, FIT, THIRD, ""], [OTHER, FOURTH])
    assert again == [first[1], first[3]]
    assert [draft.condition for draft in drafts] == ["tradition", "reason", "safety", "freedom"]
    assert [draft.text for draft in drafts] == GOOD


def test_of_more_voices_than_answers_each_is_heard_as_often_as_the_others() -> None:
    heard: Counter[str] = Counter()
    for seed in range(500):
        drafts, _, _ = run(order(**UNDER_FIVE, seed=seed), GOOD)
        heard.update(draft.condition for draft in drafts)
    assert set(heard) == {"tradition", "reason", "safety", "freedom", "joy"}
    assert min(heard.values()) > 350


def test_the_same_order_is_asked_under_the_same_voices_at_every_try() -> None:
    [once], [again] = (run(order(**UNDER_FIVE, seed=3), GOOD)[2] for _attempt in range(2))
    assert once == again


def test_a_voice_is_heard_in_the_language_of_the_task_or_not_at_all() -> None:
    requests = next(method_of(order(**UNDER_FOUR, language="hi")))
    assert "परंपरा" in requests[0].messages[-1]["content"]
    with pytest.raises(NoWording, match="voice tradition in ar"):
        run(order(**UNDER_FOUR, language="ar"))
