"""How candidates are made to differ: one file per method, one interface."""

from collections.abc import Callable

from sampling.asking import Method, Order
from sampling.methods import (
    community,
    fallback,
    independent,
    models,
    negatively_correlated,
    select,
    sequential,
    value_conditioned,
    verbalized,
)

METHODS: dict[str, Callable[[Order], Method]] = {
    "negatively-correlated": negatively_correlated.candidates,
    "independent": independent.candidates,
    "models": models.candidates,
    "sequential": sequential.candidates,
    "verbalized": verbalized.candidates,
    "value-conditioned": value_conditioned.candidates,
    "community": community.candidates,
    "select": select.candidates,
}
"""By the name that a recipe gives."""

FIT_FOR_FACTS = {"independent", "models"}
"""Methods that ask nobody to differ. Answers to a question of fact should agree where they can (arXiv 2509.21267)."""


def name_of(order: Order) -> str:
    """Return which method writes an order's candidates, fallbacks aside.

    To a question of fact, a method that makes answers differ gives way to independent answers, recorded as such.
    """
    name = order.recipe.method
    return "independent" if order.factual and name not in FIT_FOR_FACTS else name


def method_of(order: Order) -> Method:
    """Return the method that writes an order's candidates, with the recipe's fallback behind it."""
    return fallback.completed(order, METHODS[name_of(order)](order))
