"""Reading answers that a model wrote as JSON, as a table or between tags, also broken ones. Knows no Django."""

import json
import re
from typing import Any

from sampling.answer_labels import is_introduction

_OPENING_BRACKET = re.compile(r"^[ \t]{0,8}[\[{]", re.MULTILINE)
_JSON_FENCE = re.compile(r"```(?:json)?", re.IGNORECASE)
_BETWEEN_ELEMENTS = re.compile(r"(?:[\s,;،\[\]]|//[^\n]*|#[^\n]*)*")
_SINGLE_QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'")
_KEYS = (
    "response",
    "answer",
    "text",
    "content",
    "réponse",
    "risposta",
    "resposta",
    "उत्तर",
    "जवाब",
    "الرد",
    "الإجابة",
    "رد",
)

_TABLE_ROW = re.compile(r"^[ \t]{0,3}\|(.*)\|[ \t]*$")
_TABLE_RULE = re.compile(r"[\s|:-]+")
_CELL_END = re.compile(r"(?<!\\)\|")

_TAG = re.compile(
    r"<(/?)(responses?|answer|reply|réponse|risposta|resposta|उत्तर|رد|الرد|option|candidate|item|text|li|p)"
    r"(?:[ _-]?\d{1,2})?(?:\s[^<>]{0,80})?>",
    re.IGNORECASE,
)


def in_json(text: str, k: int) -> list[str]:
    """Return the texts of a list or object in JSON that is all of a completion, or is announced; else nothing."""
    opening = _OPENING_BRACKET.search(text)
    if not opening:
        return []
    head = _JSON_FENCE.sub("", text[: opening.start()]).strip()
    if head and not is_introduction(head):
        return []
    found = _texts(_document(text, opening.end() - 1))
    return found if len(found) > 1 or k == 1 else []


def _document(text: str, start: int) -> Any:
    decoder = json.JSONDecoder(strict=False)
    try:
        document, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        # Cut off or not quite JSON: the elements of its first list, as far as they are whole.
        return _elements(text, text.find("[", start))
    if text[start] == "{" and text[end:].lstrip(" \t\n,").startswith("{"):
        return _elements(text, start)
    return document


def _elements(text: str, start: int) -> list[Any]:
    """Return the values that follow each other from a place on, up to the first that is none."""
    decoder, elements = json.JSONDecoder(strict=False), []
    while start >= 0:
        between = _BETWEEN_ELEMENTS.match(text, start)
        start = between.end() if between else start
        if quoted := _SINGLE_QUOTED.match(text, start):
            elements.append(quoted[1].replace("\\'", "'"))
            start = quoted.end()
            continue
        try:
            element, start = decoder.raw_decode(text, start)
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
    named = next((strings[key] for key in _KEYS if key in strings), None)
    return named if named is not None else max(strings.values(), key=len, default=None)


def in_table(text: str, _k: int) -> list[str]:
    """Return the longest cell of each row of a table that is all of a completion, or is announced; else nothing."""
    head, bar, table = text.partition("|")
    if not bar or (head.strip() and not is_introduction(head)):
        return []
    lines = [line for line in (bar + table).split("\n") if line.strip()]
    rows = [_TABLE_ROW.match(line) for line in lines]
    if len(rows) < 3 or not all(rows) or not _TABLE_RULE.fullmatch(lines[1]):
        return []
    cells = [[cell.strip() for cell in _CELL_END.split(row[1])] for row in rows[2:] if row]
    return [max(row, key=len) for row in cells]


def in_tags(text: str, _k: int) -> list[str]:
    """Return what stands between tags like <response> and </response>, where these begin a completion; else nothing."""
    tags = list(_TAG.finditer(text))
    if len(tags) < 4 or not _begins(text[: tags[0].start()]):
        return []
    parts, opened = [], None
    for tag in tags:
        if not tag[1]:
            opened = tag
        elif opened and opened[2].lower() == tag[2].lower():
            parts.append(text[opened.end() : tag.start()].strip())
            opened = None
    return parts if len(parts) > 1 else []


def _begins(head: str) -> bool:
    """Return whether what stands before the first tag is nothing but other tags, or announces answers."""
    head = re.sub(r"<[^<>]{1,40}>", "", head).strip()
    return not head or is_introduction(head)
