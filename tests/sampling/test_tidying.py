"""Texts are stored in one form; what a reader sees does not change."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sampling.tidying import storable, tidied


def test_decomposed_letters_are_composed() -> None:
    assert tidied(unicodedata.normalize("NFD", "é à ñ")) == "é à ñ"
    assert tidied("\u0915\u093c") == unicodedata.normalize("NFC", "\u0915\u093c")


def test_invisible_characters_go() -> None:
    assert tidied("\ufeffa\u200bb\u2060c\u202ed\u0007e\x00") == "abcde\ufffd"


def test_joiners_stay_inside_words_and_go_elsewhere() -> None:
    assert tidied("क्\u200dष") == "क्\u200dष"
    assert tidied("\u200d a \u200c\u200c") == "a"


def test_marks_of_direction_stay() -> None:
    assert tidied("(abc)\u200f عربي") == "(abc)\u200f عربي"


def test_line_ends_and_outer_blanks_are_plain() -> None:
    assert tidied("\r\n one  \r\n two \r three \n\n") == "one\n two\n three"


def test_what_no_database_can_hold_is_replaced() -> None:
    assert storable("a\0b\ud800c") == "a\ufffdb\ufffdc"


@given(st.text(st.characters(codec=None)))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidied(tidied(text)) == tidied(text)
