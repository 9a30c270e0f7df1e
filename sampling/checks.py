"""Is this set fit to be shown? Every fault has a machine-readable code; sampling.reasons says it in words.

Knows no Django.
"""

import re
from collections.abc import Sequence

from sampling.alikeness import alike_earlier
from sampling.languages import is_in
from sampling.leftovers import leftovers
from sampling.standards import Standards
from sampling.tidying import tidied

__all__ = ["faults", "faults_of_set", "remarks", "tidied"]

_ENDS_OPEN = tuple(",;:([{«“‘،؛-–—")
_EMOTICON_END = re.compile(r"[:;=8]['^-]?[(\[{]\Z")
_PAIRS = [("(", ")"), ("[", "]"), ("«", "»"), ("“", "”")]


def faults(text: str, *, standards: Standards, delimited: bool = False, cut_off: bool = False) -> list[str]:
    """Return what is wrong with one answer, as codes; an empty list where it is fit.

    :param delimited: whether the generator was asked to set answers apart by ###.
    :param cut_off: whether the generator stopped for lack of room at the end of this text.
    """
    if not any(character.isalnum() for character in text):
        return ["empty"]
    found = leftovers(text, delimited=delimited)
    if cut_off or ends_open(text):
        found.append("cut-off")
    if not is_in(text, standards.language):
        found.append("language")
    return found


def ends_open(text: str) -> bool:
    """Return whether a text ends in the middle of something: a pair never closed, or a sign that promises more."""
    if text.count("```") % 2:
        return True
    ending = text.rsplit("\n\n", 1)[-1]
    if _EMOTICON_END.search(ending) or text.endswith("```"):
        return False
    return ending.endswith(_ENDS_OPEN) or any(ending.count(first) > ending.count(last) for first, last in _PAIRS)


def faults_of_set(texts: Sequence[str], *, standards: Standards) -> list[str]:
    """Return what is wrong with a ready set of tidied texts, each code once; an empty list where it is fit."""
    found = []
    if len(texts) != standards.candidates:
        found.append("too-few" if len(texts) < standards.candidates else "too-many")
    for text in texts:
        found += faults(text, standards=standards)
    if standards.alike == "repair" and any(alike_earlier(texts)):
        found.append("alike")
    return list(dict.fromkeys(found))


def remarks(texts: Sequence[str], *, standards: Standards) -> list[str]:
    """Return what is let pass but worth knowing."""
    return ["alike"] if standards.alike == "flag" and any(alike_earlier(texts)) else []
