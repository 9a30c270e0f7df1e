"""The engine for most models: a new request joins the running batch at its next token.

One dispatcher thread owns transformers' batching manager: it builds it, reads every result, and builds a new one when
its loop died. Any error in that loop is the end of it for everybody, so what it left is run again.
"""

import itertools
import logging
import threading
import time
import traceback
from typing import Any

import torch

from sampling.asking import Message
from sampling.generators.batching_config import batching_config, generation_config, longest
from sampling.generators.chat_model import ChatModel, end_process_if_device_is_lost
from sampling.generators.engine import Writing, room
from sampling.generators.interface import GeneratorFailed, Stopping
from sampling.recipe_document import Decoding

logger = logging.getLogger(__name__)
# The library tells of every step of every batch.
logging.getLogger("ContinuousBatchingLogger").setLevel(logging.ERROR)

MAX_REQUESTS = 64
MOST_TRIES = 3
"""How often a request is run before its failing is taken for its own fault."""


class NotSupported(Exception):
    """Continuous batching cannot run this model on this device."""


class ContinuousBatching:
    """Writes conversations with one model, all of them in one batch that never ends."""

    def __init__(self, chat: ChatModel) -> None:
        """Start the engine.

        :raises NotSupported: if it does not start.
        """
        self.chat = chat
        self._max_requests = MAX_REQUESTS
        self._writing: dict[str, Writing] = {}
        self._failed: set[str] = set()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._manager: Any = None
        self._started = threading.Event()
        self._why_not: Exception | None = None
        # The library's own thread is no daemon and would outlive a process that forgot to close it; threads inherit
        # that from the one that starts them.
        self._dispatcher = threading.Thread(target=self._run, name="engine", daemon=True)
        self._dispatcher.start()
        self._started.wait()
        if self._why_not:
            raise NotSupported(str(self._why_not)) from self._why_not

    @property
    def limit(self) -> int:
        """The longest that a prompt with its answer may be."""
        return longest(self.chat, blocks=self._manager.continuous_batching_config.num_blocks)

    def submit(self, messages: list[Message], decoding: Decoding) -> Writing:
        """Take a conversation in and return at once; see sampling.generators.engine.Engine."""
        prompt = self.chat.prompt(messages)
        allowed = room(prompt=prompt, limit=self.limit, decoding=decoding)
        writing = Writing(prompt=prompt, max_new_tokens=allowed, decoding=decoding)
        with self._lock:
            if self._closed.is_set():
                raise Stopping
            name = str(next(self._numbers))
            self._writing[name] = writing
            # If the loop dies meanwhile it drops this; whatever is in `_writing` is handed to the next one.
            self._add(name, writing)
        return writing

    def close(self) -> None:
        """Stop within seconds; what is still being written ends with Stopping."""
        with self._lock:
            self._closed.set()
        self._dispatcher.join(timeout=10)

    def _add(self, name: str, writing: Writing) -> None:
        decoding = writing.decoding
        self._manager.add_request(
            writing.prompt,
            request_id=name,
            max_new_tokens=writing.max_new_tokens,
            streaming=True,
            temperature=float(decoding.temperature),
            top_p=float(decoding.top_p),
            top_k=decoding.top_k or len(self.chat.tokenizer),
        )

    # ---- in the dispatcher's thread ---------------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._closed.is_set():
            manager = None
            try:
                manager = self._new_manager()
                self._serve(manager)
            except Exception as error:
                if not self._started.is_set():
                    self._why_not = error
                    self._started.set()
                    return
                logger.exception("The engine stumbled and starts anew.")
                self._count_a_try(set(self._writing))
                time.sleep(0.2)
            finally:
                if manager is not None:
                    manager.stop(hard_stop=True, timeout=5)
        with self._lock:
            left, self._writing = list(self._writing.values()), {}
        for writing in left:
            writing.fail(Stopping())

    def _new_manager(self) -> Any:
        manager = self.chat.model.init_continuous_batching(
            generation_config=generation_config(self.chat),
            continuous_batching_config=batching_config(self.chat, max_requests=self._max_requests),
        )
        manager.start()
        while manager.batch_processor is None:
            if not manager.is_running():
                error = manager.background_thread_status.fatal_error
                # Gives back the memory that it took and the attention that it switched, before another engine begins.
                manager.stop()
                raise NotSupported(str(error))
            time.sleep(0.005)
        with self._lock:
            self._manager = manager
            self._failed.clear()
            for name, writing in self._writing.items():
                self._add(name, writing)
        self._started.set()
        return manager

    def _serve(self, manager: Any) -> None:
        """Hand out results until the engine is closed or the loop has died."""
        while not self._closed.is_set():
            output = manager.get_result(timeout=0.1)
            if output is not None:
                self._take(output)
            elif not manager.is_running():
                self._mourn(manager.background_thread_status.fatal_error)
                return
            elif self._failed:
                self._run_failed_again()

    def _take(self, output: Any) -> None:
        name = output.request_id
        writing = self._writing.get(name)
        if writing is None:
            return
        if output.error:
            # Alone, or with the whole loop: which of them shows a moment later.
            self._failed.add(name)
            return
        writing.decoded = len(output.generated_tokens)
        if output.is_finished():
            with self._lock:
                del self._writing[name]
            tokens = list(output.generated_tokens)
            ended = bool(tokens) and tokens[-1] in self.chat.end_tokens
            writing.finish(text=self.chat.text(tokens), ended=ended)

    def _mourn(self, error: BaseException | None) -> None:
        """Make ready for another loop after one has died."""
        logger.error("The generation loop died (%s); its requests are run again.", error)
        end_process_if_device_is_lost(error)
        if isinstance(error, torch.OutOfMemoryError):
            self._max_requests = max(1, self._max_requests // 2)
        if error is not None:
            # What the loop had at hand when it died: above all the cache, which the next one needs the memory of.
            traceback.clear_frames(error.__traceback__)
        self._count_a_try(set(self._writing))

    def _run_failed_again(self) -> None:
        self._count_a_try(self._failed)
        with self._lock:
            for name in self._failed & self._writing.keys():
                self._add(name, self._writing[name])
            self._failed.clear()

    def _count_a_try(self, names: set[str]) -> None:
        with self._lock:
            for name in names & self._writing.keys():
                writing = self._writing[name]
                writing.tries += 1
                writing.decoded = 0
                if writing.tries >= MOST_TRIES:
                    del self._writing[name]
                    writing.fail(GeneratorFailed("the generation loop failed with this request several times"))
