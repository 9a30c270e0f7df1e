"""Answers one after the other: the first as the model gives it, each further one asked to differ from those before.

Nothing has to be cut apart; k answers take k steps, one waiting for the other.
"""

from collections.abc import Generator

from sampling.asking import Method, Order, Reply, Request
from sampling.methods.gathering import Gathering
from sampling.methods.given import as_paragraphs
from sampling.methods.singly import ordinary
from sampling.wordings import wording

SEQUENTIAL = "sequential"


def candidates(order: Order) -> Method:
    """Yield requests, one at a time; return k drafts. Each answer has as many tries as the recipe says.

    :raises NoFitSet: when one of them has used up its tries.
    """
    gathered = Gathering(order)
    while len(gathered.drafts) < order.recipe.candidates:
        yield from _one_more(order, gathered)
    return gathered.drafts


def _one_more(order: Order, gathered: Gathering) -> Generator[list[Request], list[Reply], None]:
    had = len(gathered.drafts)
    for _try in range(order.recipe.tries):
        [reply] = yield [_different(order, gathered) if gathered.drafts else ordinary(order)]
        gathered.take_one(reply, method=SEQUENTIAL)
        # An answer may be taken and an earlier one be let go for it.
        if len(gathered.drafts) > had:
            return
    raise gathered.failure()


def _different(order: Order, gathered: Gathering) -> Request:
    given = as_paragraphs(draft.text for draft in gathered.drafts)
    instruction = wording("different", language=order.language, k=1)
    return Request(messages=order.instructed(given + instruction), purpose="different")
