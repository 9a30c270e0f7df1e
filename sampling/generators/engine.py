"""What every engine is: it takes conversations from many threads and writes them in common batches. No torch."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sampling.asking import Message
from sampling.generators.interface import PromptTooLong, Stopping
from sampling.recipe_document import Decoding

FEWEST_NEW_TOKENS = 128
"""A conversation that leaves less room than this (or than the recipe's limit) is refused."""

FAILURE_SECONDS = 60
"""How long a model that could not be loaded is not tried again."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One completion."""

    text: str
    stop_reason: str
    prompt_tokens: int
    new_tokens: int
    seconds: float


@dataclass(kw_only=True, eq=False)
class Writing:
    """A completion on its way."""

    prompt: list[int]
    max_new_tokens: int
    decoding: Decoding
    adapter: str = ""
    """The name under which the engine holds it; empty: the model as it is."""
    future: "Future[Written]" = field(default_factory=Future)
    decoded: int = 0
    """Tokens written so far."""
    tries: int = 0
    begun: float = field(default_factory=time.monotonic)

    def finish(self, *, text: str, ended: bool) -> None:
        """Hand the completion to whoever waits for it."""
        written = Written(
            text=text,
            stop_reason="stop" if ended else "length",
            prompt_tokens=len(self.prompt),
            new_tokens=self.decoded,
            seconds=time.monotonic() - self.begun,
        )
        if not self.future.done():
            self.future.set_result(written)

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that there will be none."""
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(kw_only=True, eq=False)
class Scoring:
    """An answer that is given, on its way to the logarithm of its probability."""

    prompt: list[int]
    option: list[int]
    adapter: str = ""
    future: "Future[float]" = field(default_factory=Future)
    decoded: int = 0
    """Nothing is written."""
    begun: float = field(default_factory=time.monotonic)

    def finish(self, score: float) -> None:
        """Hand the score to whoever waits for it."""
        if not self.future.done():
            self.future.set_result(score)

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that there will be none."""
        if not self.future.done():
            self.future.set_exception(error)


class Kept(Protocol):
    """What a process loads once and keeps: a model, or an engine that writes with it."""

    def close(self) -> None:
        """Stop within seconds; what is still being written ends with Stopping."""


class Engine(Kept, Protocol):
    """Writes many conversations at once with one model."""

    def submit(self, messages: list[Message], decoding: Decoding) -> Writing:
        """Take a conversation in and return at once.

        :raises PromptTooLong: if it does not fit: it would take the batch down with it.
        :raises Stopping: if the engine was closed.
        """


def room(*, prompt: list[int], limit: int, decoding: Decoding) -> int:
    """Return how many tokens may be written after a prompt, where both together may be `limit` long.

    :raises PromptTooLong: if too few.
    """
    left = limit - len(prompt)
    if left < min(decoding.max_new_tokens, FEWEST_NEW_TOKENS):
        raise PromptTooLong(f"the conversation has {len(prompt)} tokens, and {limit} is the most with its answer")
    return min(decoding.max_new_tokens, left)


T = TypeVar("T", bound=Kept)


class Engines:
    """The models and engines of this process: each loaded once however many ask, all closed together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: dict[str, Future[Any]] = {}
        self._failed_at: dict[str, float] = {}
        self._stopping = False

    def get(self, key: str, load: Callable[[], T]) -> T:
        """Return what has this key, loading it on first use; other models go on meanwhile.

        :raises ModelNotLoadable: also for a minute after it failed, so that a queue full of sets does not load in vain.
        :raises Stopping: once the process is ending.
        """
        with self._lock:
            if self._stopping:
                raise Stopping
            if self._failed_at.get(key, math.inf) < time.monotonic() - FAILURE_SECONDS:
                del self._engines[key], self._failed_at[key]
            engine = self._engines.get(key)
            if engine is None:
                mine = self._engines[key] = Future()
        if engine is None:
            self._load(key, load, mine)
            engine = mine
        loaded: T = engine.result()
        return loaded

    def _load(self, key: str, load: Callable[[], T], future: "Future[T]") -> None:
        try:
            engine = load()
        except Exception as error:
            with self._lock:
                self._failed_at[key] = time.monotonic()
            future.set_exception(error)
            raise
        future.set_result(engine)
        if self._stopping:
            engine.close()

    def close(self, *, for_good: bool = False) -> None:
        """Stop every engine; for good when the process is ending."""
        with self._lock:
            self._stopping = self._stopping or for_good
            engines, self._engines, self._failed_at = list(self._engines.values()), {}, {}
        for engine in engines:
            if engine.done() and not engine.exception():
                engine.result().close()


ENGINES = Engines()
