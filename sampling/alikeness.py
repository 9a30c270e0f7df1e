"""Do two answers say the same in (almost) the same words, or, to a model that the recipe names, the same? No Django.

Resemblance of two texts by shingles: Broder, "On the resemblance and containment of documents" (1997).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sampling.embedding import vectors
from sampling.standards import Standards

SHINGLE = 5
"""Characters per shingle: about a word, so that a moved sentence changes little and another word much."""

ALIKE_FROM = 0.8
"""Shared shingles among all of both, from which two texts count as alike."""

# Letters, digits and the marks that belong to letters in Indic scripts and in Arabic.
_NOT_WORDS = re.compile(r"[^\w\u0900-\u0903\u093a-\u094f\u064b-\u065f]+")


def normalised(text: str) -> str:
    """Return a text without what makes no difference in meaning: case, punctuation, spacing, width."""
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def resemblance(one: str, other: str) -> float:
    """Return the share of shingles that two texts have in common: 0 (none) to 1 (the same)."""
    return _shared(_shingles(one), _shingles(other))


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _shingles(text: str) -> set[str]:
    plain = normalised(text)
    return {plain[start : start + SHINGLE] for start in range(max(1, len(plain) - SHINGLE + 1))}


class Alikeness:
    """Tells whether texts are alike by a recipe's standards: by shingles, and where it says so by an embedder too."""

    def __init__(self, standards: Standards) -> None:
        self._embedder, self._alike_from = standards.embedder, standards.alike_from
        self._shingles: dict[str, set[str]] = {}
        self._vectors: dict[str, Any] = {}

    def learn(self, texts: Sequence[str]) -> None:
        """Read texts that are going to be compared; the embedder, if there is one, reads those that are new at once.

        :raises ModelNotLoadable: if the embedder cannot be had here.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._shingles]
        if self._alike_from is not None and new:
            self._vectors |= zip(new, vectors(new, embedder=self._embedder), strict=True)
        self._shingles |= {text: _shingles(text) for text in new}

    def with_one_of(self, text: str, others: Sequence[str]) -> bool:
        """Return whether a text is alike to one of these."""
        self.learn([text, *others])
        return any(self._are_alike(text, other) for other in others)

    def _are_alike(self, one: str, other: str) -> bool:
        if _shared(self._shingles[one], self._shingles[other]) >= ALIKE_FROM:
            return True
        return self._alike_from is not None and float(self._vectors[one] @ self._vectors[other]) >= self._alike_from


def alike_earlier(texts: Sequence[str], standards: Standards | None = None) -> list[bool]:
    """Return for each text whether it is alike to one that stands before it; without standards by shingles alone.

    :raises ModelNotLoadable: if the recipe names an embedder that cannot be had here.
    """
    alikeness = Alikeness(standards or Standards(language=""))
    alikeness.learn(texts)
    return [alikeness.with_one_of(text, texts[:place]) for place, text in enumerate(texts)]
