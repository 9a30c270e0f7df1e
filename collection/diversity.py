"""How different the answers of a study are, recipe by recipe."""

from django.db.models import Q

from collection.models import Item, Study, Turn
from sampling.models import CandidateSet
from sampling.stored_figures import StoredFigures, by_recipe


def of_study(study: Study) -> list[StoredFigures]:
    """Return what the sets that people are shown in a study measure on average; those of comparisons do not count."""
    given = Item.objects.filter(study=study).values("candidate_set")
    live = Turn.objects.filter(task__study=study).values("candidate_set")
    return by_recipe(CandidateSet.objects.filter(Q(pk__in=given) | Q(pk__in=live)))
