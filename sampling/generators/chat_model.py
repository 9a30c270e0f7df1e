"""A chat model of the transformers library in memory: found, checked, loaded, with its tokenizer."""

import hashlib
import logging
import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers import logging as transformers_logging

from sampling.asking import Message
from sampling.generators.interface import ModelNotLoadable

logger = logging.getLogger(__name__)
# Progress bars and advice are for people at a terminal.
transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()

ATTENTION = "sdpa"
"""The kernel that every model is loaded with: torch has it everywhere."""

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, kw_only=True)
class ChatModel:
    """A model that can be talked to, by one engine at a time.

    Continuous batching switches the attention of the whole model on transformers 5.17: no other could use it meanwhile.
    """

    model: Any
    tokenizer: Any
    revision: str
    lock: threading.Lock = field(default_factory=threading.Lock)

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
    local = folder / name
    is_local = local.is_dir()
    if not is_local and not _HUB_ID.fullmatch(name):
        raise ModelNotLoadable(f"there is no folder {name}")
    place = _place(device)
    if place.type == "cpu":
        torch.set_num_threads(threads)
    source: dict[str, Any] = {
        "pretrained_model_name_or_path": str(local) if is_local else name,
        "revision": None if is_local else revision,
        "local_files_only": is_local,
        "trust_remote_code": False,
    }
    try:
        tokenizer = AutoTokenizer.from_pretrained(**source, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(
            **source,
            use_safetensors=True,
            dtype=torch.float32 if place.type == "cpu" else torch.bfloat16,
            attn_implementation=ATTENTION,
        )
        model = model.to(place).eval()
    except Exception as error:
        # These libraries say in many ways what is wrong with a folder or a hub; the study's page shows it.
        raise ModelNotLoadable(f"{name}: {_first_line(error)}") from error
    if not tokenizer.chat_template:
        raise ModelNotLoadable(f"{name} has no chat template")
    known_as = weights_sha256(local) if is_local else str(getattr(model.config, "_commit_hash", None) or "")
    if is_local and revision not in (None, known_as):
        raise ModelNotLoadable(f"the weights in {name} are {known_as}, and the recipe asks for {revision}")
    return ChatModel(model=model, tokenizer=tokenizer, revision=known_as)


def weights_sha256(folder: Path) -> str:
    """Return what names a local model: the hash of its weights files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def end_process_if_device_is_lost(error: BaseException | None) -> None:
    """End the process after a fault of the device: nothing in it computes any more, and the rows own the work."""
    if isinstance(error, torch.AcceleratorError):
        logger.critical("The device is lost to this process, which ends: %s", error)
        os._exit(70)


def _place(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ModelNotLoadable(f"GENERATOR_DEVICE is {device}: {_first_line(error)}") from error
    if place.type == "cuda" and not torch.cuda.is_available():
        raise ModelNotLoadable(f"GENERATOR_DEVICE is {device}, and there is no such device")
    return place


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]
