"""How many sets of the demo model are fit, and what measures of diversity say of them; a part of benchmarks.generation.

The value of each answer is looked up: every sentence of the demo model belongs to one.
"""

import json
import statistics
import sys
import time
from typing import Any

import numpy as np
from django.conf import settings

from pluralism.correlation import correlation
from pluralism.diversity import mean_pairwise_distance, vendi_score
from pluralism.resampling import Estimate
from sampling.embedding import vectors
from sampling.generation import write
from sampling.generators.interface import Progress
from sampling.models import CandidateSet, Recipe
from sampling.recipe_document import RecipeDocument

LANGUAGES = ["en", "fr", "it", "hi", "pt"]
SETS_PER_PROMPT = 2
METHODS: dict[str, dict[str, Any]] = {
    "negatively-correlated": {"method": "negatively-correlated", "decoding": {"max_new_tokens": 1024}},
    "independent": {"method": "independent", "alike": "allow", "decoding": {"max_new_tokens": 256}},
}
VALUES = ["traditional", "secular-rational", "self-expression", "survival"]


def quality(*, prompts: int) -> dict[str, dict[str, str]]:
    """Return, for each method, its figures in words of a table."""
    sys.path.insert(0, str(settings.BASE_DIR / "examples/demo_model"))
    return {name: _figures(document, prompts) for name, document in METHODS.items()}


def _figures(document: dict[str, Any], prompts: int) -> dict[str, str]:
    generator = {"name": "huggingface", "model": "examples/demo_model/weights"}
    recipe = Recipe(document=RecipeDocument.model_validate({**document, "generator": generator}).canonical())
    first = fit = 0
    seconds, distances, vendis, labels, numbers = [], [], [], [], []
    asked = [(language, text) for language in LANGUAGES for text in _texts(language, prompts)]
    for number, (language, text) in enumerate(asked):
        for _each in range(SETS_PER_PROMPT):
            begun = time.perf_counter()
            messages = [{"role": "user", "content": text}]
            outcome = write(CandidateSet(recipe=recipe, messages=messages, language=language), progress=Progress())
            seconds.append(time.perf_counter() - begun)
            fit += not outcome.failure
            first += not outcome.failure and len(outcome.rounds) == 1
            if not outcome.failure:
                texts = [draft.text for draft in outcome.drafts]
                found = vectors(texts, embedder=None)
                distances.append(mean_pairwise_distance(found))
                vendis.append(vendi_score(found))
                labels.append([_label(one, language) for one in texts])
                numbers.append(number)
    sets = len(seconds)
    held = correlation(np.array(labels), np.array(numbers), seed=1)
    return {
        "sets": str(sets),
        "fit at the first try": f"{100 * first / sets:.1f} %",
        "fit after repair": f"{100 * fit / sets:.1f} %",
        "seconds a set, alone": f"{statistics.median(seconds):.2f}",
        "mean distance": f"{statistics.mean(distances):.2f}",
        "Vendi score": f"{statistics.mean(vendis):.2f}",
        "distinct values": f"{statistics.mean(len(set(row) - {-1}) for row in labels):.2f}",
        "rho_w": _with_interval(held.rho_w),
        "floor of rho_w": f"{held.floor:.2f}" if held.floor is not None else "none",
    }


def _with_interval(figure: Estimate | None) -> str:
    if figure is None or figure.low is None or figure.high is None:
        return "none"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _texts(language: str, number: int) -> list[str]:
    path = settings.BASE_DIR / f"examples/everyday/prompts/{language}.jsonl"
    return [json.loads(line)["text"] for line in path.read_text().splitlines()[:number]]


def _label(text: str, language: str) -> int:
    import corpus

    value = corpus.label_value(text, language)
    return VALUES.index(value) if value in VALUES else -1
