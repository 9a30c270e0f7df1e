"""Does an answer decline to answer? In six languages, whichever one was asked for. Knows no Django.

A refusal is known by its beginning: a sentence in which the writer says of itself that it cannot, must not or will not
do what was asked, or has no opinions because it is a machine. "I can't tell you how happy I am" is none, so what cannot
be done has to be something that was asked for. Nor is a caution that a long answer follows.
"""

import regex

from sampling.phrases import phrases
from sampling.spelling import plain

_SENTENCES = 3
_LOOKED_AT = 600
"""Characters from the beginning, in which those sentences stand."""
_GOES_ON = 300
"""Characters after a turn ("but …") from which there is an answer all the same."""

_SENTENCE = regex.compile(r"[^.!?।؟\n]+")
_MARKS = regex.compile(r"[*_>#\"“”«»()]+")


def is_refusal(text: str) -> bool:
    """Return whether a text declines to answer."""
    spelled = _MARKS.sub("", plain(text))
    for sentence in list(_SENTENCE.finditer(spelled[:_LOOKED_AT]))[:_SENTENCES]:
        said = sentence[0].strip(" ,;:-–—")
        if any(phrase.match(said) for phrase in phrases("refusals")):
            return not _goes_on(spelled[sentence.start() :])
    return False


def _goes_on(refused: str) -> bool:
    """Return whether there is a turn after the refusal and a long answer after the turn."""
    turns = [turn.end() for phrase in phrases("turns") if (turn := phrase.search(refused))]
    return bool(turns) and len(refused) - min(turns) >= _GOES_ON
