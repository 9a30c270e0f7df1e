"""Answers are alike when they say the same in almost the same words, however they are dressed."""

from typing import Any

import pytest

from sampling.alikeness import Alikeness, alike_earlier, normalised, resemblance
from sampling.checks import faults_of_set, remarks
from sampling.embedding import vectors
from sampling.recipe_document import LocalModel
from sampling.standards import Standards
from tests.sampling.conftest import DEMO_MODEL

TEXT = "Start with what your elders taught you, and keep three months of rent in the bank."
HINDI = "सबसे पहले कुछ पैसे बचाइए, क्योंकि कठिन समय में वही काम आते हैं।"


@pytest.mark.parametrize(
    "other",
    [TEXT.upper(), f"**{TEXT}**", TEXT.replace(" ", "  "), TEXT.replace(",", "").rstrip("."), "\uff33" + TEXT[1:]],
)
def test_case_marks_spacing_and_width_make_no_difference(other: str) -> None:
    assert resemblance(TEXT, other) == 1.0


def test_one_other_word_in_a_long_text_is_still_alike() -> None:
    longer = TEXT + " Ask your neighbours what they did, and write down every answer that you get."
    assert alike_earlier([longer, longer.replace("elders", "parents")]) == [False, True]


def test_another_answer_on_the_same_subject_is_not_alike() -> None:
    other = "Start with the numbers: compare the rent with what you earn, and decide by the result."
    assert resemblance(TEXT, other) < 0.4


def test_vowel_signs_of_hindi_count() -> None:
    assert normalised("की") != normalised("के")
    assert resemblance(HINDI, HINDI.replace("पैसे", "पैसा")) < 1.0


def test_short_texts_are_compared_as_a_whole() -> None:
    assert alike_earlier(["Yes", "No", "yes!"]) == [False, False, True]


def test_a_later_one_is_the_alike_one() -> None:
    assert alike_earlier([TEXT, HINDI, TEXT, HINDI]) == [False, False, True, True]


def by_embedder(alike_from: float, **options: Any) -> Standards:
    """Return the standards of a recipe whose embedder is the demo model: what it was made for does not matter here."""
    return Standards(
        language="en", candidates=2, embedder=LocalModel(model=DEMO_MODEL), alike_from=alike_from, **options
    )


REWORDED = "Begin with what your parents told you, and save three months of rent in the bank."
ANOTHER = HINDI


@pytest.fixture(scope="module")
def between() -> float:
    """Return a cosine between that of the reworded text and that of another one, whatever the weights are."""
    text, reworded, another = vectors([TEXT, REWORDED, ANOTHER], embedder=LocalModel(model=DEMO_MODEL))
    near, far = float(text @ reworded), float(max(text @ another, reworded @ another))
    assert near > far
    return (near + far) / 2


def test_what_an_embedder_takes_for_the_same_is_alike_from_the_cosine_that_the_recipe_says(between: float) -> None:
    assert resemblance(TEXT, REWORDED) < 0.5
    assert alike_earlier([TEXT, REWORDED, ANOTHER], by_embedder(between)) == [False, True, False]
    assert alike_earlier([TEXT, REWORDED, ANOTHER], by_embedder(0.999)) == [False, False, False]
    assert alike_earlier([TEXT, TEXT.upper()], by_embedder(1.0)) == [False, True]


def test_an_embedder_without_a_cosine_makes_nothing_alike() -> None:
    standards = Standards(language="en", embedder=LocalModel(model="nowhere/at all"))
    assert alike_earlier([TEXT, REWORDED], standards) == [False, False]


def test_answers_alike_by_an_embedder_are_treated_as_the_recipe_says(between: float) -> None:
    texts = [TEXT, REWORDED]
    assert faults_of_set(texts, standards=by_embedder(between)) == ["alike"]
    assert faults_of_set(texts, standards=by_embedder(between, alike="flag")) == []
    assert remarks(texts, standards=by_embedder(between, alike="flag")) == ["alike"]
    assert remarks(texts, standards=by_embedder(between, alike="allow")) == []


def test_texts_that_were_learned_are_not_read_again(between: float) -> None:
    alikeness = Alikeness(by_embedder(between))
    alikeness.learn([TEXT, REWORDED, ANOTHER])
    read = dict(alikeness._vectors)
    assert alikeness.with_one_of(REWORDED, [ANOTHER, TEXT])
    assert not alikeness.with_one_of(ANOTHER, [])
    assert alikeness._vectors == read
