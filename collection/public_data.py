"""Public collections, as their publishers distribute them, in our prompt format. Knows no Django."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Prompt = dict[str, Any]
"""One line of a prompt table."""


class NotThatFormat(Exception):
    """The file is not what the publisher of this format distributes; the argument says where it differs."""


def open_assistant(path: Path, *, candidates: int) -> Iterator[Prompt]:
    """Yield the opening messages of Open Assistant trees (one JSON tree a line).

    Sibling replies become a ready candidate set: the `candidates` best ranked, in the order in which the file has
    them, where there are so many; fewer replies give a prompt without a set.
    """
    for number, tree in _json_lines(path):
        try:
            opening = tree["prompt"]
            replies = [reply for reply in opening.get("replies", []) if not reply.get("deleted")]
            prompt = {
                "key": f"oasst-{tree['message_tree_id']}",
                "language": opening["lang"].split("-")[0],
                "topic": "open-assistant",
                "text": opening["text"],
            }
            if len(replies) >= candidates:
                prompt["candidates"] = [_reply(reply) for reply in _best(replies, candidates)]
        except (KeyError, TypeError, AttributeError):
            raise NotThatFormat(f"line {number} is not an Open Assistant tree") from None
        yield prompt


def _best(replies: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    unranked = len(replies)
    ranked = sorted(range(unranked), key=lambda place: _rank(replies[place], otherwise=unranked))
    return [replies[place] for place in sorted(ranked[:count])]


def _rank(reply: dict[str, Any], *, otherwise: int) -> int:
    rank = reply.get("rank")
    return otherwise if rank is None else int(rank)


def _reply(reply: dict[str, Any]) -> dict[str, str]:
    by_model = bool(reply.get("synthetic"))
    author = str(reply.get("model_name") or "") if by_model else ""
    return {"text": reply["text"], "author_kind": "model" if by_model else "person", "author": author}


def mt_bench(path: Path, *, candidates: int) -> Iterator[Prompt]:
    """Yield the first questions of MT-Bench (one JSON object a line); they come without answers."""
    for number, question in _json_lines(path):
        try:
            yield {
                "key": f"mt-bench-{question['question_id']}",
                "language": "en",
                "topic": question["category"],
                "text": question["turns"][0],
            }
        except (KeyError, IndexError, TypeError):
            raise NotThatFormat(f"line {number} is not an MT-Bench question") from None


def comparia(path: Path, *, candidates: int) -> Iterator[Prompt]:
    """Yield the suggestions of ComparIA (a JSON list of categories; the file is named for its language)."""
    try:
        categories = json.loads(path.read_text(encoding="utf-8"))
        for category in categories:
            for number, text in enumerate(category["suggestions"], start=1):
                topic = str(category["title"]).lower()
                yield {
                    "key": f"comparia-{path.stem}-{topic}-{number}",
                    "language": path.stem,
                    "topic": topic,
                    "text": text,
                }
    except (ValueError, KeyError, TypeError):
        raise NotThatFormat("it is not a list of ComparIA categories") from None


FORMATS: dict[str, Callable[..., Iterator[Prompt]]] = {
    "open-assistant": open_assistant,
    "mt-bench": mt_bench,
    "comparia": comparia,
}


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:
                    raise NotThatFormat(f"line {number} is not JSON") from None
