"""What the recipes of a comparison measure: computed from their sets, and remembered while these stay the same."""

from collections.abc import Mapping
from hashlib import sha256

from django.core.cache import cache
from django.db.models import Count, Max

from collection.models import RecipeComparison, Trial
from collection.recipe_comparing import sets_of
from sampling.embedding import N_GRAMS
from sampling.models import Diversity, Label
from sampling.recipe_figures import RecipeFigures, compared
from sampling.recipe_sets import Tried

REMEMBERED_SECONDS = 3600

Figures = Mapping[str, RecipeFigures]
"""By the name of the recipe, in the order of the comparison."""


def tried(comparison: RecipeComparison) -> Mapping[str, Tried]:
    """Return the sets of each recipe with the prompts they answer, by the recipe's name."""
    found: dict[str, dict[int, int]] = {name: {} for name in comparison.recipes.values_list("name", flat=True)}
    trials = Trial.objects.filter(compared__comparison=comparison).order_by("pk")
    for name, candidate_set, prompt in trials.values_list("compared__name", "candidate_set", "prompt"):
        found[name][candidate_set] = prompt
    return found


def figures(*, comparison: RecipeComparison, baseline: str = "", embedder: str = N_GRAMS) -> Figures:
    """Return what each recipe measures so far, by its name, in the order in which they were given.

    :param baseline: The recipe that the others are compared with; without one, the first.
    """
    sets = tried(comparison)
    first = baseline if baseline in sets else next(iter(sets))
    order = [first, *(name for name in sets if name != first)]
    found = compared([sets[name] for name in order], seed=comparison.seed, embedder=embedder)
    by_name = dict(zip(order, found, strict=True))
    return {name: by_name[name] for name in sets}


def remembered_figures(*, comparison: RecipeComparison, baseline: str = "", embedder: str = N_GRAMS) -> Figures:
    """Return the same; computed anew only after a set or a label has come or gone."""
    said = repr((comparison.pk, baseline, embedder, _state(comparison)))
    key = f"recipe-comparison-{sha256(said.encode()).hexdigest()}"
    found: Figures | None = cache.get(key)
    if found is None:
        found = figures(comparison=comparison, baseline=baseline, embedder=embedder)
        cache.set(key, found, REMEMBERED_SECONDS)
    return found


def _state(comparison: RecipeComparison) -> str:
    """Return a text that changes whenever the figures may."""
    sets = sets_of(comparison).order_by()
    ended = sets.values_list("status").annotate(Count("pk"), Count("erased_at"), Max("finished_at")).order_by("status")
    labels = Label.objects.filter(candidate_set__in=sets).aggregate(Count("pk"), Max("pk"))
    measures = Diversity.objects.filter(candidate_set__in=sets).aggregate(Count("pk"), Max("pk"))
    return repr((list(ended), labels, measures))
