"""One answer each from k models, asked at the same time. What differs is who answers, not what is asked."""

from sampling.asking import Method, Order
from sampling.methods.gathering import Gathering
from sampling.methods.singly import one_each, ordinary

MODELS = "models"


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts, in the order in which the recipe lists the models.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    requests = [ordinary(order, generator=generator) for generator in order.recipe.generators or []]
    return one_each(Gathering(order), requests, method=MODELS, tries=order.recipe.tries)
