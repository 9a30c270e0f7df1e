"""Cutting one completion into the answers it holds, however they were set apart. Knows no Django.

Models are asked for ###, and write it at the start of a line or inside one, or write JSON, names, numbers, rules or
paragraphs instead. Every way is tried once, in time linear in the length of the completion.
"""

import json
import re
from itertools import pairwise
from typing import Any

from sampling.answer_labels import NAMED, NUMBERED, announces, is_introduction, place_of, without_goodbye, without_label
from sampling.leftovers import DELIMITER, SPECIAL_TOKEN
from sampling.tidying import tidied

Spans = list[tuple[int, int]]
"""Where the signs between answers begin and end."""

_THOUGHT_BEGINS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_DELIMITER_LINE = re.compile(r"^[ \t*_>-]{0,4}###(?!#)(?:[*_]{1,3}(?=\s|\Z))?[ \t]{0,4}", re.MULTILINE)
_RULE = re.compile(r"^[ \t]{0,3}(?:-{3,80}|\*{3,80}|_{3,80}|={3,80}|\* \* \*)[ \t]{0,3}$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]{0,3}```[^\n`]{0,40}$", re.MULTILINE)
_OPENING_BRACKET = re.compile(r"^[ \t]{0,8}[\[{]", re.MULTILINE)
_OTHER_SPEAKER = re.compile(
    r"\n\n[*_]{0,2}(?:user|human|utilisateur|utente|usuário|उपयोगकर्ता|المستخدم)[*_]{0,2} ?:", re.IGNORECASE
)
_ANSWER_KEYS = ("response", "answer", "text", "content", "réponse", "risposta", "resposta", "उत्तर", "जवाब", "الرد")
_HEADING = 80
"""Characters within which the line of a heading ends."""
_QUOTES = [('"', '"'), ("“", "”"), ("«", "»")]


def split(completion: str, *, k: int) -> list[str]:
    """Return the answers in a completion of which k were asked for, in order: as many as are there."""
    text = _unfenced(_said_once(_without_thoughts(tidied(completion))))
    ways = (_as_json, _at_delimiters, _at_names, _at_numbers, _at_rules, _at_paragraphs)
    parts = next((parts for way in ways if (parts := way(text, k))), [text])
    finished = [_finished(part) for part in [*parts[:-1], without_goodbye(parts[-1])]]
    return [part for part in finished if any(character.isalnum() for character in part)]


def only_answer(completion: str) -> str:
    """Return the answer in a completion of which one was asked for: without thoughts, and without what is not its own.

    Headings, lists and code stay: nobody asked for signs between answers.
    """
    text = _said_once(_without_thoughts(tidied(completion)))
    if other := _OTHER_SPEAKER.search(text):
        text = text[: other.start()].rstrip()
    signs = _spans(_DELIMITER_LINE, text)
    # A heading comes with others, or with a line of its own; the sign alone was learned from sets.
    if len(signs) == 1 and signs[0][0] == 0 and "\n" not in text[:_HEADING]:
        text = text[signs[0][1] :]
    return text


def _without_thoughts(text: str) -> str:
    """Return what comes after the model's thinking aloud; nothing where that never ended."""
    ends = [found.end() for found in _THOUGHT_ENDS.finditer(text)]
    if ends:
        return text[ends[-1] :].strip()
    begins = _THOUGHT_BEGINS.search(text)
    return text[: begins.start()].strip() if begins else text


def _said_once(text: str) -> str:
    """Return the model's own words: up to where it begins to play the other side."""
    start = 0
    while token := SPECIAL_TOKEN.match(text, start):
        start = token.end()
    token = SPECIAL_TOKEN.search(text, start)
    return text[start : token.start() if token else len(text)].strip()


def _unfenced(text: str) -> str:
    """Return the inside of a code block that encloses everything."""
    fences = list(_FENCE.finditer(text))
    if len(fences) == 2 and fences[0].start() == 0 and fences[1].end() == len(text):
        return text[fences[0].end() : fences[1].start()].strip()
    return text


# ---- JSON -----------------------------------------------------------------------------------------------------------
def _as_json(text: str, k: int) -> list[str]:
    opening = _OPENING_BRACKET.search(text)
    if not opening or (opening.start() and not is_introduction(text[: opening.start()].replace("```json", ""))):
        return []
    start = opening.end() - 1
    try:
        found = _texts(json.JSONDecoder(strict=False).raw_decode(text, start)[0])
    except (ValueError, RecursionError):
        found = _texts(_whole_elements(text, text.find("[", start)))
    return [_without_sign(answer) for answer in found] if len(found) > 1 or k == 1 else []


def _without_sign(answer: str) -> str:
    """Return an element of a list without the ### before it: asked for both, models write both."""
    sign = _DELIMITER_LINE.match(answer)
    return answer[sign.end() :] if sign else answer


