"""Independent samples: k completions of the same request. The baseline that the other methods are measured against."""

from sampling.asking import Method, Order, Request
from sampling.methods.gathering import Gathering
from sampling.wordings import wording

INDEPENDENT = "independent"


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    gathered = Gathering(order)
    k = order.recipe.candidates
    instruction = wording("ordinary", language=order.language, k=1)
    request = Request(messages=order.instructed(instruction), purpose="one")
    for _round in range(order.recipe.tries):
        replies = yield [request] * (k - len(gathered.drafts))
        for reply in replies:
            gathered.take(reply, [reply.text], method=INDEPENDENT, wanted=k, delimited=False)
        if len(gathered.drafts) == k:
            return gathered.drafts
    raise gathered.failure()
