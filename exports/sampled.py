"""How different the sets of a release are that models wrote: as they came, and as they were shown, recipe by recipe."""

from typing import Any

from django.db.models import Q

from exports.scope import Scope
from sampling.embedding import N_GRAMS
from sampling.models import CandidateSet
from sampling.stored_figures import Means, StoredFigures, by_recipe

DECIMALS = 4


def measured(scope: Scope) -> list[dict[str, Any]]:
    """Return figures of the recipes by which models wrote sets, in the order of their hashes.

    Only those by character n-grams, which are measured when a set is written. Sets that failed count in first tries.
    """
    sets = CandidateSet.objects.filter(
        Q(item__study=scope.study) | Q(pk__in=scope.turns().order_by().values("candidate_set")),
        finished_at__lte=scope.snapshot_at,
    )
    found = [_line(one) for one in by_recipe(sets) if one.recipe.generates]
    return sorted(found, key=lambda line: str(line["recipe_sha256"]))


def _line(one: StoredFigures) -> dict[str, Any]:
    by_n_grams = [found for found in one.embeddings if found.embedder == N_GRAMS]
    shown, first_try = (by_n_grams[0].shown, by_n_grams[0].first_try) if by_n_grams else ({}, {})
    return {
        "recipe_sha256": one.recipe.sha256(),
        "ready": one.ready,
        "failed": one.failed,
        "fit_at_first_try": one.fit_at_first_try,
        "shown": _rounded(shown),
        "first_try": _rounded(first_try),
    }


def _rounded(means: Means) -> dict[str, float]:
    return {name: round(value, DECIMALS) for name, value in sorted(means.items()) if value is not None}
