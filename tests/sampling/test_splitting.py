"""The splitter finds the answers that a reader finds, whatever a model wrote, and never takes long for it."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.splitting import split
from tests.sampling.malformed_completions import CASES, EN, Case

SIGNS = [
    "###",
    "####",
    "#",
    "1. ",
    "2) ",
    "**",
    "---\n",
    "```",
    "```json\n",
    "Response 1:",
    "Réponse 2 :",
    "उत्तर ३:",
    "الرد",
]
ENDS = ["\n", "\n\n", " ", ":", "<think>", "</think>", "<|user|>", "User:", "\u200b"]
PIECES = st.sampled_from([*SIGNS, *ENDS, *'[{",]', "a", "क", "ع", "é"])
REPEATED = [
    "###",
    "### a\n",
    "#",
    "1. a\n",
    "1",
    "[",
    '["',
    '["a",',
    "{",
    '{"a":',
    '"',
    "<think>",
    "</think>",
    "<|",
    "[INST",
]
REPEATED += [
    "```\n",
    "Response 1:\n",
    "उत्तर ",
    "User:",
    "\n\nUser",
    "**",
    "* ",
    "(",
    "-",
    "---\n",
    "\n",
    " ",
    "a\n\n",
    "\u200d",
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answers_are_found(case: Case) -> None:
    assert split(case.text, k=case.k) == case.answers


@given(text=st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=60).map("".join), k=st.integers(1, 6))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_tidy_answers(text: str, k: int) -> None:
    for answer in split(text, k=k):
        assert answer
        assert answer == answer.strip()
        assert "\u200b" not in answer


@given(st.lists(st.sampled_from(EN), min_size=2, max_size=6, unique=True))
@settings(max_examples=50, deadline=None)
def test_splitting_what_was_joined_gives_it_back(answers: list[str]) -> None:
    assert split("\n\n".join(f"### {answer}" for answer in answers), k=len(answers)) == answers


def test_a_prompt_that_holds_the_sign_does_not_change_how_answers_are_cut() -> None:
    quoted = [f"{answer} Headings are written with ### in Markdown." for answer in EN]
    assert split("\n\n".join(f"### {answer}" for answer in quoted), k=4) == quoted


@pytest.mark.parametrize("repeated", REPEATED)
def test_the_time_grows_with_the_length_and_not_faster(repeated: str) -> None:
    # Eight times the text: quadratic work would take 64 times as long.
    short, long = repeated * (10_000 // len(repeated)), repeated * (80_000 // len(repeated))
    assert seconds(lambda: split(long, k=4)) < 24 * seconds(lambda: split(short, k=4)) + 0.01


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of three runs."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times)
