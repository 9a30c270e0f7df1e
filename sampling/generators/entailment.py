"""Natural-language inference by a classifier of the transformers library, run in this process: it brings torch."""

import re
import threading
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from django.conf import settings
from transformers import AutoModelForSequenceClassification

from pluralism.entailment import Probabilities
from sampling.generators.engine import ENGINES
from sampling.generators.interface import ModelNotLoadable
from sampling.generators.local_model import Loaded, load
from sampling.recipe_document import LocalModel

BATCH = 16
"""Pairs that are read at once."""

_LONGEST = 512
"""Tokens of a pair that are read at most, where the model does not say less."""

_ENTAILS = re.compile(r"(?i)entail(ment|s|ed)?")


class Entailment:
    """Says how probable it is that one text entails another."""

    def __init__(self, loaded: Loaded, *, label: int) -> None:
        self.revision = loaded.revision
        self._model, self._tokenizer, self._label = loaded.model, loaded.tokenizer, label
        self._longest = min(self._tokenizer.model_max_length, _LONGEST)
        # A fast tokenizer lets one thread in at a time and raises for the others.
        self._lock = threading.Lock()

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> Probabilities:
        """Return the probability that each premise entails each hypothesis, shape (premises, hypotheses).

        Of a pair that is too long, the end of the longer text is cut off.
        """
        pairs = [(premise, hypothesis) for premise in premises for hypothesis in hypotheses]
        with self._lock:
            found = [self._batch(pairs[start : start + BATCH]) for start in range(0, len(pairs), BATCH)]
        together = np.concatenate(found) if found else np.zeros(0)
        return together.reshape(len(premises), len(hypotheses))

    def close(self) -> None:
        """Nothing runs between calls."""

    def _batch(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        read = self._tokenizer(
            [premise for premise, _hypothesis in pairs],
            [hypothesis for _premise, hypothesis in pairs],
            padding=True,
            truncation="longest_first",
            max_length=self._longest,
            return_tensors="pt",
        ).to(self._model.device)
        with torch.inference_mode():
            logits = self._model(**read).logits.float()
        return np.asarray(logits.softmax(dim=1)[:, self._label].cpu().numpy(), dtype=float)


def entailment_of(spec: LocalModel) -> Entailment:
    """Return the classifier that a researcher names; the first call of a process loads it.

    :raises ModelNotLoadable: saying why; also where none of its labels, or several, mean entailment.
    """
    return ENGINES.get(f"entailment {spec.model}@{spec.revision or ''}", partial(_entailment, spec))


def _entailment(spec: LocalModel) -> Entailment:
    loaded = load(
        AutoModelForSequenceClassification,
        name=spec.model,
        revision=spec.revision,
        folder=settings.BASE_DIR,
        device=settings.GENERATOR_DEVICE,
        threads=settings.GENERATOR_THREADS,
        padding_side="right",
    )
    labels = {int(place): str(name) for place, name in loaded.model.config.id2label.items()}
    entails = [place for place, name in labels.items() if _ENTAILS.fullmatch(name)]
    if len(entails) != 1 or len(labels) < 2:
        raise ModelNotLoadable(
            f"{spec.model} is no classifier for entailment: one label must be called entailment, "
            f"and its labels are {', '.join(labels.values())}"
        )
    return Entailment(loaded, label=entails[0])
