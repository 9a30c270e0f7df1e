"""Chat models of the transformers library, run in this process: each loaded once, shared by all threads.

Imported only where text is written: it brings torch with it.
"""

import atexit
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings

from sampling.asking import Reply, Request
from sampling.generators.chat_model import ChatModel, load
from sampling.generators.continuous_batching import ContinuousBatching, NotSupported
from sampling.generators.engine import ENGINES, Engine, Scoring, Writing
from sampling.generators.interface import Progress, TooSlow
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding, Generator

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 15 * 60
"""Worker threads cannot be interrupted from outside, so a request gives up by itself."""

# The engines' threads must not compute any more when the interpreter takes itself apart.
atexit.register(ENGINES.close, for_good=True)


class HuggingFace:
    """Writes and scores with the model, and the adapter, that a recipe names."""

    name = "huggingface"
    endpoint = ""

    def __init__(self, spec: Generator, decoding: Decoding) -> None:
        chat = _chat(spec)
        self.model = spec.model
        self.revision = chat.revision
        self.decoding: dict[str, Any] = decoding.model_dump()
        self._spec = spec
        self._decoding = decoding
        self._worn = _adapter(spec) if spec.adapter else None
        self.adapter = f"{spec.adapter}@{self._worn.revision}" if self._worn else ""

    def complete(self, requests: list[Request], *, progress: Progress) -> list[Reply]:
        """Answer every request, in order; see sampling.generators.interface.Generator."""
        asked = [self._ask(request) for request in requests]
        for work in chain(*asked):
            progress.watch(work)
        futures: list[Future[Any]] = [work.future for work in chain(*asked)]
        done = wait(futures, timeout=DEADLINE_SECONDS)
        if done.not_done:
            raise TooSlow(f"not written within {DEADLINE_SECONDS} seconds")
        return [_reply(request, work) for request, work in zip(requests, asked, strict=True)]

    def _ask(self, request: Request) -> Sequence[Writing | Scoring]:
        here = self._worn.here if self._worn else ""
        if request.options:
            return _padded(self._spec).score(request.messages, request.options, adapter=here)
        if here:
            return [_padded(self._spec).submit(request.messages, self._decoding, adapter=here)]
        return [_engine(self._spec).submit(request.messages, self._decoding)]


def generator_of(spec: Generator, decoding: Decoding) -> HuggingFace:
    """Return the generator that a recipe describes; the first call of a process loads the model and the adapter.

    :raises ModelNotLoadable: saying why.
    """
    return HuggingFace(spec, decoding)


def _reply(request: Request, work: Sequence[Writing | Scoring]) -> Reply:
    """Return what became of a request: a text written, or the options with their scores, the likeliest as text."""
    seconds = time.monotonic() - work[0].begun
    scores = tuple(one.future.result() for one in work if isinstance(one, Scoring))
    if scores:
        return Reply(
            request=request,
            text=request.options[scores.index(max(scores))],
            stop_reason="scored",
            scores=scores,
            prompt_tokens=len(work[0].prompt),
            new_tokens=0,
            seconds=seconds,
        )
    [writing] = [one for one in work if isinstance(one, Writing)]
    written = writing.future.result()
    return Reply(
        request=request,
        text=written.text,
        stop_reason=written.stop_reason,
        prompt_tokens=written.prompt_tokens,
        new_tokens=written.new_tokens,
        seconds=written.seconds,
    )


# ---- what is loaded, each once for all threads ----------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class _Worn:
    """An adapter on the model: the name it has there, and its revision."""

    here: str
    revision: str

    def close(self) -> None:
        """Do nothing: it goes with its model."""


def _key(spec: Generator, what: str) -> str:
    return f"{what} {spec.model}@{spec.revision or ''}"


def _chat(spec: Generator) -> ChatModel:
    return ENGINES.get(_key(spec, "model"), partial(_load, spec))


def _engine(spec: Generator) -> Engine:
    """Return the engine that writes with the model as it is."""
    return ENGINES.get(_key(spec, "engine"), lambda: _start(_chat(spec), spec.model))


def _padded(spec: Generator) -> MicroBatches:
    """Return the engine for adapters and scores, on modules of its own: continuous batching knows neither."""
    return ENGINES.get(_key(spec, "padded"), lambda: MicroBatches(_chat(spec).twin()))


def _adapter(spec: Generator) -> _Worn:
    key = f"{_key(spec, 'adapter')} {spec.adapter}@{spec.adapter_revision or ''}"
    return ENGINES.get(key, partial(_put_on, spec))


def _load(spec: Generator) -> ChatModel:
    begun = time.monotonic()
    chat = load(
        name=spec.model,
        revision=spec.revision,
        folder=settings.BASE_DIR,
        device=settings.GENERATOR_DEVICE,
        threads=settings.GENERATOR_THREADS,
    )
    logger.info("Loaded %s (%s) in %.1f s.", spec.model, chat.revision, time.monotonic() - begun)
    return chat


def _start(chat: ChatModel, model: str) -> Engine:
    try:
        return ContinuousBatching(chat)
    except NotSupported as error:
        logger.warning("%s is run in padded batches, because continuous batching says: %s", model, error)
    # Not above: while the error is at hand, it holds the memory of what did not start.
    return MicroBatches(chat)


def _put_on(spec: Generator) -> _Worn:
    assert spec.adapter is not None, "asked for only where the recipe names one"
    here, revision = _padded(spec).adapters.add(
        name=spec.adapter, revision=spec.adapter_revision, folder=settings.BASE_DIR, base=_chat(spec).revision
    )
    return _Worn(here=here, revision=revision)
