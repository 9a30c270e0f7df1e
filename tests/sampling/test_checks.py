"""An answer is shown only if it is whole, clean and in the language of the task; a set only if its answers differ."""

import pytest

from sampling.checks import ends_open, faults, faults_of_set, remarks
from sampling.standards import Standards

ENGLISH = Standards(language="en")
FIT = "You could ask your grandparents how they lived through it, and write down what they say."
OTHER = "Put the numbers side by side first: what it costs, what it brings, and what happens if you wait."
THIRD = "Whatever you do, follow the thing that makes you curious and tell your friends about it."
FOURTH = "Keep three months of rent in the bank before you try anything that may go wrong."


def test_a_plain_answer_is_fit() -> None:
    assert faults(FIT, standards=ENGLISH, delimited=True) == []


@pytest.mark.parametrize("text", ["", "   ", "***", "…", "\n---\n"])
def test_an_answer_without_a_letter_or_digit_is_empty(text: str) -> None:
    assert faults(text, standards=ENGLISH) == ["empty"]


def test_an_answer_may_be_a_number() -> None:
    assert faults("42", standards=ENGLISH) == []


def test_an_answer_that_ended_for_lack_of_room_is_cut_off() -> None:
    assert faults(FIT, standards=ENGLISH, cut_off=True) == ["cut-off"]


@pytest.mark.parametrize(
    "text",
    [
        "First, look at the price,",
        "There are two ways:",
        "He said (and I quote",
        "Elle a dit « bonjour",
        "Take this:\n```python\nprint(1)",
        "You should always remember to -",
    ],
)
def test_an_answer_that_ends_in_the_middle_of_something_is_cut_off(text: str) -> None:
    assert ends_open(text)


@pytest.mark.parametrize(
    "text",
    [
        FIT,
        "It depends (mostly on you)",
        "Like this:\n```\nx = (1\n```",
        "Not today :(",
        "- one\n- two",
        "Elle a dit « bonjour ».",
        "a) first\nb) second",
        "उसने कहा कि वह कल आएगा।",
    ],
)
def test_an_answer_that_ends_otherwise_is_whole(text: str) -> None:
    assert not ends_open(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Do this. ### Or do that.", "delimiter-left"),
        ("### Do this.", "delimiter-left"),
        ("Do this.<|end|>", "special-token-left"),
        ("[INST] Do this. [/INST]", "special-token-left"),
        ("<think>Hm.</think> Do this.", "special-token-left"),
        ("Do th\ufffds.", "special-token-left"),
        ("Do this.\nUser: And then?", "role-mark-left"),
        ("**Assistant:** Do this.", "role-mark-left"),
        ("उपयोगकर्ता: और फिर?", "role-mark-left"),
        ("Response 2: Do this.", "label-left"),
        ("Réponse 3 : Fais ceci.", "label-left"),
        ("उत्तर १: यह कीजिए।", "label-left"),
    ],
)
def test_what_the_model_left_in_an_answer_is_found(text: str, code: str) -> None:
    language = "hi" if "उ" in text else "fr" if "é" in text else "en"
    assert faults(text, standards=Standards(language=language), delimited=True) == [code]


def test_a_heading_is_a_delimiter_only_where_one_was_asked_for() -> None:
    text = "### First things first\n\nAsk somebody who has done it before, and listen."
    assert faults(text, standards=ENGLISH, delimited=True) == ["delimiter-left"]
    assert faults(text, standards=ENGLISH, delimited=False) == []


def test_a_heading_of_another_level_is_no_delimiter() -> None:
    assert faults("#### Why\n\nBecause it helps.", standards=ENGLISH, delimited=True) == []


def test_an_answer_in_another_language_is_found() -> None:
    assert faults(FIT, standards=Standards(language="fr")) == ["language"]


def test_a_set_of_four_that_differ_is_fit() -> None:
    assert faults_of_set([FIT, OTHER, THIRD, FOURTH], standards=ENGLISH) == []


def test_a_set_has_exactly_as_many_as_asked_for() -> None:
    assert faults_of_set([FIT, OTHER, THIRD], standards=ENGLISH) == ["too-few"]
    assert faults_of_set([FIT, OTHER, THIRD, FOURTH, "5"], standards=ENGLISH) == ["too-many"]


def test_alike_answers_are_a_fault_a_remark_or_nothing_as_the_recipe_says() -> None:
    texts = [FIT, OTHER, THIRD, FIT.upper() + "!"]
    assert faults_of_set(texts, standards=ENGLISH) == ["alike"]
    assert faults_of_set(texts, standards=Standards(language="en", alike="flag")) == []
    assert faults_of_set(texts, standards=Standards(language="en", alike="allow")) == []
    assert remarks(texts, standards=Standards(language="en", alike="flag")) == ["alike"]
    assert remarks(texts, standards=Standards(language="en", alike="allow")) == []
    assert remarks([FIT, OTHER, THIRD, FOURTH], standards=Standards(language="en", alike="flag")) == []
