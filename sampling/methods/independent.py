"""Independent samples: k completions of the same request. The baseline that the other methods are measured against.

The requests are the same to the last token, so that an engine which shares prefixes computes them once.
"""

from sampling.asking import Method, Order
from sampling.methods.gathering import Gathering
from sampling.methods.singly import one_each, ordinary

INDEPENDENT = "independent"


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    requests = [ordinary(order)] * order.recipe.candidates
    return one_each(Gathering(order), requests, method=INDEPENDENT, tries=order.recipe.tries)
