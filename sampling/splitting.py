"""Cutting one completion into the answers it holds, however they were set apart. Knows no Django.

Models are asked for ###, and write it at the start of a line or inside one, or write JSON, tables, tags, names,
numbers, rules, bullets or paragraphs instead. Every way is tried once, in time linear in the completion's length.
"""

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from sampling.answer_labels import (
    NAMED,
    NUMBERED,
    VIEWED,
    WORDED,
    announces,
    counts_up,
    is_end_sign,
    is_introduction,
    without_common_labels,
    without_goodbye,
    without_label,
)
from sampling.leftovers import DELIMITER
from sampling.own_words import own_words, without_other_turns
from sampling.phrases import phrases
from sampling.spelling import plain
from sampling.structured_answers import in_json, in_table, in_tags
from sampling.tidying import tidied

Spans = list[tuple[int, int]]
"""Where the signs between answers begin and end."""

_DELIMITER_LINE = re.compile(
    r"^[ \t*_>`\\\u200e\u200f-]{0,6}[#＃]{3}(?![#＃])`?(?:[*_]{1,3}(?=\s|\Z))?(?:[ \t]{0,4}[#＃]{3}(?![#＃]))?"
    r"(?:[ \t]?[:：.।](?=\s)|[ \t]-(?=[ \t]))?[ \t\u00a0]{0,4}",
    re.MULTILINE,
)
_OTHER_LEVEL = re.compile(r"^(#{1,2}|#{4,6})[ \t]{1,4}(?=\S)", re.MULTILINE)
_RULE = re.compile(
    r"^[ \t]{0,3}(?:-{3,80}|\*{3,80}|_{3,80}|={3,80}|[—–]{2,40}|⸻|•{3,20}|\* \* \*|- - -)[ \t]{0,3}$", re.MULTILINE
)
_WAVES = re.compile(r"^~{3,20}$", re.MULTILINE)
_WAVY_FENCE = re.compile(r"^~{3,20}\w", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]{0,3}[-*•–·▪●‣][ \t]{1,4}(?=\S)", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]{0,3}(?:```[^\n`]{0,40}|~~~[^\n~]{0,40})$", re.MULTILINE)
_HEADING = 80
"""Characters within which the line of a heading ends."""
_QUOTES = [('"', '"'), ("“", "”"), ("«", "»")]
_EMPHASIS = ["***", "**", "*"]


def split(completion: str, *, k: int) -> list[str]:
    """Return the answers in a completion of which k were asked for, in order: as many as are there."""
    text = _unfenced(own_words(tidied(completion)))
    parts = next((parts for way in _WAYS if (parts := way(text, k))), [text])
    # After the last one there may be a farewell under a rule, and a note after that.
    last = without_goodbye(without_goodbye(parts[-1]))
    finished = [_finished(part) for part in [*parts[:-1], last]]
    answers = without_common_labels([part for part in finished if _says_something(part)])
    return [answer for answer in answers if _says_something(answer)]


def only_answer(completion: str) -> str:
    """Return the answer in a completion of which one was asked for: without thoughts, and without what is not its own.

    Headings, lists and code stay: nobody asked for signs between answers.
    """
    text = without_other_turns(own_words(tidied(completion)))
    signs = _spans(_DELIMITER_LINE, text)
    # A heading comes with others, or with a line of its own; the sign alone was learned from sets.
    if len(signs) == 1 and signs[0][0] == 0 and "\n" not in text[:_HEADING]:
        text = text[signs[0][1] :]
    return text


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _unfenced(text: str) -> str:
    """Return the inside of a code block that encloses everything."""
    fences = list(_FENCE.finditer(text))
    if len(fences) == 2 and fences[0].start() == 0 and fences[1].end() == len(text):
        return text[fences[0].end() : fences[1].start()].strip()
    return text


# ---- signs between answers ------------------------------------------------------------------------------------------
def _at_delimiters(text: str, k: int) -> list[str]:
    outside = _code_blanked(text)
    spans = _spans(_DELIMITER_LINE, outside) or _spans(_DELIMITER_LINE, text)
    inline = _spans(DELIMITER, outside)
    if len(spans) < k - 1 and len(inline) >= max(k - 1, 1):
        spans = inline
    if spans and is_end_sign(text[spans[-1][1] :]):
        text, spans = text[: spans[-1][0]], spans[:-1]
    if len(spans) > k:
        spans = _without_headings(text, spans, k)
    return _between(text, spans, k) if spans else []


def _without_headings(text: str, spans: Spans, k: int) -> Spans:
    """Return those k signs before which answers begin, where the others are known as headings inside answers."""
    lines = [_line(text, end) for _, end in spans]
    often = Counter(lines)
    kinds = [
        # Every answer has its name.
        [bool(NAMED.match(text, start)) for start, _ in spans],
        # A heading is a line without an end; an answer begins with a sentence.
        [not _is_heading(line) for line in lines],
        # The same heading in every answer.
        [often[line] == 1 for line in lines],
    ]
    chosen = ([span for span, begins in zip(spans, kind, strict=True) if begins] for kind in kinds)
    return next((some for some in chosen if len(some) == k), spans)


def _line(text: str, start: int) -> str:
    """Return the rest of a line, or as much of it as shows that it is no heading."""
    return text[start : start + _HEADING + 1].split("\n", 1)[0]


