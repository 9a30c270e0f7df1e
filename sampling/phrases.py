"""The phrases by which refusals, remarks on the task and the like are known: phrases/*.json, one file a language.

A phrase is a regular expression in the spelling of sampling.spelling; <name> stands for one of the file's words of that
name. Knows no Django.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

# In its \b the marks of Indic and Arabic script belong to words; in that of re they end them.
import regex

from sampling.spelling import unified

FOLDER = Path(__file__).with_name("phrases")

_NAME = regex.compile(r"<([a-z_]+)>")


@cache
def phrases(kind: str) -> list["regex.Pattern[str]"]:
    """Return the phrases of one kind in all languages, ready to be looked for.

    :param kind: "refusals", "remarks", "turns" (but …), "agreements" (sure …) or "continuations" (secondly …).
    """
    return [_compiled(phrase, file["words"]) for file in _files() for phrase in file[kind]]


@cache
def _files() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def _compiled(phrase: str, words: dict[str, list[str]]) -> "regex.Pattern[str]":
    while name := _NAME.search(phrase):
        phrase = f"{phrase[: name.start()]}(?:{'|'.join(words[name[1]])}){phrase[name.end() :]}"
    return regex.compile(unified(phrase))
