"""A larger pool from another method, reduced to the k answers that differ most.

The pool comes from several runs of that method at the same time. Answers that are alike may stand in it; the set itself
holds the recipe's policy. What the model never says cannot be selected.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from math import ceil

from pluralism.diversity import greedy_k_dpp, greedy_max_min
from sampling.alikeness import alike_earlier
from sampling.asking import Draft, Method, NoFitSet, Order, Reply, Request
from sampling.embedding import vectors
from sampling.lengths import uneven
from sampling.methods import independent, negatively_correlated, sequential, value_conditioned, verbalized
from sampling.methods.gathering import leave_out
from sampling.methods.lockstep import lockstep

POOLED: dict[str, Callable[[Order], Method]] = {
    "negatively-correlated": negatively_correlated.candidates,
    "independent": independent.candidates,
    "sequential": sequential.candidates,
    "value-conditioned": value_conditioned.candidates,
    "verbalized": verbalized.candidates,
}
"""The methods a pool can come from, by the name that a recipe gives."""

CHOOSE = {"k-dpp": greedy_k_dpp, "max-min": greedy_max_min}


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts in the order in which they were generated.

    :raises NoFitSet: if fewer than k fit answers came together.
    :raises NoWording: as the method of the pool.
    """
    pool, reasons = yield from _pool(order)
    distinct = _distinct(order, pool) if order.alike == "repair" else pool
    leave_out(pool, chosen=distinct, reason="alike")
    even = _even(order, distinct)
    leave_out(distinct, chosen=even, reason="uneven")
    if len(even) < order.recipe.candidates:
        raise NoFitSet(reasons or ["alike" if len(distinct) < order.recipe.candidates else "uneven"], even)
    chosen = _farthest_apart(order, even)
    leave_out(even, chosen=chosen, reason="not-drawn")
    return chosen


def _pool(order: Order) -> Generator[list[Request], list[Reply], tuple[list[Draft], list[str]]]:
    """Yield rounds of requests; return what came of all runs, and why the last one that failed did."""
    selection = order.recipe.select
    assert selection is not None, "recipes of this method say how to select"
    inner = order.recipe.model_copy(update={"method": selection.method, "select": None, "alike": "allow"})
    random = order.random()
    # A run gives as many answers as a set has, so the pool may be a few larger than the recipe says.
    runs = range(ceil(selection.pool / inner.candidates))
    orders = [replace(order, recipe=inner, seed=random.getrandbits(62)) for _run in runs]
    ended = yield from lockstep([POOLED[selection.method](each) for each in orders])
    pool = [draft for end in ended for draft in (end.drafts if isinstance(end, NoFitSet) else end)]
    failures = [end for end in ended if isinstance(end, NoFitSet)]
    return pool, failures[-1].reasons if failures else []


def _distinct(order: Order, pool: list[Draft]) -> list[Draft]:
    said_before = alike_earlier([draft.text for draft in pool], order.standards)
    return [draft for draft, again in zip(pool, said_before, strict=True) if not again]


def _even(order: Order, pool: list[Draft]) -> list[Draft]:
    """Return those whose lengths are in proportion: each run saw to its own only."""
    rest = list(pool)
    while (place := uneven([draft.text for draft in rest], order.standards.lengths)) is not None:
        del rest[place]
    return rest


def _farthest_apart(order: Order, pool: list[Draft]) -> list[Draft]:
    selection = order.recipe.select
    assert selection is not None, "recipes of this method say how to select"
    points = vectors([draft.text for draft in pool], embedder=order.recipe.embedder)
    return [pool[place] for place in sorted(CHOOSE[selection.by](points, order.recipe.candidates))]
