"""Models of the transformers library, of any kind: found in a folder or on the hub, checked, loaded with tokenizers."""

import hashlib
import logging
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer
from transformers import logging as transformers_logging

from sampling.generators.interface import ModelNotLoadable

logger = logging.getLogger(__name__)
# Progress bars and advice are for people at a terminal.
transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()

# While a model is built, torch makes tensors without memory, for whatever thread asks: another model that is built
# meanwhile would be left without weights.
_BUILDING = threading.Lock()

HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model on its device, ready to compute."""

    model: Any
    tokenizer: Any
    revision: str
    """The hub's commit, or sha256:… of a local model's weights."""


def load(
    kind: Any,
    *,
    name: str,
    revision: str | None,
    folder: Path,
    device: str,
    threads: int,
    padding_side: str,
    **options: Any,
) -> Loaded:
    """Load a model by hub id or path, from safetensors alone and without running code that came with it.

    :param kind: A class of transformers with from_pretrained: AutoModel, AutoModelForCausalLM …
    :param folder: Where a path starts.
    :param options: What else from_pretrained of the model takes.
    :raises ModelNotLoadable: saying why.
    """
    local = folder / name
    is_local = local.is_dir()
    if not is_local and not HUB_ID.fullmatch(name):
        raise ModelNotLoadable(f"there is no folder {name}")
    place = place_of(device)
    if place.type == "cpu":
        torch.set_num_threads(threads)
    source: dict[str, Any] = {
        "pretrained_model_name_or_path": str(local) if is_local else name,
        "revision": None if is_local else revision,
        "local_files_only": is_local,
        "trust_remote_code": False,
    }
    dtype = _numbers(place)
    try:
        tokenizer = AutoTokenizer.from_pretrained(**source, padding_side=padding_side)
        with _BUILDING:
            model = kind.from_pretrained(**source, use_safetensors=True, dtype=dtype, **options)
            model = model.to(place).eval()
    except Exception as error:
        # These libraries say in many ways what is wrong with a folder or a hub; the study's page shows it.
        raise ModelNotLoadable(f"{name}: {first_line(error)}") from error
    known_as = weights_sha256(local) if is_local else str(getattr(model.config, "_commit_hash", None) or "")
    if is_local and revision not in (None, known_as):
        raise ModelNotLoadable(f"the weights in {name} are {known_as}, and the recipe asks for {revision}")
    return Loaded(model=model, tokenizer=tokenizer, revision=known_as)


def weights_sha256(folder: Path) -> str:
    """Return what names a local model: the hash of its weights files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def place_of(device: str) -> torch.device:
    """Return the device that GENERATOR_DEVICE names.

    :raises ModelNotLoadable: if it is not there.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ModelNotLoadable(f"GENERATOR_DEVICE is {device}: {first_line(error)}") from error
    if place.type == "cuda" and not torch.cuda.is_available():
        raise ModelNotLoadable(f"GENERATOR_DEVICE is {device}, and there is no such device")
    return place


def _numbers(place: torch.device) -> torch.dtype:
    """Return the numbers to compute with: bfloat16 where the device itself has them."""
    if place.type == "cpu":
        return torch.float32
    lacks = place.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.float16 if lacks else torch.bfloat16


def first_line(error: Exception) -> str:
    """Return the first line of what an exception says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]
