"""An answer that declines, or speaks of the task, is told from one that only sounds so, in six languages."""

import time

import pytest

from sampling.checks import faults, remarks
from sampling.phrases import phrases
from sampling.refusals import is_refusal
from sampling.standards import Standards
from sampling.task_remarks import remarks_on_the_task
from tests.sampling.declining_answers import ABOUT_THE_TASK, ORDINARY, REFUSALS

LANGUAGES = ["ar", "en", "fr", "hi", "it", "pt"]


def of_all(texts: dict[str, list[str]]) -> list[str]:
    return [text for language in LANGUAGES for text in texts[language]]


def test_there_are_enough_of_each_in_every_language() -> None:
    for texts in (REFUSALS, ABOUT_THE_TASK, ORDINARY):
        assert sorted(texts) == LANGUAGES
        assert all(len(set(texts[language])) >= 15 for language in LANGUAGES)


@pytest.mark.parametrize("text", of_all(REFUSALS))
def test_an_answer_that_declines_is_a_refusal(text: str) -> None:
    assert is_refusal(text)
    assert not remarks_on_the_task(text)


@pytest.mark.parametrize("text", of_all(ABOUT_THE_TASK))
def test_an_answer_that_speaks_of_the_answers_is_about_the_task(text: str) -> None:
    assert remarks_on_the_task(text)
    assert not is_refusal(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_answers_are_neither(language: str) -> None:
    for text in ORDINARY[language]:
        assert faults(text, standards=Standards(language=language)) == []


def test_a_caution_that_a_long_answer_follows_is_no_refusal() -> None:
    advice = "rest, drink enough, and see a doctor if the fever stays. " * 6
    assert is_refusal("I can't provide medical advice. " + advice)
    assert not is_refusal("I can't provide medical advice, but here is what helps most people: " + advice)


def test_what_comes_late_in_an_answer_is_not_taken_for_its_beginning() -> None:
    assert not is_refusal("Write to them. Keep it short. Be kind. I can't help with that.")
    middle = "It takes time. " * 60
    assert not remarks_on_the_task(f"{middle} Here are four responses. {middle}")


def test_a_refusal_is_shown_and_noted_where_the_recipe_says_so() -> None:
    text = "I'm sorry, but I can't help with that."
    assert faults(text, standards=Standards(language="en")) == ["refusal"]
    assert faults(text, standards=Standards(language="en", refusals="drop")) == ["refusal"]
    shown = Standards(language="en", refusals="show")
    assert faults(text, standards=shown) == []
    assert remarks([text, "Ask somebody who knows."], standards=shown) == ["refusal"]
    assert remarks(["Ask somebody who knows."], standards=shown) == []


def test_a_refusal_in_another_language_than_the_task_is_found_too() -> None:
    found = faults("I'm sorry, but I can't help you with this request.", standards=Standards(language="hi"))
    assert found == ["language", "refusal"]


def test_every_phrase_can_be_looked_for() -> None:
    assert len(phrases("refusals")) >= 6 * 3
    assert len(phrases("remarks")) >= 6 * 5
    assert len(phrases("turns")) >= 6 * 3


@pytest.mark.parametrize(
    "piece", ["i can't ", "as an ai ", "sorry, but ", "the ", "a an the ", "मैं ", "لا ", "here are the more ", "("]
)
def test_no_text_takes_long_to_look_at(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begun = time.process_time()
    is_refusal(text)
    remarks_on_the_task(text)
    assert time.process_time() - begun < 2