def _is_heading(line: str) -> bool:
    line = line.strip("*_ ")
    return 0 < len(line) <= _HEADING and not line.endswith((".", "!", "?", "।", "؟", "…", ":", '"', "”", "»", ")"))


def _at_delimiters_of_several(text: str, k: int) -> list[str]:
    """Cut at ###; where one answer alone has it, other signs may say more."""
    parts = _at_delimiters(text, k)
    return parts if len(parts) > 1 or k == 1 else []


def _at_names(text: str, k: int) -> list[str]:
    return _counted(text, list(NAMED.finditer(_code_blanked(text))), k)


def _at_views(text: str, k: int) -> list[str]:
    found = list(VIEWED.finditer(_code_blanked(text)))
    return _counted(text, found, k) if len(found) == k else []


def _at_numbers(text: str, k: int) -> list[str]:
    return _listed(text, list(NUMBERED.finditer(_code_blanked(text))), k)


def _at_number_words(text: str, k: int) -> list[str]:
    return _listed(text, list(WORDED.finditer(_code_blanked(text))), k)


def _at_bullets(text: str, k: int) -> list[str]:
    found = list(_BULLET.finditer(_code_blanked(text)))
    return _listed(text, found, k) if len(found) == k else []


def _listed(text: str, found: list[re.Match[str]], k: int) -> list[str]:
    head = text[: found[0].start()].strip() if found else ""
    # A list in the middle of one answer is not a list of answers.
    return _counted(text, found, k) if not head or announces(head) else []


def _counted(text: str, found: list[re.Match[str]], k: int) -> list[str]:
    """Cut at signs that count 1, 2, 3 … from the first to the last."""
    if len(found) < 2 or not counts_up(found):
        return []
    return _between(text, [one.span() for one in found], k)


def _at_other_levels(text: str, k: int) -> list[str]:
    """Cut at two signs or four instead of three, where sentences stand behind them and not titles."""
    found = list(_OTHER_LEVEL.finditer(_code_blanked(text)))
    lines = [_line(text, one.end()) for one in found]
    if len(found) != k or len({one[1] for one in found}) != 1 or any(map(_is_heading, lines)):
        return []
    return _between(text, [one.span() for one in found], k)


def _at_rules(text: str, k: int) -> list[str]:
    spans = _spans(_RULE, _code_blanked(text))
    if not spans and not _WAVY_FENCE.search(text):
        spans = _spans(_WAVES, text)
    return _between(text, spans, k) if len(spans) >= max(1, k - 2) and k > 1 else []


def _at_paragraphs(text: str, k: int) -> list[str]:
    parts = [part.strip() for part in text.split("\n\n")]
    parts = [part for part in parts if part]
    if len(parts) == k + 1 and is_introduction(parts[0]):
        del parts[0]
    return parts if len(parts) == k and not any(map(_goes_on, parts[1:])) else []


def _goes_on(paragraph: str) -> bool:
    """Return whether a paragraph goes on where the one before ended: both are of one answer."""
    return any(phrase.match(plain(paragraph[:_HEADING])) for phrase in phrases("continuations"))


_WAYS: tuple[Callable[[str, int], list[str]], ...] = (
    in_json,
    in_table,
    in_tags,
    _at_delimiters_of_several,
    _at_names,
    _at_views,
    _at_numbers,
    _at_number_words,
    _at_other_levels,
    _at_rules,
    _at_bullets,
    _at_delimiters,
    _at_paragraphs,
)


def _between(text: str, spans: Spans, k: int) -> list[str]:
    """Cut a text at these places. What stands before the first is an answer, unless it announces them."""
    head = text[: spans[0][0]].strip()
    edges = [*spans, (len(text), len(text))]
    parts = [text[end:start].strip() for (_, end), (start, _) in pairwise(edges)]
    parts = [part for part in parts if part.strip("*_#-= \n")]
    if head.strip("*_#-= \n") and len(parts) < k and not is_introduction(head):
        parts.insert(0, head)
    if len(parts) == k + 1 and is_introduction(parts[0]):
        del parts[0]
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
    part = without_other_turns(tidied(part))
    part = _unfenced(_RULE.sub("", part) if _RULE.match(part) else part.strip())
    sign = _DELIMITER_LINE.match(part)
    # An element of a list may carry the sign too: asked for both, models write both.
    part = (part[sign.end() :] if sign else part).removesuffix("###").rstrip()
    lines = part.rsplit("\n", 1)
    if len(lines) == 2 and _RULE.match(lines[1]):
        part = lines[0].rstrip()
    return _unwrapped(without_label(without_goodbye(part).strip("\u200e\u200f \n"))).strip()


def _unwrapped(part: str) -> str:
    """Return an answer without one pair of marks around all of it, and without the second half of a pair."""
    for opening, closing in [*_QUOTES, *zip(_EMPHASIS, _EMPHASIS, strict=True)]:
        inside = part[len(opening) : -len(closing)]
        if part.startswith(opening) and part.endswith(closing) and not {opening, closing} & set(_marks(inside)):
            return inside
    for mark in _EMPHASIS[:2]:
        if part.endswith(mark) and part.count(mark) % 2:
            return part.removesuffix(mark)
    return part


def _marks(inside: str) -> list[str]:
    return [mark for pair in _QUOTES for mark in pair if mark in inside] + [
        mark for mark in _EMPHASIS if mark in inside
    ]
