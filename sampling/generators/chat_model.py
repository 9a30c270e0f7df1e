"""A chat model of the transformers library in memory: found, checked, loaded, with its tokenizer."""

import copy
import logging
import os
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import is_flash_attn_2_available

from sampling.asking import Message
from sampling.generators import local_model
from sampling.generators.interface import ModelNotLoadable

logger = logging.getLogger(__name__)

PLAIN, FLASH = "sdpa", "flash_attention_2"
"""The kernels of attention: torch has the first everywhere."""


@dataclass(frozen=True, kw_only=True)
class ChatModel:
    """A model that can be talked to, by one engine at a time.

    Continuous batching switches the attention of the whole model on transformers 5.17: no other could use it meanwhile.
    """

    model: Any
    tokenizer: Any
    revision: str
    attention: str = PLAIN
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Do nothing: of a model nothing runs by itself."""

    def twin(self) -> "ChatModel":
        """Return the same model once more, for another engine: its modules are its own, its weights are these.

        What one of the two switches (the kernel of attention, adapters) the other does not notice.
        """
        shared = {id(tensor): tensor for tensor in [*self.model.parameters(), *self.model.buffers()]}
        model = copy.deepcopy(self.model, shared)
        model.set_attn_implementation(self.attention)
        return replace(self, model=model)

    @property
    def context(self) -> int:
        """How many tokens it can read and write at most."""
        return int(getattr(self.model.config.get_text_config(), "max_position_embeddings", 0) or 4096)

    @property
    def end_tokens(self) -> list[int]:
        """The tokens that end an answer."""
        known = self.model.generation_config.eos_token_id
        ends = known if isinstance(known, list) else [known]
        return sorted({int(end) for end in [*ends, self.tokenizer.eos_token_id] if end is not None})

    @property
    def padding(self) -> int:
        return int(self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.end_tokens[0])

    def prompt(self, messages: list[Message]) -> list[int]:
        """Return a conversation as the model reads it, up to where its answer begins."""
        said = [{**message, "content": self._as_words(message["content"])} for message in messages]
        # A fast tokenizer lets one thread in at a time and raises for the others.
        with self.lock:
            tokens = self.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=False)
        return [int(token) for token in tokens]

    def tokens(self, answer: str) -> list[int]:
        """Return an answer as the model would write it, without an end."""
        with self.lock:
            return [int(token) for token in self.tokenizer.encode(self._as_words(answer), add_special_tokens=False)]

    def _as_words(self, content: str) -> str:
        """Return a text in which the tokens that mark roles and ends are plain words: people may write them too."""
        for token in self.tokenizer.added_tokens_decoder.values():
            mark = str(token)
            if token.special and len(mark) > 1:
                content = content.replace(mark, f"{mark[0]} {mark[1:]}")
        return content

    def text(self, tokens: list[int]) -> str:
        """Return what the model wrote."""
        with self.lock:
            return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def load(*, name: str, revision: str | None, folder: Path, device: str, threads: int) -> ChatModel:
    """Load a model by hub id or path; a path is relative to `folder`.

    :raises ModelNotLoadable: saying why.
    """
    loaded = local_model.load(
        AutoModelForCausalLM,
        name=name,
        revision=revision,
        folder=folder,
        device=device,
        threads=threads,
        padding_side="left",
        attn_implementation=PLAIN,
    )
    if not loaded.tokenizer.chat_template:
        raise ModelNotLoadable(f"{name} has no chat template")
    attention = _attention(loaded.model)
    loaded.model.set_attn_implementation(attention)
    return ChatModel(model=loaded.model, tokenizer=loaded.tokenizer, revision=loaded.revision, attention=attention)


def _attention(model: Any) -> str:
    """Return the best kernel for a loaded model: flash attention where it is installed for this device."""
    # The library would look for a kernel on the hub if it was not told otherwise.
    installed = model.device.type == "cuda" and is_flash_attn_2_available(kernels_fallback_ok=False)
    return FLASH if installed and model._supports_flash_attn and model.dtype == torch.bfloat16 else PLAIN


def end_process_if_device_is_lost(error: BaseException | None) -> None:
    """End the process after a fault of the device: nothing in it computes any more, and the rows own the work."""
    if isinstance(error, torch.AcceleratorError):
        logger.critical("The device is lost to this process, which ends: %s", error)
        os._exit(70)
