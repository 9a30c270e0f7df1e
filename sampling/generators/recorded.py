"""Replays completions by the hash of the messages they answer.

For unit tests alone: only they say where recordings lie.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings

from sampling.asking import Message, Reply, Request
from sampling.generators.interface import CannotScore, GeneratorFailed, ModelNotLoadable, Progress
from sampling.recipe_document import Decoding, Generator


def messages_sha256(messages: list[Message]) -> str:
    """Return the name under which the completions for these messages are recorded."""
    return hashlib.sha256(json.dumps(messages, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Recorded:
    """Gives the recorded completions of each conversation, one after the other."""

    name = "recorded"
    revision = adapter = endpoint = ""
    decoding: dict[str, Any] = {}

    def __init__(self, *, model: str, recordings: dict[str, list[dict[str, str]]]) -> None:
        self.model = model
        self._recordings = {name: iter(replies) for name, replies in recordings.items()}

    def complete(self, requests: list[Request], *, progress: Progress) -> list[Reply]:
        """Answer every request, in order; see sampling.generators.interface.Generator."""
        return [self._reply(request) for request in requests]

    def _reply(self, request: Request) -> Reply:
        if request.options:
            raise CannotScore("recordings hold no scores")
        recorded = next(self._recordings.get(messages_sha256(request.messages), iter(())), None)
        if recorded is None:
            raise GeneratorFailed("no completion is recorded for these messages")
        return Reply(request=request, text=recorded["text"], stop_reason=recorded.get("stop_reason", "stop"))


def generator_of(spec: Generator, decoding: Decoding) -> Recorded:
    """Return the generator whose model is a file of recordings.

    :raises ModelNotLoadable: outside of tests, and where there is no such file.
    """
    folder: Path | None = getattr(settings, "RECORDED_COMPLETIONS", None)
    if folder is None:
        raise ModelNotLoadable("recorded completions are for tests")
    path = folder / Path(spec.model).name
    if not path.is_file():
        raise ModelNotLoadable(f"there are no recordings {path.name}")
    return Recorded(model=spec.model, recordings=json.loads(path.read_text()))
