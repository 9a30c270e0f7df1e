"""Text classifiers of the transformers library that say whether an answer may be shown, run in this process.

Imported only where a model judges: it brings torch with it.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from django.conf import settings
from transformers import AutoModelForSequenceClassification

from sampling.generators.engine import ENGINES
from sampling.generators.interface import ModelNotLoadable
from sampling.generators.local_model import Loaded, load
from sampling.recipe_document import Classifier, LocalModel

BATCH = 16
"""Windows of tokens that are read at once."""

_LONGEST = 512
"""Tokens of a window at most, where the model does not say less. A longer text has several, which overlap by half."""


class TextClassifier:
    """Gives texts the probabilities of its labels."""

    def __init__(self, loaded: Loaded) -> None:
        self.revision = loaded.revision
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self.labels: dict[str, int] = {str(name): int(place) for name, place in self._model.config.label2id.items()}
        # One label, or several that do not exclude each other.
        self._each_alone = self._model.config.num_labels == 1 or (
            self._model.config.problem_type == "multi_label_classification"
        )
        self._longest = min(self._tokenizer.model_max_length, _LONGEST)
        # A fast tokenizer lets one thread in at a time and raises for the others.
        self._lock = threading.Lock()

    def highest(self, texts: Sequence[str], *, labels: Sequence[str]) -> list[float]:
        """Return for each text the highest probability of one of these labels in any of its windows."""
        columns = [self.labels[label] for label in labels]
        highest = [0.0] * len(texts)
        with self._lock:
            for batch in self._batches(texts):
                found = self._probabilities(batch)[:, columns].amax(dim=1).tolist()
                for text, probability in zip(batch["overflow_to_sample_mapping"].tolist(), found, strict=True):
                    highest[text] = max(highest[text], probability)
        return highest

    def close(self) -> None:
        """Nothing runs between calls."""

    def _batches(self, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
        read = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._longest,
            stride=self._longest // 2,
            return_overflowing_tokens=True,
            return_tensors="pt",
        )
        for start in range(0, len(read["input_ids"]), BATCH):
            yield {name: values[start : start + BATCH] for name, values in read.items()}

    def _probabilities(self, batch: dict[str, Any]) -> torch.Tensor:
        inputs = {name: batch[name].to(self._model.device) for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            logits = self._model(**inputs).logits.float().cpu()
        return torch.sigmoid(logits) if self._each_alone else torch.softmax(logits, dim=1)


class Stopper:
    """Says which texts a recipe's classifier stops."""

    def __init__(self, classifier: TextClassifier, spec: Classifier) -> None:
        self._classifier, self._spec = classifier, spec

    def marked(self, texts: Sequence[str]) -> list[bool]:
        """Return for each text whether one of the recipe's labels is probable enough."""
        if not texts:
            return []
        highest = self._classifier.highest(texts, labels=self._spec.labels)
        return [probability >= self._spec.from_probability for probability in highest]


def classifier_of(spec: Classifier) -> Stopper:
    """Return the classifier that a recipe names; the first call of a process loads the model.

    :raises ModelNotLoadable: saying why; also where the model has not the labels that the recipe names.
    """
    classifier = ENGINES.get(f"classifier {spec.model}@{spec.revision or ''}", partial(_classifier, spec))
    if unknown := [label for label in spec.labels if label not in classifier.labels]:
        known = ", ".join(classifier.labels)
        raise ModelNotLoadable(f"{spec.model} has no label {', '.join(unknown)}; it has {known}")
    return Stopper(classifier, spec)


def _classifier(spec: LocalModel) -> TextClassifier:
    loaded = load(
        AutoModelForSequenceClassification,
        name=spec.model,
        revision=spec.revision,
        folder=settings.BASE_DIR,
        device=settings.GENERATOR_DEVICE,
        threads=settings.GENERATOR_THREADS,
        padding_side="right",
    )
    if not loaded.tokenizer.is_fast:
        raise ModelNotLoadable(f"{spec.model} has no fast tokenizer, and long texts need one")
    return TextClassifier(loaded)
