"""Value-conditioned answers: k requests at the same time, each under one voice that the researcher words.

What is asked again is asked under the same voice, so that every voice of the set is heard once.
"""

from sampling.asking import Method, Order
from sampling.methods.gathering import Gathering
from sampling.methods.singly import one_each, spoken_for
from sampling.methods.voices import drawn

VALUE_CONDITIONED = "value-conditioned"


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts, in the order in which the recipe lists their voices.

    :raises NoFitSet: when the recipe's tries are used up.
    :raises NoWording: if a voice says nothing in the order's language.
    """
    voices = drawn(order, order.recipe.voices or [], order.recipe.candidates)
    requests = [spoken_for(order, voice) for voice in voices]
    return one_each(Gathering(order), requests, method=VALUE_CONDITIONED, tries=order.recipe.tries)
