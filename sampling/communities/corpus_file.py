"""What a community's model learns from: one JSON object per line, {"text": …} or {"messages": […]}. Knows no Django."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sampling.asking import Message

REASONS = {
    "not-json": "is no JSON object",
    "neither": "has neither text nor messages",
    "empty": "holds no words",
    "no-answer": "is a conversation that does not end with an assistant's message",
    "duplicate": "stands in an earlier line already",
    "too-long": "is a conversation longer than --longest",
}
"""Why a line is not learned from."""


@dataclass(frozen=True)
class Row:
    """One line: a text to learn whole, or a conversation whose last message is to be learned."""

    text: str = ""
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A file that was read."""

    name: str
    sha256: str
    rows: list[Row]
    dropped: Counter[str]
    """How many lines are not learned from, by reason."""


class CorpusUnreadable(Exception):
    """The file is not there, is not UTF-8, or holds nothing to learn."""


def read(path: Path) -> Corpus:
    """Read a corpus, line by line; lines that cannot be used are counted.

    :raises CorpusUnreadable: saying why, if there is nothing to learn.
    """
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusUnreadable(f"{path} cannot be read: {error}") from error
    rows: dict[str, Row] = {}
    dropped: Counter[str] = Counter()
    for line in filter(str.strip, lines):
        row = _row(line)
        if isinstance(row, str):
            dropped[row] += 1
        elif rows.setdefault(repr(row), row) is not row:
            dropped["duplicate"] += 1
    if not rows:
        said = "; ".join(f"{number} × {REASONS[reason]}" for reason, number in dropped.items())
        raise CorpusUnreadable(f"{path} holds nothing to learn from" + (f": {said}" if said else ""))
    digest = hashlib.sha256(content).hexdigest()
    return Corpus(name=path.name, sha256=digest, rows=list(rows.values()), dropped=dropped)


def _row(line: str) -> Row | str:
    """Return what a line says, or the reason why it cannot be used."""
    try:
        said = json.loads(line)
    except ValueError:
        return "not-json"
    if not isinstance(said, dict):
        return "not-json"
    if isinstance(said.get("messages"), list):
        return _conversation(said["messages"])
    if isinstance(said.get("text"), str):
        return Row(text=said["text"].strip()) if said["text"].strip() else "empty"
    return "neither"


def _conversation(messages: list[Any]) -> Row | str:
    known = [
        {"role": message["role"], "content": message["content"]}
        for message in messages
        if isinstance(message, dict)
        and message.get("role") in {"system", "user", "assistant"}
        and isinstance(message.get("content"), str)
    ]
    if len(known) < len(messages):
        return "neither"
    if len(known) < 2 or known[-1]["role"] != "assistant":
        return "no-answer"
    return Row(messages=tuple(known)) if known[-1]["content"].strip() else "empty"
