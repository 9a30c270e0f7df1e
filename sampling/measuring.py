"""Measuring sets: how far apart their texts are and how near to the message, as they are shown and at the first try.

A set that cannot be measured is as good as another: why goes to the log, and whoever reads figures is told how many
sets they leave out.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q

from pluralism.diversity import (
    Vectors,
    distinctness,
    length_spread,
    mean_pairwise_distance,
    relevance,
    vendi_score,
)
from sampling.alikeness import alike_earlier, normalised
from sampling.asking import Message
from sampling.embedding import N_GRAMS, name_of, vectors
from sampling.first_tries import first_try
from sampling.generators.interface import Stopping
from sampling.models import CandidateSet, Diversity, Recipe
from sampling.recipe_document import LocalModel, RecipeDocument
from sampling.saving import Outcome

logger = logging.getLogger(__name__)

Texts = dict[str, list[str]]
"""The texts to measure together, by Diversity.Of."""


def measure(outcome: Outcome, *, candidate_set_id: int) -> None:
    """Add to an outcome its first try and the measures of that and of what is to be shown; nothing is saved.

    :raises Stopping: if the process ends meanwhile.
    """
    recipe = outcome.order.recipe
    outcome.first_try = first_try(outcome.rounds, order=outcome.order)
    texts: Texts = {}
    if outcome.rounds:
        texts[Diversity.Of.FIRST_TRY] = [raw.text for raw in outcome.first_try]
    if not outcome.failure:
        texts[Diversity.Of.SHOWN] = [draft.text for draft in outcome.drafts]
    outcome.measures = _measures(
        texts, messages=outcome.order.messages, recipe=recipe, candidate_set_id=candidate_set_id
    )


def measure_ready(*, recipe: Recipe, after: int, most: int) -> int | None:
    """Measure ready sets of a recipe that are not measured yet, as those that came ready.

    :param after: The id after which to go on; those that cannot be measured are met once.
    :param most: How many at a time.
    :return: The last id that was met; None where there is none left.
    """
    embedder = recipe.says.embedder
    shown = Count("diversities", filter=Q(diversities__of=Diversity.Of.SHOWN))
    found = CandidateSet.objects.ready().filter(recipe=recipe, erased_at=None, pk__gt=after).annotate(shown=shown)
    chosen = found.filter(shown__lt=1 if embedder is None else 2).order_by("pk")[:most]
    last = None
    for candidate_set in chosen.prefetch_related("candidates", "raw_answers"):
        last = candidate_set.pk
        Diversity.objects.bulk_create(_measures_of(candidate_set, recipe.says), ignore_conflicts=True)
    return last


def _measures_of(candidate_set: CandidateSet, recipe: RecipeDocument) -> list[Diversity]:
    texts = {Diversity.Of.SHOWN.value: [one.text for one in candidate_set.candidates.all()]}
    if raw := [one.text for one in candidate_set.raw_answers.all()]:
        texts[Diversity.Of.FIRST_TRY.value] = raw
    return _measures(texts, messages=candidate_set.messages, recipe=recipe, candidate_set_id=candidate_set.pk)


def _measures(
    texts: Texts, *, messages: Sequence[Message], recipe: RecipeDocument, candidate_set_id: int
) -> list[Diversity]:
    """Return rows by character n-grams, and by the recipe's embedder if it names one."""
    rows = []
    for embedder in dict.fromkeys([None, recipe.embedder]):
        try:
            rows += _by(embedder, texts, messages=messages, candidate_set_id=candidate_set_id)
        except Stopping:
            raise
        except Exception:
            logger.exception("Set %s could not be measured by %s.", candidate_set_id, embedder or N_GRAMS)
    return rows


def _by(
    embedder: LocalModel | None, texts: Texts, *, messages: Sequence[Message], candidate_set_id: int
) -> list[Diversity]:
    every = list(dict.fromkeys(text for found in texts.values() for text in found))
    question = [str(messages[-1]["content"])] if messages else []
    points = vectors([*every, *question], embedder=embedder)
    # What no text has adds nothing to any cosine; of n-grams that is nearly everything.
    points = points[:, points.any(axis=0)]
    place_of, asked = {text: place for place, text in enumerate(every)}, points[len(every) :]
    name = name_of(embedder)
    return [
        Diversity(
            candidate_set_id=candidate_set_id,
            of=of,
            embedder=name,
            texts=len(found),
            **_figures(found, points[[place_of[text] for text in found]], asked),
        )
        for of, found in texts.items()
    ]


def _figures(texts: list[str], points: Vectors, asked: Vectors) -> dict[str, Any]:
    """Return the fields of a row: without those that need more texts than there are, or a message."""
    figures: dict[str, Any] = {"near_duplicates": sum(alike_earlier(texts))}
    if texts and len(asked):
        near = relevance(points, asked[0])
        figures |= {"relevance": float(near.mean()), "lowest_relevance": float(near.min())}
    if len(texts) > 1:
        figures |= {
            "mean_distance": mean_pairwise_distance(points),
            "vendi": vendi_score(points),
            "distinctness": distinctness([normalised(text).split() for text in texts]),
            "length_spread": length_spread([len(text) for text in texts]) if any(texts) else None,
        }
    return figures