def _whole_elements(text: str, bracket: int) -> list[Any]:
    """Return the elements of a JSON list that was cut off, as far as they are whole."""
    decoder, elements, place = json.JSONDecoder(strict=False), [], bracket + 1
    while bracket >= 0:
        while place < len(text) and text[place] in " \t\n,":
            place += 1
        try:
            element, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        elements.append(element)
    return elements


def _texts(document: Any) -> list[str]:
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        return _texts(lists[0] if len(lists) == 1 else list(document.values()))
    if not isinstance(document, list):
        return []
    texts = [_text(element) for element in document]
    return [text for text in texts if text is not None]


def _text(element: Any) -> str | None:
    if isinstance(element, str):
        return element
    if not isinstance(element, dict):
        return None
    strings = {key.lower(): value for key, value in element.items() if isinstance(value, str)}
    named = next((strings[key] for key in _ANSWER_KEYS if key in strings), None)
    return named if named is not None else max(strings.values(), key=len, default=None)


# ---- signs between answers ------------------------------------------------------------------------------------------
def _at_delimiters(text: str, k: int) -> list[str]:
    outside = _code_blanked(text)
    spans = _spans(_DELIMITER_LINE, outside) or _spans(_DELIMITER_LINE, text)
    inline = _spans(DELIMITER, outside)
    if len(spans) < k - 1 and len(inline) >= max(k - 1, 1):
        spans = inline
    # Where every answer has its name, the other ### are headings inside answers.
    named = [(start, end) for start, end in spans if NAMED.match(text, start)]
    if len(named) == k:
        spans = named
    return _between(text, spans, k) if spans else []


def _at_names(text: str, k: int) -> list[str]:
    return _counted(text, list(NAMED.finditer(_code_blanked(text))), k)


def _at_numbers(text: str, k: int) -> list[str]:
    found = list(NUMBERED.finditer(_code_blanked(text)))
    head = text[: found[0].start()].strip() if found else ""
    # A list in the middle of one answer is not a list of answers.
    return _counted(text, found, k) if not head or announces(head) else []


def _counted(text: str, found: list[re.Match[str]], k: int) -> list[str]:
    """Cut at signs that count 1, 2, 3 … from the first to the last."""
    places = [place_of(one["place"]) for one in found]
    if len(found) < 2 or (any(places) and places != list(range(1, len(places) + 1))):
        return []
    return _between(text, [one.span() for one in found], k)


def _at_rules(text: str, k: int) -> list[str]:
    spans = _spans(_RULE, _code_blanked(text))
    return _between(text, spans, k) if len(spans) >= max(1, k - 2) and k > 1 else []


def _at_paragraphs(text: str, k: int) -> list[str]:
    parts = [part.strip() for part in text.split("\n\n")]
    parts = [part for part in parts if part]
    if len(parts) == k + 1 and is_introduction(parts[0]):
        del parts[0]
    return parts if len(parts) == k else []


def _between(text: str, spans: Spans, k: int) -> list[str]:
    """Cut a text at these places. What stands before the first is an answer, unless it announces them."""
    head = text[: spans[0][0]].strip()
    edges = [*spans, (len(text), len(text))]
    parts = [text[end:start].strip() for (_, end), (start, _) in pairwise(edges)]
    parts = [part for part in parts if part.strip("*_#-= \n")]
    if head.strip("*_#-= \n") and len(parts) < k and not is_introduction(head):
        parts.insert(0, head)
    return parts


def _spans(pattern: re.Pattern[str], text: str) -> Spans:
    return [found.span() for found in pattern.finditer(text)]


def _code_blanked(text: str) -> str:
    """Return a text of the same length in which code blocks hold nothing but blanks."""
    fences = _spans(_FENCE, text)
    pieces, done = [], 0
    for (_, begin), (end, _) in zip(fences[::2], fences[1::2], strict=False):
        pieces += [text[done:begin], " " * (end - begin)]
        done = end
    return "".join([*pieces, text[done:]])


# ---- one answer -----------------------------------------------------------------------------------------------------
def _finished(part: str) -> str:
    """Return one answer without its label, wrapping and what followed it."""
    part = tidied(part)
    if other := _OTHER_SPEAKER.search(part):
        part = part[: other.start()]
    part = _unfenced(_RULE.sub("", part) if _RULE.match(part) else part.strip())
    part = part.removesuffix("###").rstrip()
    lines = part.rsplit("\n", 1)
    if len(lines) == 2 and _RULE.match(lines[1]):
        part = lines[0].rstrip()
    return _unwrapped(without_label(part)).strip()


def _unwrapped(part: str) -> str:
    """Return an answer without one pair of marks around all of it."""
    for opening, closing in [*_QUOTES, ("**", "**")]:
        inside = part[len(opening) : -len(closing)]
        if part.startswith(opening) and part.endswith(closing) and not {opening, closing} & set(_marks(inside)):
            return inside
    return part


def _marks(inside: str) -> list[str]:
    return [mark for pair in [*_QUOTES, ("**", "**")] for mark in pair if mark in inside]
