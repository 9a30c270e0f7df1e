"""Do two answers say the same in (almost) the same words? Knows no Django.

Resemblance of two texts by shingles: Broder, "On the resemblance and containment of documents" (1997).
"""

import re
import unicodedata
from collections.abc import Sequence

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
    first, second = normalised(one), normalised(other)
    if first == second:
        return 1.0
    shingles, others = _shingles(first), _shingles(second)
    return len(shingles & others) / len(shingles | others)


def _shingles(text: str) -> set[str]:
    return {text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))}


def alike_earlier(texts: Sequence[str]) -> list[bool]:
    """Return for each text whether it is alike to one that stands before it."""
    return [
        any(resemblance(text, earlier) >= ALIKE_FROM for earlier in texts[:place]) for place, text in enumerate(texts)
    ]
