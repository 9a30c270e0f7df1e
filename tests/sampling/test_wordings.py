"""The instructions are one versioned file, and its hash says which words a model got."""

import json
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from sampling import wordings

LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"]


PLACEHOLDERS = {
    "negatively-correlated": {"k"},
    "ordinary": set(),
    "missing": {"k"},
    "relevance-first": {"k"},
    "named-axes": {"k", "voices"},
    "missing-axes": {"k", "voices"},
    "different": set(),
    "verbalized": {"k"},
    "verbalized-tail": {"k", "below"},
    "value-conditioned": {"voice"},
    "comment": set(),
    "steered": set(),
    "overton": set(),
    "judge": {"options"},
    "choose-comment": {"voice"},
    "choose-community": {"options"},
    "every-view": set(),
}
MARKED = sorted(name for name, holes in PLACEHOLDERS.items() if "k" in holes)


def test_every_instruction_exists_in_every_language_of_the_site() -> None:
    said = json.loads(wordings.FILE.read_bytes())["wordings"]
    assert sorted(said) == sorted(LANGUAGES) == sorted(code for code, _name in settings.LANGUAGES)
    assert {language: set(names) for language, names in said.items()} == {
        language: set(PLACEHOLDERS) for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_an_instruction_has_the_same_placeholders_in_every_language(language: str, name: str) -> None:
    template = json.loads(wordings.FILE.read_bytes())["wordings"][language][name]
    found = [hole for _text, hole, _spec, _conversion in Formatter().parse(template) if hole is not None]
    assert sorted(found) == sorted(PLACEHOLDERS[name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_given_for_an_instruction_stands_in_it(language: str) -> None:
    texts: dict[str, Any] = {
        "k": 7,
        "voices": "blue; green",
        "voice": "the sea",
        "below": "0.25",
        "options": "north, south",
    }
    for name, holes in PLACEHOLDERS.items():
        said = wordings.wording(name, language=language, **texts)
        assert [hole for hole in texts if str(texts[hole]) in said] == [hole for hole in texts if hole in holes]
        assert "{" not in said


@given(voices=st.lists(st.sampled_from(["{k}", "{voices}", "{voice}", "\\1", "\\g<0>", "{", "}", "care"])).map("".join))
def test_a_viewpoint_stays_as_it_was_written(voices: str) -> None:
    said = wordings.wording("named-axes", language="en", k=3, voices=voices)
    assert f"viewpoints: {voices}. Begin" in said
    assert said.startswith("Write 3 responses")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MARKED)
def test_the_number_and_the_sign_stand_in_the_instruction(language: str, name: str) -> None:
    assert "3" in wordings.wording(name, language=language, k=3)
    assert "###" in wordings.wording(name, language=language, k=3)


def test_the_demo_model_was_trained_on_these_very_words() -> None:
    trained_on = json.loads((Path(settings.BASE_DIR) / "examples/demo_model/wordings.json").read_bytes())
    said = json.loads(wordings.FILE.read_bytes())["wordings"]
    # What only larger models are asked was not trained.
    assert {
        language: {name: said[language][name] for name in texts} for language, texts in trained_on.items()
    } == trained_on


def test_another_word_gives_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wordings.sha256()
    changed = tmp_path / "wordings.json"
    changed.write_text(wordings.FILE.read_text().replace("diverse values", "varied values"))
    monkeypatch.setattr(wordings, "FILE", changed)
    wordings._file.cache_clear()
    wordings.sha256.cache_clear()
    try:
        assert wordings.sha256() != before
    finally:
        monkeypatch.undo()
        wordings._file.cache_clear()
        wordings.sha256.cache_clear()
    assert wordings.sha256() == before


def test_a_language_without_an_instruction_is_said_so() -> None:
    with pytest.raises(wordings.NoWording, match="missing in sw"):
        wordings.wording("missing", language="sw", k=2)
