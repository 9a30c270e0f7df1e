"""Answers keep to the recipe's lengths, and none is out of all proportion to the others."""

import pytest

from sampling.checks import faults, faults_of_set
from sampling.lengths import SHORT, uneven
from sampling.recipe_document import Lengths, RecipeDocument
from sampling.standards import Standards, standards_of
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

SOME = Lengths(minimum=10, maximum=100, times=3)


@pytest.mark.parametrize(
    ("length", "codes"), [(9, ["too-short"]), (10, []), (100, []), (101, ["too-long"]), (5000, ["too-long"])]
)
def test_an_answer_outside_of_the_bounds_is_found(length: int, codes: list[str]) -> None:
    assert faults("9" * length, standards=Standards(language="en", lengths=SOME)) == codes


def test_a_recipe_that_says_nothing_lets_any_usual_length_pass() -> None:
    standards = standards_of(RecipeDocument(method="imported"), language="en")
    assert faults("42", standards=standards) == []
    assert faults("9" * 12_000, standards=standards) == []
    assert faults("9" * 12_001, standards=standards) == ["too-long"]


def test_lengths_of_scripts_without_blanks_are_counted_in_characters_too() -> None:
    chinese = Standards(language="zh", lengths=SOME)
    assert faults("先和父母谈谈，再做决定吧。", standards=chinese) == []
    assert faults("先谈谈。", standards=chinese) == ["too-short"]


def test_the_answer_farthest_from_the_median_is_to_blame() -> None:
    assert uneven(["a" * 50, "b" * 60, "c" * 500, "d" * 55], SOME) == 2
    assert uneven(["a" * 50, "b" * 600, "c" * 500, "d" * 550], SOME) == 0
    assert uneven(["a" * 50, "b" * 150], SOME) is None


def test_of_two_the_later_one_is_to_blame() -> None:
    assert uneven(["a" * 50, "b" * 151], SOME) == 1
    assert uneven(["a" * 151, "b" * 50], SOME) == 1


def test_what_is_settled_is_not_to_blame() -> None:
    texts = ["a" * 500, "b" * 50, "c" * 55, "d" * 160]
    assert uneven(texts, SOME) == 0
    assert uneven(texts, SOME, settled=1) == 1
    assert uneven(texts, SOME, settled=4) is None


def test_short_texts_are_not_compared_by_proportion() -> None:
    assert uneven(["No.", "Yes, of course!", "a" * SHORT], Lengths(times=1.5)) is None


def test_a_single_text_is_even() -> None:
    assert uneven(["a" * 5000], SOME) is None
    assert uneven([], SOME) is None


def test_a_ready_set_with_one_answer_out_of_proportion_is_not_fit() -> None:
    texts = [FIT, OTHER, THIRD, f"{FOURTH} {'It is the safest way. ' * 70}"]
    assert faults_of_set(texts, standards=Standards(language="en")) == ["uneven"]
    assert faults_of_set([FIT, OTHER, THIRD, FOURTH], standards=Standards(language="en")) == []
