"""The instructions are one versioned file, and its hash says which words a model got."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from sampling import wordings
from sampling.methods import METHODS

LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"]


def test_every_instruction_exists_in_every_language_of_the_site() -> None:
    said = json.loads(wordings.FILE.read_bytes())["wordings"]
    assert sorted(said) == sorted(LANGUAGES) == sorted(code for code, _name in settings.LANGUAGES)
    assert {frozenset(names) for names in said.values()} == {
        frozenset({"negatively-correlated", "ordinary", "missing"})
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["negatively-correlated", "missing"])
def test_the_number_and_the_sign_stand_in_the_instruction(language: str, name: str) -> None:
    assert "3" in wordings.wording(name, language=language, k=3)
    assert "###" in wordings.wording(name, language=language, k=3)


def test_the_demo_model_was_trained_on_these_very_words() -> None:
    trained_on = json.loads((Path(settings.BASE_DIR) / "examples/demo_model/wordings.json").read_bytes())
    assert json.loads(wordings.FILE.read_bytes())["wordings"] == trained_on


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


def test_the_methods_are_those_a_recipe_can_name() -> None:
    assert set(METHODS) == {"negatively-correlated", "independent"}
