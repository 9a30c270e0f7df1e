"""A completion that is one answer is read as such: what is not the answer goes, how it is written stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.splitting import only_answer
from tests.sampling.methods_at_work import GOOD, RECIPES, let_answer, order
from tests.sampling.test_checks import FIT


@pytest.mark.parametrize(
    "completion",
    [
        f"<think>They want to begin. ### Let me see.</think>\n\n{FIT}",
        f"Okay, let me think.</think>{FIT}",
        f"<|im_start|>{FIT}<|im_end|>",
        f"{FIT}<|im_end|>\n<|im_start|>user\nAnd then?",
        f"{FIT}\n\nUser: And then?\n\nAssistant: Then you rest.",
        f"### {FIT}",
        f"###{FIT}",
        f"\u200b{FIT}\r\n",
    ],
)
def test_what_is_not_the_answer_goes(completion: str) -> None:
    assert only_answer(completion) == FIT


@pytest.mark.parametrize(
    "completion",
    [
        "42",
        "B",
        "1. Only this.",
        "1. Sleep.\n2. Eat.\n3. Begin.",
        "### Before you begin\n\nSleep well.",
        f"{FIT}\n\n### And then\n\nRest.",
        "### First\nSleep.\n\n### Second\nBegin.",
        "```python\nprint('begin')\n```",
        '{"begin": "now"}',
        f"“{FIT}”",
    ],
)
def test_how_it_is_written_stays(completion: str) -> None:
    assert only_answer(completion) == completion


def test_a_thought_that_never_ended_is_no_answer() -> None:
    assert only_answer("<think>They want to begin, so I should") == ""


@given(st.text(max_size=300))
def test_nothing_is_added(completion: str) -> None:
    assert len(only_answer(completion)) <= len(completion) * 3


@pytest.mark.parametrize("name", ["independent", "models", "sequential", "value-conditioned"])
def test_models_that_think_aloud_write_sets_by_every_method_that_asks_for_single_answers(name: str) -> None:
    said = iter(GOOD)
    drafts = let_answer(order(**RECIPES[name]), lambda _request: f"<think>Hm.</think>\n\n{next(said)}", [])
    assert [draft.text for draft in drafts] == GOOD
