"""Answers asked for one by one, all at the same time: each has its own request, sent again until the answer is fit.

Knows no Django.
"""

from collections.abc import Generator, Sequence

from sampling import recipe_document
from sampling.asking import Draft, Order, Reply, Request
from sampling.methods.gathering import Gathering
from sampling.methods.voices import text_of
from sampling.recipe_document import Voice
from sampling.wordings import wording

OneEach = Generator[list[Request], list[Reply], list[Draft]]


def one_each(gathered: Gathering, requests: Sequence[Request], *, method: str, tries: int) -> OneEach:
    """Yield rounds of those requests that lack a fit answer; return one draft for each, in their order.

    :raises NoFitSet: when the tries are used up.
    """
    found: dict[int, Draft] = {}
    for _round in range(tries):
        lacking = [place for place in range(len(requests)) if place not in found]
        replies = yield [requests[place] for place in lacking]
        for place, reply in zip(lacking, replies, strict=True):
            if draft := gathered.take_one(reply, method=method):
                found[place] = draft
        found = {place: draft for place, draft in found.items() if gathered.holds(draft)}
        if len(found) == len(requests):
            return [found[place] for place in range(len(requests))]
    raise gathered.failure()


def ordinary(order: Order, *, purpose: str = "one", generator: recipe_document.Generator | None = None) -> Request:
    """Return the request for an answer as the model gives it by itself."""
    instruction = wording("ordinary", language=order.language, k=1)
    return Request(messages=order.instructed(instruction), purpose=purpose, generator=generator)


def spoken_for(order: Order, voice: Voice, *, generator: recipe_document.Generator | None = None) -> Request:
    """Return the request for an answer under one voice.

    :raises NoWording: if the voice says nothing in the order's language.
    """
    said = text_of(voice, order.language)
    instruction = wording("value-conditioned", language=order.language, k=1, voice=said)
    return Request(messages=order.instructed(instruction), purpose="one", generator=generator, condition=voice.key)
