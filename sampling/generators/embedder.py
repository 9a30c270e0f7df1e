"""Models of the transformers library that turn texts into vectors, run in this process.

Imported only where a model measures: it brings torch with it.
"""

import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from django.conf import settings
from transformers import AutoModel

from pluralism.diversity import Vectors
from sampling.generators.engine import ENGINES
from sampling.generators.local_model import Loaded, load
from sampling.recipe_document import LocalModel

BATCH = 16
"""Texts that are read at once."""

_LONGEST = 512
"""Tokens of a text that are read at most, where the model does not say less."""


class Embedder:
    """Gives texts their vectors: the mean of the model's last hidden states over a text's tokens, of length 1."""

    def __init__(self, loaded: Loaded) -> None:
        self.revision = loaded.revision
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._longest = min(self._tokenizer.model_max_length, _LONGEST)
        # A fast tokenizer lets one thread in at a time and raises for the others.
        self._lock = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 for each text, shape (texts, hidden size). What is too long is cut off."""
        batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        with self._lock:
            return np.concatenate([self._batch(list(batch)) for batch in batches])

    def close(self) -> None:
        """Nothing runs between calls."""

    def _batch(self, texts: list[str]) -> Vectors:
        read = self._tokenizer(texts, padding=True, truncation=True, max_length=self._longest, return_tensors="pt")
        inputs = {name: read[name].to(self._model.device) for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            states = self._model(**inputs).last_hidden_state.float()
        mask = inputs["attention_mask"][:, :, None]
        means = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        units = torch.nn.functional.normalize(means, dim=1)
        return np.asarray(units.cpu().numpy(), dtype=float)


def embedder_of(spec: LocalModel) -> Embedder:
    """Return the embedder that a recipe names; the first call of a process loads the model.

    :raises ModelNotLoadable: saying why.
    """
    return ENGINES.get(f"embedder {spec.model}@{spec.revision or ''}", partial(_embedder, spec))


def _embedder(spec: LocalModel) -> Embedder:
    return Embedder(
        load(
            AutoModel,
            name=spec.model,
            revision=spec.revision,
            folder=settings.BASE_DIR,
            device=settings.GENERATOR_DEVICE,
            threads=settings.GENERATOR_THREADS,
            padding_side="right",
        )
    )
