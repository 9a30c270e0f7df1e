"""How one person worked, as facts: speed against the length of the text, places chosen, explanations. Knows no Django.

None of these is a verdict, and none looks at whether other people chose the same.
"""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

SHINGLE = 20
"""Characters in a row that two people hardly write alike by chance."""


def characters_per_second(*, characters: int, seconds: float) -> float:
    """Return how fast a text was read, at most: the time holds reading, choosing and explaining."""
    return characters / max(seconds, 0.1)


def percentile(value: float, *, hundredths: Sequence[float]) -> int:
    """Return how many of a hundred values lie below this one, 0 to 99.

    :param hundredths: The 1st to the 99th percentile of those it is compared with, in order.
    """
    return bisect_left(hundredths, value)


def copied_share(text: str, sources: Sequence[str]) -> float:
    """Return the share of a text that stands in one of the sources, word for word, 0 to 1.

    Letters count as the same in upper and lower case, any space as one. What is shorter than `SHINGLE` characters in a
    row is no copy.
    """
    sought = plain(text)
    if len(sought) < SHINGLE:
        return 0.0
    return max((_covered(sought, plain(source)) for source in sources), default=0) / len(sought)


def _covered(text: str, source: str) -> int:
    # Wherever so many characters begin, one of these blocks lies whole among them: without one there is no copy.
    half = SHINGLE // 2
    if not any(text[start : start + half] in source for start in range(0, len(text) - half + 1, half)):
        return 0
    covered = reached = 0
    for start in range(len(text) - SHINGLE + 1):
        if text[start : start + SHINGLE] in source:
            end = start + SHINGLE
            covered += end - max(start, reached)
            reached = end
    return covered


def plain(text: str) -> str:
    """Return a text without what makes the same words look different."""
    return " ".join(text.casefold().split())


def letters(text: str) -> int:
    """Return how much is written, in letters of an alphabet: marks for vowels count, a sign for a word is three."""
    return sum(_weight(character) for character in text)


def _weight(character: str) -> int:
    if unicodedata.category(character)[0] not in "LM":
        return 0
    return 3 if unicodedata.name(character, "").startswith("CJK") else 1


@dataclass(frozen=True)
class Places:
    """Which places on their screen a person chose, in the order of their choices."""

    choices: int
    most_chosen: int | None
    """The place chosen most often, from 0; of several the first. None without a choice."""
    share: float | None
    """Its share of all choices."""
    longest_run: int
    """Choices of one place in a row, at most."""


def places(chosen: Sequence[int]) -> Places:
    """Describe the places that were chosen, one after the other."""
    if not chosen:
        return Places(choices=0, most_chosen=None, share=None, longest_run=0)
    counted = Counter(chosen)
    most = min(counted, key=lambda place: (-counted[place], place))
    run = max(len(list(same)) for _place, same in groupby(chosen))
    return Places(choices=len(chosen), most_chosen=most, share=counted[most] / len(chosen), longest_run=run)


def middle(values: Sequence[float]) -> float | None:
    """Return the median; None of nothing."""
    return median(values) if values else None
