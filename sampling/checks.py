"""Is this set fit to be shown? Every fault has a machine-readable code; sampling.reasons says it in words.

Knows no Django. What a recipe's models judge (a classifier, an embedder) needs a worker.
"""

import re
from collections.abc import Sequence

from sampling import moderation
from sampling.alikeness import alike_earlier
from sampling.languages import is_in
from sampling.leftovers import leftovers
from sampling.lengths import length_fault, uneven
from sampling.refusals import is_refusal
from sampling.standards import Standards
from sampling.task_remarks import remarks_on_the_task
from sampling.tidying import tidied

__all__ = ["faults", "faults_of_each", "faults_of_set", "listed_words", "remarks", "tidied"]

_ENDS_OPEN = tuple(",;:([{«“‘،؛-–—，、：；（「『【")
_EMOTICON_END = re.compile(r"[:;=8]['^-]?[(\[{]\Z")
_PAIRS = [("(", ")"), ("[", "]"), ("«", "»"), ("“", "”"), ("（", "）"), ("「", "」"), ("『", "』"), ("【", "】")]
_BOLD_BEGINS = re.compile(r"(?:\A|\s)\*\*(?=[^\s*])[^*]*\Z")


def faults(text: str, *, standards: Standards, delimited: bool = False, cut_off: bool = False) -> list[str]:
    """Return what is wrong with one answer, as codes; an empty list where it is fit. As faults_of_each."""
    return faults_of_each([text], standards=standards, delimited=delimited, cut_off=cut_off)[0]


def faults_of_each(
    texts: Sequence[str], *, standards: Standards, delimited: bool = False, cut_off: bool = False
) -> list[list[str]]:
    """Return for each of these tidied texts what is wrong with it by itself, as codes; empty where it is fit.

    :param delimited: whether the generator was asked to set answers apart by ###.
    :param cut_off: whether the generator stopped for lack of room at the end of the last of them.
    :raises GeneratorFailed: if the recipe names a classifier that cannot be had here.
    """
    stopped = moderation.moderated(texts, language=standards.language, moderation=standards.moderation)
    found = []
    for place, text in enumerate(texts):
        last = place == len(texts) - 1
        codes = _faults(text, standards, delimited=delimited, cut_off=cut_off and last)
        found.append([*codes, "moderated"] if stopped[place] else codes)
    return found


def _faults(text: str, standards: Standards, *, delimited: bool, cut_off: bool) -> list[str]:
    if not any(character.isalnum() for character in text):
        return ["empty"]
    found = leftovers(text, delimited=delimited)
    if cut_off or ends_open(text):
        found.append("cut-off")
    if not is_in(text, standards.language):
        found.append("language")
    if standards.refusals != "show" and is_refusal(text):
        found.append("refusal")
    if remarks_on_the_task(text):
        found.append("about-the-task")
    if code := length_fault(text, standards.lengths):
        found.append(code)
    return found


def ends_open(text: str) -> bool:
    """Return whether a text ends in the middle of something: a pair never closed, or a sign that promises more."""
    if text.count("```") % 2:
        return True
    ending = text.rsplit("\n\n", 1)[-1]
    if _EMOTICON_END.search(ending) or text.endswith("```"):
        return False
    if ending.endswith(_ENDS_OPEN) or _BOLD_BEGINS.search(ending):
        return True
    return any(ending.count(first) > ending.count(last) for first, last in _PAIRS)


def faults_of_set(texts: Sequence[str], *, standards: Standards) -> list[str]:
    """Return what is wrong with a ready set of tidied texts, each code once; an empty list where it is fit.

    :raises GeneratorFailed: if the recipe names a model that judges and cannot be had here.
    """
    found = []
    if len(texts) != standards.candidates:
        found.append("too-few" if len(texts) < standards.candidates else "too-many")
    for codes in faults_of_each(texts, standards=standards):
        found += codes
    if standards.alike == "repair" and any(alike_earlier(texts, standards)):
        found.append("alike")
    if uneven(texts, standards.lengths) is not None:
        found.append("uneven")
    return list(dict.fromkeys(found))


def listed_words(texts: Sequence[str], *, standards: Standards) -> list[str]:
    """Return the words in these texts that are never shown, each once."""
    joined = "\n".join(texts)
    return moderation.listed_words(joined, language=standards.language, moderation=standards.moderation)


def remarks(texts: Sequence[str], *, standards: Standards) -> list[str]:
    """Return what is let pass but worth knowing.

    :raises GeneratorFailed: if the recipe names an embedder that cannot be had here.
    """
    found = []
    if standards.alike == "flag" and any(alike_earlier(texts, standards)):
        found.append("alike")
    if standards.refusals == "show" and any(map(is_refusal, texts)):
        found.append("refusal")
    return found
