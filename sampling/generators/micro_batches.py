"""The fallback engine: waits a moment for others, pads them to one length and writes them together.

For models and devices that continuous batching cannot run. A batch takes as long as its longest member.
"""

import logging
import queue
import threading
import time
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from sampling.asking import Message
from sampling.generators.chat_model import ATTENTION, ChatModel, end_process_if_device_is_lost
from sampling.generators.engine import Writing, room
from sampling.generators.interface import GeneratorFailed, Stopping
from sampling.recipe_document import Decoding

logger = logging.getLogger(__name__)

MAX_BATCH = 32
WINDOW_SECONDS = 0.01


class MicroBatches:
    """Writes conversations with one model, batch after batch."""

    def __init__(self, chat: ChatModel, *, max_batch: int = MAX_BATCH, window: float = WINDOW_SECONDS) -> None:
        # Continuous batching that could not start may have left its own attention behind, which needs its cache.
        chat.model.set_attn_implementation(ATTENTION)
        self.chat = chat
        self.revision = chat.revision
        self.limit = chat.context
        self._max_batch, self._window = max_batch, window
        self._waiting: queue.Queue[Writing] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, messages: list[Message], decoding: Decoding) -> Writing:
        """Take a conversation in and return at once; see sampling.generators.engine.Engine."""
        prompt = self.chat.prompt(messages)
        allowed = room(prompt=prompt, limit=self.limit, decoding=decoding)
        writing = Writing(prompt=prompt, max_new_tokens=allowed, decoding=decoding)
        with self._lock:
            if self._closed.is_set():
                raise Stopping
            self._waiting.put(writing)
        return writing

    def close(self) -> None:
        """Stop within seconds; what is still being written ends with Stopping."""
        with self._lock:
            self._closed.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._closed.is_set():
            for batch in self._next_batches():
                try:
                    self._write(batch)
                except Exception as error:
                    end_process_if_device_is_lost(error)
                    logger.exception("A batch failed.")
                    for writing in batch:
                        writing.fail(GeneratorFailed(str(error)[:500]))
        while not self._waiting.empty():
            self._waiting.get().fail(Stopping())

    def _next_batches(self) -> list[list[Writing]]:
        """Return what came in within the window, those with the same decoding together."""
        together: dict[Decoding, list[Writing]] = {}
        deadline = None
        for _place in range(self._max_batch):
            try:
                writing = self._waiting.get(timeout=0.1 if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            deadline = deadline or time.monotonic() + self._window
            together.setdefault(writing.decoding, []).append(writing)
        return list(together.values())

    def _write(self, batch: list[Writing]) -> None:
        if self._closed.is_set():
            for writing in batch:
                writing.fail(Stopping())
            return
        try:
            rows = self._generate(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            logger.warning("Out of memory with %d conversations: half of them at a time.", len(batch))
            self._write(batch[: len(batch) // 2])
            self._write(batch[len(batch) // 2 :])
            return
        for writing, row in zip(batch, rows, strict=True):
            self._finish(writing, row)

    def _generate(self, batch: list[Writing]) -> list[list[int]]:
        decoding = batch[0].decoding
        longest = max(len(writing.prompt) for writing in batch)
        pads = [longest - len(writing.prompt) for writing in batch]
        device = self.chat.model.device
        prompts = [[self.chat.padding] * pad + writing.prompt for pad, writing in zip(pads, batch, strict=True)]
        masks = [[0] * pad + [1] * len(writing.prompt) for pad, writing in zip(pads, batch, strict=True)]
        with torch.inference_mode():
            output = self.chat.model.generate(
                input_ids=torch.tensor(prompts, device=device),
                attention_mask=torch.tensor(masks, device=device),
                do_sample=True,
                temperature=decoding.temperature,
                top_p=decoding.top_p,
                top_k=decoding.top_k,
                max_new_tokens=max(writing.max_new_tokens for writing in batch),
                eos_token_id=self.chat.end_tokens,
                pad_token_id=self.chat.padding,
                stopping_criteria=StoppingCriteriaList([_Watch(batch, longest, self._closed)]),
            )
        return [[int(token) for token in row] for row in output[:, longest:]]

    def _finish(self, writing: Writing, row: list[int]) -> None:
        ends = self.chat.end_tokens
        length = next((place + 1 for place, token in enumerate(row) if token in ends), None)
        if length is None and self._closed.is_set():
            writing.fail(Stopping())
            return
        tokens = row[: min(length or len(row), writing.max_new_tokens)]
        writing.decoded = len(tokens)
        writing.finish(text=self.chat.text(tokens), ended=bool(tokens) and tokens[-1] in ends)


class _Watch(StoppingCriteria):
    """Counts the tokens of a batch as they come, and stops it when the engine closes."""

    def __init__(self, batch: list[Writing], longest: int, closed: threading.Event) -> None:
        self.batch, self.longest, self.closed = batch, longest, closed

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        for writing in self.batch:
            writing.decoded = input_ids.shape[1] - self.longest
        return torch.full((input_ids.shape[0],), self.closed.is_set(), device=input_ids.device)
