"""Verbalized sampling: one completion holds a pool of answers, each with the probability that the model gives it.

The set is drawn from the pool. Zhang et al., "Verbalized Sampling" (2025), arXiv 2510.01171.
"""

from random import Random

from sampling.asking import Draft, Method, Order, Request
from sampling.methods.gathering import Gathering, Part, leave_out
from sampling.recipe_document import Verbalized
from sampling.stated_probabilities import answers_with_probabilities
from sampling.wordings import wording

VERBALIZED = "verbalized"
LEAST_WEIGHT = 1e-9
"""Of an answer that is said to be impossible: it was written all the same."""


def candidates(order: Order) -> Method:
    """Yield requests, one at a time; return k drafts drawn from a pool, in the order in which they were written.

    While fewer than k answers are fit, another completion is asked for, and what is fit of it is added to the pool.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    how = order.recipe.verbalized
    assert how is not None, "recipes of this method say how to draw"
    gathered = Gathering(order)
    request = _request(order, how)
    for _round in range(order.recipe.tries):
        [reply] = yield [request]
        answers = answers_with_probabilities(reply.text, k=how.pool)
        parts = [Part(text, stated_probability=stated) for text, stated in answers]
        if len(parts) < 2:
            gathered.turn_down(reply, [part.text for part in parts])
            continue
        gathered.take(reply, parts, method=VERBALIZED, room=how.pool, delimited=True)
        if len(gathered.drafts) >= order.recipe.candidates:
            chosen = drawn(gathered.drafts, order.recipe.candidates, how, random=order.random())
            leave_out(gathered.drafts, chosen=chosen, reason="not-drawn")
            return chosen
    raise gathered.failure()


def _request(order: Order, how: Verbalized) -> Request:
    tail = how.draw == "tail"
    name, below = ("verbalized-tail", f"{how.tail_below:g}") if tail else ("verbalized", "")
    instruction = wording(name, language=order.language, k=how.pool, below=below)
    return Request(messages=order.instructed(instruction), purpose="set", answers=how.pool)


def drawn(pool: list[Draft], k: int, how: Verbalized, *, random: Random) -> list[Draft]:
    """Draw k of a pool of answers without replacement; the result keeps the order of the pool."""
    stated = [draft.stated_probability for draft in pool]
    chosen = _from_tail(stated, k, how.tail_below, random) if how.draw == "tail" else _in_proportion(stated, k, random)
    return [pool[place] for place in sorted(chosen)]


def _from_tail(stated: list[float | None], k: int, below: float, random: Random) -> list[int]:
    """Draw places at random among those below; where these are too few, all of them and the least probable others.

    An answer without a probability counts as the most probable.
    """
    weights = [1.0 if probability is None else probability for probability in stated]
    tail = [place for place, weight in enumerate(weights) if weight < below]
    if len(tail) >= k:
        return random.sample(tail, k)
    return sorted(range(len(weights)), key=lambda place: weights[place])[:k]


def _in_proportion(stated: list[float | None], k: int, random: Random) -> list[int]:
    """Draw places one after the other, each in proportion to its probability among those that are left.

    An answer without a probability counts as much as the others on average.
    """
    known = [probability for probability in stated if probability is not None]
    usual = sum(known) / len(known) if known else 1.0
    weights = {
        place: max(usual if probability is None else probability, LEAST_WEIGHT)
        for place, probability in enumerate(stated)
    }
    chosen: list[int] = []
    while len(chosen) < k:
        [place] = random.choices(list(weights), weights=list(weights.values()))
        del weights[place]
        chosen.append(place)
    return chosen
