"""The engine of padded batches: waits a moment for others, pads them to one length and computes them together.

For adapters, for scores, and for models and devices that continuous batching cannot run. A batch takes as long as its
longest member; what is in it has one adapter and one way of picking tokens.
"""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from sampling.asking import Message
from sampling.generators.adapters import Adapters
from sampling.generators.chat_model import ChatModel, end_process_if_device_is_lost
from sampling.generators.engine import Scoring, Writing, room
from sampling.generators.interface import GeneratorFailed, PromptTooLong, Stopping
from sampling.generators.scoring import scores
from sampling.recipe_document import Decoding

logger = logging.getLogger(__name__)

MAX_BATCH = 32
WINDOW_SECONDS = 0.01

Work = Writing | Scoring


class MicroBatches:
    """Writes and scores with one model and its adapters, batch after batch."""

    def __init__(self, chat: ChatModel, *, max_batch: int = MAX_BATCH, window: float = WINDOW_SECONDS) -> None:
        # Continuous batching that could not start may have left its own attention behind, which needs its cache.
        chat.model.set_attn_implementation(chat.attention)
        self.chat = chat
        self.adapters = Adapters(chat.model)
        self.limit = chat.context
        self._max_batch, self._window = max_batch, window
        self._waiting: queue.Queue[Work] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, messages: list[Message], decoding: Decoding, *, adapter: str = "") -> Writing:
        """Take a conversation in and return at once; see sampling.generators.engine.Engine."""
        prompt = self.chat.prompt(messages)
        allowed = room(prompt=prompt, limit=self.limit, decoding=decoding)
        writing = Writing(prompt=prompt, max_new_tokens=allowed, decoding=decoding, adapter=adapter)
        self._take_in([writing])
        return writing

    def score(self, messages: list[Message], options: Sequence[str], *, adapter: str = "") -> list[Scoring]:
        """Take in a conversation and the answers to it that are to be scored, and return at once.

        :raises PromptTooLong: if one of them does not fit.
        :raises Stopping: if the engine was closed.
        """
        prompt = self.chat.prompt(messages)
        scorings = [Scoring(prompt=prompt, option=self.chat.tokens(text), adapter=adapter) for text in options]
        longest = len(prompt) + max(len(scoring.option) for scoring in scorings)
        if longest > self.limit:
            raise PromptTooLong(f"the conversation has {longest} tokens with its answer, and {self.limit} is the most")
        self._take_in(scorings)
        return scorings

    def _take_in(self, work: Sequence[Work]) -> None:
        with self._lock:
            if self._closed.is_set():
                raise Stopping
            for one in work:
                self._waiting.put(one)

    def close(self) -> None:
        """Stop within seconds; what is still being written ends with Stopping."""
        with self._lock:
            self._closed.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._closed.is_set():
            for batch in self._next_batches():
                try:
                    self._compute(batch)
                except Exception as error:
                    end_process_if_device_is_lost(error)
                    logger.exception("A batch failed.")
                    for work in batch:
                        work.fail(GeneratorFailed(str(error)[:500]))
        while not self._waiting.empty():
            self._waiting.get().fail(Stopping())

    def _next_batches(self) -> list[list[Work]]:
        """Return what came in within the window, what can be computed together together."""
        together: dict[tuple[str, Decoding | None], list[Work]] = {}
        deadline = None
        for _place in range(self._max_batch):
            try:
                work = self._waiting.get(timeout=0.1 if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            deadline = deadline or time.monotonic() + self._window
            decoding = work.decoding if isinstance(work, Writing) else None
            together.setdefault((work.adapter, decoding), []).append(work)
        return list(together.values())

    def _compute(self, batch: list[Work]) -> None:
        if self._closed.is_set():
            for work in batch:
                work.fail(Stopping())
            return
        if self._fits(batch):
            return
        logger.warning("Out of memory with %d conversations: half of them at a time.", len(batch))
        if self.chat.model.device.type == "cuda":
            torch.cuda.empty_cache()
        self._compute(batch[: len(batch) // 2])
        self._compute(batch[len(batch) // 2 :])

    def _fits(self, batch: list[Work]) -> bool:
        """Compute a batch; False if the memory is too small for it, but might do for half of it.

        Halves begin after this has returned: while the error is at hand, it holds what filled the memory.
        """
        try:
            with self.adapters.lock:
                self.adapters.wear(batch[0].adapter)
                self._finish(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            return False
        return True

    def _finish(self, batch: list[Work]) -> None:
        scorings = [work for work in batch if isinstance(work, Scoring)]
        writings = [work for work in batch if isinstance(work, Writing)]
        for scoring, score in zip(scorings, scores(self.chat, scorings) if scorings else [], strict=True):
            scoring.finish(score)
        for writing, row in zip(writings, self._generate(writings) if writings else [], strict=True):
            self._hand_out(writing, row)

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

    def _hand_out(self, writing: Writing, row: list[int]) -> None:
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
