"""What of a completion is said to the reader: no thinking aloud, no control signs, no words of others. No Django."""

import re

from sampling.leftovers import SPECIAL_TOKEN

_THOUGHT = r"think(?:ing)?|thoughts?|reasoning|scratchpad|reflection|analysis"
_THOUGHT_BEGINS = re.compile(rf"<(?:{_THOUGHT})>|\[THINK\]|◁think▷", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(rf"</(?:{_THOUGHT})>|\[/THINK\]|◁/think▷", re.IGNORECASE)
_CHANNEL = re.compile(r"<\|channel\|>(\w{1,20})[^<\n]{0,40}<\|message\|>")
_FOR_THE_READER = "final"

_OWN_ROLE = re.compile(
    r"\A[*_# ]{0,6}(?:assistante?|ai|bot|model|assistente|सहायक|المساعد)[*_ ]{0,4}[:：][*_]{0,2}\s*", re.IGNORECASE
)
_OTHER_ROLE = re.compile(
    r"\n\n[*_]{0,2}(?:user|human|utilisateur|utilisatrice|utente|usuário|usuária|उपयोगकर्ता|المستخدم)[*_]{0,2} ?[:：]",
    re.IGNORECASE,
)
# Some models were trained on dialogues whose turns stand under such headings.
_OTHER_HEADING = re.compile(
    r"^[ \t]{0,3}#{2,4} ?[*_]{0,2}(?:user|human|instructions?|input|prompt|utilisateur|utente|usuário|उपयोगकर्ता|"
    r"المستخدم)[*_]{0,2} ?[:：]",
    re.IGNORECASE | re.MULTILINE,
)


def own_words(completion: str) -> str:
    """Return what the model says itself, in its first turn, and to the reader; nothing where it never came to that."""
    text = _OWN_ROLE.sub("", _first_turn(_without_thoughts(completion)))
    heading = _OTHER_HEADING.search(text)
    return text[: heading.start()].strip() if heading and heading.start() else text


def without_other_turns(text: str) -> str:
    """Return a text up to where it begins to speak for somebody else."""
    other = _OTHER_ROLE.search(text)
    return text[: other.start()].rstrip() if other else text


def _without_thoughts(text: str) -> str:
    channels = list(_CHANNEL.finditer(text))
    if channels:
        ends = [found.end() for found in channels if found[1] == _FOR_THE_READER]
        return text[ends[-1] :].strip() if ends else ""
    ends = [found.end() for found in _THOUGHT_ENDS.finditer(text)]
    if ends:
        return text[ends[-1] :].strip()
    begins = _THOUGHT_BEGINS.search(text)
    return text[: begins.start()].strip() if begins else text


def _first_turn(text: str) -> str:
    start = 0
    while token := SPECIAL_TOKEN.match(text, start):
        start = token.end()
    token = SPECIAL_TOKEN.search(text, start)
    return text[start : token.start() if token else len(text)].strip()
