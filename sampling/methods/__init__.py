"""How candidates are made to differ: one file per method, one interface."""

from collections.abc import Callable

from sampling.asking import Method, Order
from sampling.methods import independent, negatively_correlated

METHODS: dict[str, Callable[[Order], Method]] = {
    "negatively-correlated": negatively_correlated.candidates,
    "independent": independent.candidates,
}
"""By the name that a recipe gives."""
