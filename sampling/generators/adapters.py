"""LoRA adapters on a model: found, checked, added while it writes, and switched from one batch to the next."""

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from peft import LoraConfig, PeftModel, set_peft_model_state_dict
from safetensors.torch import load_file

from sampling.generators.interface import ModelNotLoadable
from sampling.generators.local_model import HUB_ID, first_line, weights_sha256

CONFIG, WEIGHTS, ORIGIN = "adapter_config.json", "adapter_model.safetensors", "COMMUNITY.json"

_SAYS_WHERE_FROM = {
    "auto_mapping",
    "base_model_name_or_path",
    "inference_mode",
    "init_lora_weights",
    "lora_dropout",
    "peft_type",
    "peft_version",
    "revision",
    "task_type",
}
_SAYS_WHAT_IT_IS = {
    "r",
    "target_modules",
    "lora_alpha",
    "fan_in_fan_out",
    "use_rslora",
    "use_dora",
    "layers_to_transform",
    "layers_pattern",
    "rank_pattern",
    "alpha_pattern",
}


class Adapters:
    """The adapters on one model, each under a name of its own; at any time one of them is worn, or none."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._peft: PeftModel | None = None
        self._added = 0
        self.lock = threading.RLock()
        """Held while the model computes: meanwhile nothing is added and nothing is switched."""

    def add(self, *, name: str, revision: str | None, folder: Path, base: str) -> tuple[str, str]:
        """Add an adapter by hub id or path, relative to `folder`; return the name it has here, and its revision.

        `base` is the revision of the model: an adapter that says it was trained on another one is refused.

        :raises ModelNotLoadable: saying why.
        """
        place, known_as = _find(name, revision, folder)
        if (trained_on := _trained_on(place)) not in (None, base):
            raise ModelNotLoadable(f"{name} was trained on a model with {trained_on}, and this one has {base}")
        try:
            config, weights = _config(place, name), load_file(place / WEIGHTS)
            with self.lock:
                return self._put_on(config, weights, name), known_as
        except ModelNotLoadable:
            raise
        except Exception as error:
            # These libraries say in many ways that a file is broken or does not fit the model.
            raise ModelNotLoadable(f"{name}: {first_line(error)}") from error

    def wear(self, here: str) -> None:
        """Let the model compute with one adapter, by the name it has here; with none, if that is empty."""
        if self._peft is None:
            return
        if here:
            self._peft.base_model.enable_adapter_layers()
            self._peft.set_adapter(here, inference_mode=True)
        else:
            self._peft.base_model.disable_adapter_layers()

    def _put_on(self, config: LoraConfig, weights: dict[str, Any], name: str) -> str:
        here = f"adapter-{self._added}"
        self._added += 1
        if self._peft is None:
            self._peft = PeftModel(self._model, config, adapter_name=here)
        else:
            self._peft.add_adapter(here, config)
        # What was added is new and in training mode.
        self._model.eval()
        if unfit := _filled(self._peft, weights, here):
            self._peft.delete_adapter(here)
            raise ModelNotLoadable(f"{name} does not fit the model: {unfit}")
        return here


def _filled(model: PeftModel, weights: dict[str, Any], here: str) -> str:
    """Give an adapter its weights; return what is wrong with them, empty where nothing is."""
    try:
        result = set_peft_model_state_dict(model, weights, adapter_name=here)
    except RuntimeError as error:
        # The first line says only that there were errors.
        return str(error).strip().splitlines()[-1].strip()[:300]
    lacking = [key for key in result.missing_keys if f".{here}." in key]
    return next(iter([*lacking, *result.unexpected_keys]), "")


def _find(name: str, revision: str | None, folder: Path) -> tuple[Path, str]:
    """Return the folder of an adapter, and what names it: the hash of its weights or the hub's commit."""
    local = folder / name
    if local.is_dir():
        place, known_as = local, weights_sha256(local)
    elif not HUB_ID.fullmatch(name):
        raise ModelNotLoadable(f"there is no folder {name}")
    else:
        place = _fetched(name, revision)
        # The hub's client keeps every commit in a folder of this name.
        known_as = place.name
    if lacking := [file for file in (CONFIG, WEIGHTS) if not (place / file).is_file()]:
        raise ModelNotLoadable(f"{name} has no {' and no '.join(lacking)}")
    if place == local and revision not in (None, known_as):
        raise ModelNotLoadable(f"the weights in {name} are {known_as}, and the recipe asks for {revision}")
    return place, known_as


def _fetched(name: str, revision: str | None) -> Path:
    """Return where the hub's client keeps an adapter; what is there already is not fetched again."""
    try:
        place = Path(hf_hub_download(name, CONFIG, revision=revision)).parent
        hf_hub_download(name, WEIGHTS, revision=place.name)
    except Exception as error:
        raise ModelNotLoadable(f"{name}: {first_line(error)}") from error
    # Those of other people have none.
    with suppress(EntryNotFoundError):
        hf_hub_download(name, ORIGIN, revision=place.name)
    return place


def _trained_on(place: Path) -> str | None:
    """Return the revision of the model that an adapter of ours was trained on; None where nothing is said."""
    origin = place / ORIGIN
    said = json.loads(origin.read_bytes()) if origin.is_file() else {}
    return said.get("base", {}).get("revision")


def _config(place: Path, name: str) -> LoraConfig:
    """Return what kind of LoRA this is. Only its plain forms: others may name modules of Python to import."""
    said = json.loads((place / CONFIG).read_bytes())
    if said.get("peft_type") != "LORA":
        raise ModelNotLoadable(f"{name} is no LoRA adapter")
    plain = LoraConfig().to_dict()
    used = {key: value for key, value in said.items() if value and value != plain.get(key)}
    if other := sorted(used.keys() - _SAYS_WHERE_FROM - _SAYS_WHAT_IT_IS):
        raise ModelNotLoadable(f"{name} uses {', '.join(other)}, which are not supported")
    return LoraConfig(**{key: value for key, value in used.items() if key in _SAYS_WHAT_IT_IS}, inference_mode=True)
