"""What the sets of a study measure on average, recipe by recipe: of the figures that stand beside each set.

For the study's page: `by_recipe(sets)`, without intervals. Recipes are compared by `recipe_figures.compared`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Exists, OuterRef, Q

from sampling.embedding import N_GRAMS
from sampling.models import CandidateSetQuerySet, Diversity, RawAnswer, Recipe
from sampling.recipe_document import RecipeDocument
from sampling.recipe_sets import MEASURED

Means = Mapping[str, float | None]
"""By the field of a Diversity row; None where no set has the figure."""


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """The means over sets in one embedding."""

    embedder: str
    """sampling.embedding.N_GRAMS, or the model that the recipe names, with its revision."""
    sets: int
    """Ready sets that were measured in it."""
    shown: Means
    first_try: Means
    """Over first tries, also those of sets that failed; empty for sets that came ready."""


@dataclass(frozen=True, kw_only=True)
class StoredFigures:
    """What the sets of one recipe measure on average."""

    recipe_id: int
    recipe: RecipeDocument
    ready: int
    failed: int
    fit_at_first_try: int | None
    """Of the ready and failed ones, sets whose first try was fit as it came; None for sets that came ready."""
    embeddings: list[Embedding]
    """N-grams first. Empty while nothing is measured."""


def by_recipe(candidate_sets: CandidateSetQuerySet) -> list[StoredFigures]:
    """Return the means over these sets, the recipe with most of them first; sets that were erased do not count."""
    sets = candidate_sets.filter(erased_at=None).order_by()
    embeddings = _embeddings(sets)
    ready, failed = (Count("pk", filter=Q(status=status)) for status in ("ready", "failed"))
    counted = list(sets.values("recipe").annotate(ready=ready, failed=failed))
    recipes = Recipe.objects.in_bulk([row["recipe"] for row in counted])
    figures = [
        StoredFigures(
            recipe_id=row["recipe"],
            recipe=recipes[row["recipe"]].says,
            ready=row["ready"],
            failed=row["failed"],
            fit_at_first_try=_fit_at_first_try(sets, recipes[row["recipe"]]),
            embeddings=embeddings.get(row["recipe"], []),
        )
        for row in counted
    ]
    return sorted(figures, key=lambda one: (-one.ready - one.failed, one.recipe_id))


def _fit_at_first_try(sets: CandidateSetQuerySet, recipe: Recipe) -> int | None:
    """Count ready sets whose first try had an answer for each candidate, all without a fault."""
    says = recipe.says
    if not says.generates:
        return None
    raw = RawAnswer.objects.filter(candidate_set=OuterRef("pk"))
    whole = Exists(raw.filter(place=says.candidates - 1))
    return sets.ready().filter(whole, ~Exists(raw.exclude(faults=[])), recipe=recipe).count()


def _embeddings(sets: CandidateSetQuerySet) -> dict[int, list[Embedding]]:
    averages = {f"mean_{name}": Avg(name) for name in MEASURED}
    rows = Diversity.objects.filter(candidate_set__in=sets.values("pk"))
    means: Iterable[Any] = rows.values("candidate_set__recipe", "embedder", "of").annotate(sets=Count("pk"), **averages)
    found: dict[tuple[int, str], dict[str, tuple[int, Means]]] = {}
    for row in means:
        of = found.setdefault((row["candidate_set__recipe"], row["embedder"]), {})
        of[row["of"]] = row["sets"], {name: row[f"mean_{name}"] for name in MEASURED}
    embeddings: dict[int, list[Embedding]] = {}
    for (recipe, embedder), of in sorted(found.items(), key=lambda item: (item[0][1] != N_GRAMS, item[0])):
        sets_shown, shown = of.get(Diversity.Of.SHOWN, (0, {}))
        _tries, first_try = of.get(Diversity.Of.FIRST_TRY, (0, {}))
        embeddings.setdefault(recipe, []).append(
            Embedding(embedder=embedder, sets=sets_shown, shown=shown, first_try=first_try)
        )
    return embeddings
