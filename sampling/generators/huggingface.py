"""Chat models of the transformers library, run in this process: one engine per model, shared by all threads.

Imported only where text is written: it brings torch with it.
"""

import atexit
import logging
import time
from concurrent.futures import wait
from functools import partial
from typing import Any

from django.conf import settings

from sampling.asking import Reply, Request
from sampling.generators.chat_model import load
from sampling.generators.continuous_batching import ContinuousBatching, NotSupported
from sampling.generators.engine import ENGINES, Engine, Writing
from sampling.generators.interface import CannotScore, Progress, TooSlow
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding, Generator

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 15 * 60
"""Worker threads cannot be interrupted from outside, so a request gives up by itself."""

# The engines' threads must not compute any more when the interpreter takes itself apart.
atexit.register(ENGINES.close, for_good=True)


class HuggingFace:
    """Writes with the model that a recipe names."""

    name = "huggingface"
    adapter = endpoint = ""

    def __init__(self, *, engine: Engine, model: str, decoding: Decoding) -> None:
        self.model = model
        self.revision = engine.revision
        self.decoding: dict[str, Any] = decoding.model_dump()
        self._engine = engine
        self._decoding = decoding

    def complete(self, requests: list[Request], *, progress: Progress) -> list[Reply]:
        """Answer every request, in order; see sampling.generators.interface.Generator."""
        if any(request.options for request in requests):
            raise CannotScore("not yet")
        writings = [self._engine.submit(request.messages, self._decoding) for request in requests]
        for writing in writings:
            progress.watch(writing)
        done = wait([writing.future for writing in writings], timeout=DEADLINE_SECONDS)
        if done.not_done:
            raise TooSlow(f"not written within {DEADLINE_SECONDS} seconds")
        return [_reply(request, writing) for request, writing in zip(requests, writings, strict=True)]


def _reply(request: Request, writing: Writing) -> Reply:
    written = writing.future.result()
    return Reply(
        request=request,
        text=written.text,
        stop_reason=written.stop_reason,
        prompt_tokens=written.prompt_tokens,
        new_tokens=written.new_tokens,
        seconds=written.seconds,
    )


def generator_of(spec: Generator, decoding: Decoding) -> HuggingFace:
    """Return the generator that a recipe describes; the first call of a process loads the model.

    :raises ModelNotLoadable: saying why.
    """
    engine = ENGINES.get(f"{spec.model}@{spec.revision or ''}", partial(_engine, spec.model, spec.revision))
    return HuggingFace(engine=engine, model=spec.model, decoding=decoding)


def _engine(model: str, revision: str | None) -> Engine:
    begun = time.monotonic()
    chat = load(
        name=model,
        revision=revision,
        folder=settings.BASE_DIR,
        device=settings.GENERATOR_DEVICE,
        threads=settings.GENERATOR_THREADS,
    )
    engine: Engine
    try:
        engine = ContinuousBatching(chat)
    except NotSupported as error:
        logger.warning("%s is run in padded batches, because continuous batching says: %s", model, error)
        engine = MicroBatches(chat)
    logger.info("Loaded %s (%s) in %.1f s.", model, engine.revision, time.monotonic() - begun)
    return engine
