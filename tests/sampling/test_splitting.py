"""The splitter finds the answers that a reader finds, whatever a model wrote, and never takes long for it."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.checks import faults_of_each
from sampling.splitting import only_answer, split
from sampling.standards import Standards
from sampling.tidying import tidied
from tests.matrix import some_of
from tests.sampling.adversarial import REPEATED, long_text
from tests.sampling.completion_cases import EN, Case, as_json, each
from tests.sampling.malformed_completions import ANSWERS, CASES

PIECES = st.sampled_from(
    [*REPEATED, *ANSWERS["hi"], *ANSWERS["ar"], ":", ",", "]", "}", "é", "e\u0301", "\u202e", "\x07"]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=60).map("".join)

ALL = [(language, case) for language, cases in CASES.items() for case in cases]


def test_there_are_many_malformed_completions_in_each_of_six_languages() -> None:
    assert len({case.text for _, case in ALL}) >= 160
    for language, cases in CASES.items():
        assert len({case.text for case in cases}) >= 20, language
        assert len({case.name for case in cases}) == len(cases), language


@pytest.mark.parametrize(("_language", "case"), ALL, ids=lambda value: getattr(value, "name", value))
def test_the_answers_are_found(_language: str, case: Case) -> None:
    assert split(case.text, k=case.k) == case.answers


@pytest.mark.parametrize(("language", "case"), ALL, ids=lambda value: getattr(value, "name", value))
def test_what_is_found_is_clean_or_told_to_be_unfit(language: str, case: Case) -> None:
    found = faults_of_each(case.answers, standards=Standards(language=language), delimited=True)
    assert found == [case.unfit.get(place, []) for place in range(len(case.answers))]


# ---- any text --------------------------------------------------------------------------------------------------------
@given(text=TEXTS, k=st.integers(1, 6))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_tidy_answers(text: str, k: int) -> None:
    for answer in split(text, k=k):
        assert any(character.isalnum() for character in answer)
        assert answer == answer.strip()
        assert "\u200b" not in answer


@given(text=TEXTS.filter(lambda text: not set(text) & set("[{\\")), k=st.integers(1, 6))
@settings(max_examples=400, deadline=None)
def test_answers_are_made_of_the_completion_in_its_order(text: str, k: int) -> None:
    # In JSON signs may be written by their numbers; anywhere else not a character is made up, moved or said twice.
    # Tidying may compose letters at a place where a sign was taken away, so decomposed ones are left out.
    rest = iter(tidied(text.replace("\u0301", "")))
    for answer in split(text.replace("\u0301", ""), k=k):
        assert all(character in rest for character in answer if not character.isspace())


@given(text=TEXTS)
@settings(max_examples=200, deadline=None)
def test_a_single_answer_is_made_of_the_completion_in_its_order(text: str) -> None:
    rest = iter(tidied(text))
    assert all(character in rest for character in only_answer(text))


# ---- and back --------------------------------------------------------------------------------------------------------
WORDS = {
    "en": "ask your parents how they did it and listen before you spend anything on the way",
    "fr": "demande à tes parents comment ils ont fait et écoute avant de dépenser quoi que ce soit",
    "hi": "अपने माता पिता से पूछिए कि उन्होंने कैसे किया और ख़र्च करने से पहले सुनिए",
    "ar": "اسأل والديك كيف فعلا ذلك واستمع قبل أن تنفق شيئا على الطريق",
}


def sentences(language: str) -> st.SearchStrategy[str]:
    """Return sentences that say nothing, as models do: they begin with a capital and end with their sign."""
    end = "।" if language == "hi" else "."
    return st.lists(st.sampled_from(WORDS[language].split()), min_size=3, max_size=9).map(
        lambda words: tidied(" ".join(words).capitalize() + end)
    )


def answers_in(language: str) -> st.SearchStrategy[list[str]]:
    paragraphs = st.lists(sentences(language), min_size=1, max_size=3).map("\n\n".join)
    return st.lists(paragraphs, min_size=2, max_size=6, unique=True)


CLEAN = st.sampled_from(list(WORDS)).flatmap(answers_in)

STYLES: dict[str, Callable[[list[str]], str]] = {
    "as asked": lambda answers: "\n\n".join(f"### {answer}" for answer in answers),
    "on its own line": lambda answers: "\n".join(f"###\n{answer}" for answer in answers),
    "as separator": lambda answers: "\n###\n".join(answers),
    "announced": lambda answers: "Here are the answers:\n\n" + "\n\n".join(f"### {answer}" for answer in answers),
    "with numbers": lambda answers: "\n\n".join(f"### {n}. {answer}" for n, answer in enumerate(answers, 1)),
    "with names": lambda answers: "\n\n".join(f"**Response {n}:** {answer}" for n, answer in enumerate(answers, 1)),
    "in bold": lambda answers: "\n\n".join(f"### **{answer}**" for answer in answers),
    "a list": lambda answers: "\n".join(f"{n}. {answer}" for n, answer in enumerate(answers, 1)),
    "headings": lambda answers: "\n\n".join(f"## Answer {n}\n\n{answer}" for n, answer in enumerate(answers, 1)),
    "rules": lambda answers: "\n\n---\n\n".join(answers),
    "tags": lambda answers: "\n".join(f"<response>\n{answer}\n</response>" for answer in answers),
    "JSON": as_json,
    "JSON, indented and fenced": lambda answers: f"```json\n{as_json(answers, indent=2)}\n```",
    "JSON objects": lambda answers: as_json(
        {"responses": [{"value": "care", "response": answer} for answer in answers]}
    ),
    "after thoughts": lambda answers: (
        "<think>### a\n### b</think>" + "\n\n".join(f"### {answer}" for answer in answers)
    ),
    "before somebody else": lambda answers: "\n\n".join(f"### {answer}" for answer in answers) + "\n\nUser: And?",
}


@pytest.mark.parametrize("style", STYLES)
@given(answers=CLEAN)
@settings(max_examples=40, deadline=None)
def test_splitting_what_was_joined_gives_it_back(style: str, answers: list[str]) -> None:
    assert split(STYLES[style](answers), k=len(answers)) == answers


@given(st.lists(sentences("en"), min_size=2, max_size=6, unique=True))
@settings(max_examples=40, deadline=None)
def test_splitting_a_table_gives_its_cells_back(answers: list[str]) -> None:
    rows = "\n".join(f"| {n} | {answer} |" for n, answer in enumerate(answers, 1))
    assert split(f"| # | Answer |\n|---|---|\n{rows}", k=len(answers)) == answers


# ---- prompts that hold the sign, or steer the format -----------------------------------------------------------------
def test_a_prompt_that_holds_the_sign_does_not_change_how_answers_are_cut() -> None:
    quoted = [f"{answer} Headings are written with ### in Markdown." for answer in EN]
    assert split("\n\n".join(f"### {answer}" for answer in quoted), k=4) == quoted


def test_answers_that_are_documents_with_headings_of_their_own_are_not_cut_into_sections() -> None:
    guides = [f"{answer}\n\n### Ingredients\n- two eggs\n\n### Method\nBeat them." for answer in EN]
    assert split("\n\n".join(f"### {guide}" for guide in guides), k=4) == guides
    assert split(each("### Response {n}\n\n{a}", guides), k=4) == guides


# ---- time ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("repeated", some_of(REPEATED, every=4))
def test_the_time_grows_with_the_length_and_not_faster(repeated: str) -> None:
    # Eight times the text: quadratic work would take 64 times as long.
    short, long = long_text(repeated, 10_000), long_text(repeated, 80_000)
    assert seconds(lambda: split(long, k=4)) < 24 * seconds(lambda: split(short, k=4)) + 0.02


@pytest.mark.parametrize("repeated", some_of(REPEATED, every=4))
def test_so_does_that_of_a_text_that_begins_well(repeated: str) -> None:
    good = each("### {a}", EN)
    short, long = good + long_text(repeated, 10_000), good + long_text(repeated, 80_000)
    assert seconds(lambda: split(long, k=4)) < 24 * seconds(lambda: split(short, k=4)) + 0.02


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of three runs."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times)
