"""Which workers write a set: those that listen to the queue of the first model that its recipe names."""

from django.conf import settings

from sampling.recipe_document import RecipeDocument

DEFAULT = "gpu"
"""The queue of models that MODEL_QUEUES does not name."""


def queue_of(recipe: RecipeDocument) -> str:
    """Return the queue on which the sets of a recipe wait."""
    first = next(recipe.writers(), None)
    return str(settings.MODEL_QUEUES.get(first.model, DEFAULT)) if first else DEFAULT


def names() -> list[str]:
    """Return every queue on which sets may wait, the one without a model of its own first."""
    return list(dict.fromkeys([DEFAULT, *settings.MODEL_QUEUES.values()]))
