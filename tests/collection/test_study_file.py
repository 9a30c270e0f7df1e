"""Reading a study file: every fault is named with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection import study_file
from collection.study_file import StudyFileInvalid

EXAMPLE = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")


def fault_of(text: str) -> study_file.Fault:
    with pytest.raises(StudyFileInvalid) as refused:
        study_file.read(text)
    return refused.value.faults[0]


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize("path", ["examples/everyday/study.yaml", "examples/arabic/study.yaml"])
def test_our_examples_are_valid(path):
    document = study_file.read(Path(path).read_text(encoding="utf-8"))
    assert set(document.study.languages) <= set(document.study.panel.consent.texts)


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("overlap: 5", "overlap: five", "overlap", "whole number"),
        ("overlap: 5", "overlap: 0", "overlap", "at least 1"),
        ("overlap: 5", "overlapp: 5", "overlapp", "not known"),
        ("own_share: 0.3", "own_share: 1.5", "prompts.own_share", "at most 1"),
        ("method: negatively-correlated", "method: magic", "recipes.first.method", "must be one of"),
        ("minimum: 1, maximum: 4", "minimum: 4, maximum: 2", "turns", "minimum above its maximum"),
        ("slug: everyday-demo", "slug: Everyday Demo", "panel.slug", "must match"),
        ("question: gender", "question: gendre", "columns.annotator_gender.question", "not a question of the survey"),
        ("asked: after", "asked: sometime", "panel.survey.4.asked", "must be one of"),
        ("when: {country: [us]}", "when: {planet: [us]}", "panel", "asks background before planet"),
    ],
)
def test_a_fault_is_named_with_its_line(old, new, place, says):
    text = EXAMPLE.replace(old, new, 1)
    fault = fault_of(text)
    assert fault.place == place
    assert says in fault.message
    if new in text.splitlines()[fault.line - 1]:
        assert fault.line == line_with(text, new)


def test_every_fault_is_named_at_once():
    text = EXAMPLE.replace("overlap: 5", "overlap: five").replace("lease_minutes: 120", "lease_minutes: 0")
    with pytest.raises(StudyFileInvalid) as refused:
        study_file.read(text)
    assert [fault.place for fault in refused.value.faults] == ["overlap", "lease_minutes"]
    assert [fault.line for fault in refused.value.faults] == [
        line_with(text, "overlap: five"),
        line_with(text, "lease_minutes: 0"),
    ]


def test_a_missing_entry_is_named():
    text = EXAMPLE.replace("completion: {code: EVERYDAY-DEMO}\n", "")
    assert fault_of(text).message == "is missing"


def test_a_language_without_a_question_is_refused():
    text = EXAMPLE.replace("    hi: आपने यही उत्तर क्यों चुना?\n", "")
    assert "explanation in hi" in fault_of(text).message


def test_a_voice_without_a_text_in_a_language_of_the_study_is_refused():
    voices = "[{key: thrift, texts: {en: Saving, fr: Épargner, it: Risparmiare, pt: Poupar}}]"
    fault = fault_of(EXAMPLE.replace("    ordinary: 1\n", f"    ordinary: 3\n    voices: {voices}\n"))
    assert "voices or communities in recipes.first that lack a text in hi" in fault.message


def test_a_key_that_stands_twice_is_refused_with_its_line():
    assert fault_of("slug: a\nslug: b\n").line == 2


def test_without_a_later_recipe_a_study_has_one_turn():
    start, end = EXAMPLE.index("  later:\n"), EXAMPLE.index("columns:")
    text = EXAMPLE[:start] + EXAMPLE[end:]
    assert "turns.maximum" in fault_of(text).message
    assert study_file.read(text.replace("maximum: 4", "maximum: 1")).study.recipes.later is None


def test_a_file_that_unfolds_without_end_is_refused():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert "Aliases" in fault_of(bomb).message


@pytest.mark.parametrize("text", ["", "just a line", "- a\n- b", "a: [1", "\x00", "[" * 5000])
def test_what_is_no_study_is_refused_in_a_sentence(text):
    assert fault_of(text).message


@given(st.text(max_size=200))
def test_no_text_at_all_gives_anything_but_a_named_fault(text):
    with pytest.raises(StudyFileInvalid):
        study_file.read(text)


def test_another_model_takes_the_place_of_every_recipes_own():
    document = study_file.read(EXAMPLE).with_model("some/other-model")
    recipes = document.study.recipes
    assert recipes.later is not None
    assert {recipe.generator.model for recipe in (recipes.first, recipes.later) if recipe.generator} == {
        "some/other-model"
    }
