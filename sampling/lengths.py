"""Is an answer too short or too long, and is one of a set out of all proportion to the others? Knows no Django.

Lengths are counted in characters, so that scripts that set no blanks between words are measured like others.
"""

import math
import statistics
from collections.abc import Sequence

from sampling.recipe_document import Lengths

SHORT = 40
"""Characters up to which a text counts as so long: "Yes." beside one sentence is no disproportion."""


def length_fault(text: str, lengths: Lengths) -> str | None:
    """Return the code of what is wrong with the length of one answer, if anything is."""
    if len(text) < lengths.minimum:
        return "too-short"
    return "too-long" if len(text) > lengths.maximum else None


def uneven(texts: Sequence[str], lengths: Lengths, *, settled: int = 0) -> int | None:
    """Return the place of the text to blame where the longest is out of all proportion to the shortest, else None.

    To blame is the text that is farthest from the median, by proportion; of two that are as far, the later one.

    :param settled: how many, from the first on, are not to blame.
    """
    if len(texts) < 2:
        return None
    sizes = [math.log(max(len(text), SHORT)) for text in texts]
    if max(sizes) - min(sizes) <= math.log(lengths.times):
        return None
    median = statistics.median(sizes)
    return max(
        range(settled, len(texts)), key=lambda place: (round(abs(sizes[place] - median), 6), place), default=None
    )
