"""Does an answer speak of the task instead of doing it? "Here are four responses …", in six languages. Knows no Django.

Looked at are the sentences at its beginning and its end. Words like "answers" alone say nothing ("answers to common
questions about taxes"): a remark also speaks of how many there are, of the values they stand for, of their language or
form, or of writing more.
"""

import regex

from sampling.phrases import phrases
from sampling.spelling import plain

_LOOKED_AT = 500
"""Characters at either end."""

_SENTENCE = regex.compile(r"[^.!?।؟\n()\[\]:;]+")
_MARKS = regex.compile(r"[*_>\"“”«»]+")


def remarks_on_the_task(text: str) -> bool:
    """Return whether a text speaks of the answers, of how they are written, or of writing more of them."""
    spelled = _MARKS.sub("", plain(text))
    ends = [spelled] if len(spelled) <= 2 * _LOOKED_AT else [spelled[:_LOOKED_AT], spelled[-_LOOKED_AT:]]
    sentences = [found[0].strip(" ,-–—،") for end in ends for found in _SENTENCE.finditer(end)]
    return any(phrase.match(sentence) for sentence in sentences for phrase in phrases("remarks"))
