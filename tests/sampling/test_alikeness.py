"""Answers are alike when they say the same in almost the same words, however they are dressed."""

import pytest

from sampling.alikeness import alike_earlier, normalised, resemblance

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
