"""Is there something in an answer that is never shown: a word of a list, or what a classifier marks? Knows no Django.

The built-in words and where they come from: words/NOTICE.md. Languages other than those six have no built-in words.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path

# In its \w the marks of Indic and Arabic script belong to the word they are written on; in that of re they end it.
import regex

from sampling.recipe_document import Classifier, Moderation
from sampling.spelling import plain

FOLDER = Path(__file__).with_name("words")

_TOKEN = regex.compile(r"\w+|\p{So}|[^\w\s'’_-]")
Phrases = frozenset[tuple[str, ...]]
"""Words in a row, in the spelling in which they are compared."""

# What Arabic writes together with the word behind it: and, so, by, for, like, the.
_ARABIC_PREFIX = regex.compile(r"^[وف]?[بلك]?ال|^[وف]?لل|^[وف](?=\w{4})")


def moderated(texts: Sequence[str], *, language: str, moderation: Moderation) -> list[bool]:
    """Return for each text whether it is never shown.

    :raises GeneratorFailed: if the recipe names a classifier that cannot be had here.
    """
    listed = [bool(listed_words(text, language=language, moderation=moderation)) for text in texts]
    if moderation.classifier is None:
        return listed
    marked = _marked(texts, moderation.classifier)
    return [either or other for either, other in zip(listed, marked, strict=True)]


def listed_words(text: str, *, language: str, moderation: Moderation) -> list[str]:
    """Return the whole words, or whole words in a row, that stand on the lists for this language, each once."""
    lists = [_built_in(language)] if moderation.words == "built-in" else []
    if own := moderation.more_words.get(language):
        lists.append(_phrases(tuple(own)))
    found = [phrase for phrases in lists for phrase in _held(text, phrases, arabic=language == "ar")]
    return list(dict.fromkeys(" ".join(phrase) for phrase in found))


def _marked(texts: Sequence[str], classifier: Classifier) -> list[bool]:
    # Imported where a model judges: only workers have room for torch.
    found: list[bool] = import_module("sampling.generators.classifier").classifier_of(classifier).marked(texts)
    return found


@lru_cache(maxsize=32)
def _built_in(language: str) -> Phrases:
    path = FOLDER / f"{language}.json"
    return _phrases(tuple(json.loads(path.read_text(encoding="utf-8")))) if path.is_file() else frozenset()


@lru_cache(maxsize=256)
def _phrases(entries: tuple[str, ...]) -> Phrases:
    return frozenset(phrase for entry in entries if (phrase := tuple(_words(entry))))


def _words(text: str) -> list[str]:
    """Return the words of a text, and the signs between them, in the spelling in which they are compared."""
    return [str(word) for word in _TOKEN.findall(plain(text))]


def _held(text: str, phrases: Phrases, *, arabic: bool) -> list[tuple[str, ...]]:
    readings = [_words(text)]
    if arabic:
        readings.append([_ARABIC_PREFIX.sub("", word) for word in readings[0]])
    lengths = {len(phrase) for phrase in phrases}
    return [
        phrase
        for words in readings
        for length in lengths
        for phrase in zip(*(words[start:] for start in range(length)), strict=False)
        if phrase in phrases
    ]
