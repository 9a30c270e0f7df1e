"""Modular Pluralism beside its baselines, on the same messages and with the same comments.

The baselines are those of Feng et al. 2024 (arXiv 2406.15951, section 3): the base model as it is (vanilla), asked for
diverse values (prompting), and answering from the comment of one community that it picks itself (mixture of experts).
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sampling.asking import NoFitSet, Order, Reply, Request
from sampling.checks import faults, tidied
from sampling.communities.sentences import sentences
from sampling.generators.interface import GeneratorFailed
from sampling.methods.choosing import best_placed, best_reflecting
from sampling.methods.community import attribute_of, comments_of, overton, steered
from sampling.methods.singly import ordinary
from sampling.recipe_document import Community, RecipeDocument
from sampling.wordings import NoWording, wording

VANILLA, PROMPTING, EXPERTS = "vanilla", "prompting", "mixture of experts"
OVERTON, STEERABLE = "Overton", "steerable"
APPROACHES = (VANILLA, PROMPTING, EXPERTS, OVERTON, STEERABLE)


class CommunitiesDisagree(Exception):
    """Two recipes use one key for different communities."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one approach answered to one message."""

    recipe: str
    approach: str
    condition: str
    """The key of the community it was made for, or whose comment was picked; empty where there is none."""
    made_from: tuple[str, ...]
    """The comments it was made from."""
    text: str
    faults: list[str]
    new_tokens: int | None
    seconds: float | None

    def sentences(self) -> list[str]:
        """Return what is held against comments."""
        return sentences(self.text)


@dataclass(kw_only=True)
class Compared:
    """One message with all that was said to it."""

    comments: dict[str, str] = field(default_factory=dict)
    """What each community of any recipe said, by its key."""
    answers: list[Answer] = field(default_factory=list)
    failure: str = ""
    """Why there are no answers."""


T = TypeVar("T")
Answered = Callable[[Sequence[Request]], list[Reply]]


def everybody(recipes: dict[str, RecipeDocument]) -> list[Community]:
    """Return the communities of all recipes, each once.

    :raises CommunitiesDisagree: if one key stands for different ones.
    """
    known: dict[str, Community] = {}
    for recipe in recipes.values():
        for community in recipe.communities.pool if recipe.communities else []:
            if known.setdefault(community.key, community) != community:
                raise CommunitiesDisagree(f"{community.key} is not the same community in all recipes")
    return list(known.values())


def compare(orders: Mapping[str, Order], answered: Mapping[str, Answered]) -> Compared:
    """Let every recipe answer one message by every approach.

    Each community comments once, whatever number of recipes has it: what a recipe leaves uncovered for want of a
    community is held against it, so that a pool before and after one was added can be compared.

    :param orders: The same message for each recipe, by the recipes' names.
    :param answered: Who carries a recipe's requests to its generators.
    """
    compared = Compared()
    try:
        pool = everybody({name: order.recipe for name, order in orders.items()})
        first = next(iter(orders))
        said = _run(comments_of(orders[first], pool), answered[first])
        compared.comments = {community.key: text for community, text in zip(pool, said, strict=True)}
        for name, order in orders.items():
            compared.answers += _run(_answers(name, order, compared.comments), answered[name])
    except NoFitSet as failure:
        compared.failure = f"no comments: {failure}"
    except NoWording as failure:
        compared.failure = f"no wording for {failure}"
    except GeneratorFailed as failure:
        compared.failure = str(failure)
    return compared


def _run(steps: Generator[list[Request], list[Reply], T], answered: Answered) -> T:
    try:
        requests = next(steps)
        while True:
            requests = steps.send(answered(requests))
    except StopIteration as end:
        result: T = end.value
        return result


def _answers(name: str, order: Order, comments: dict[str, str]) -> Generator[list[Request], list[Reply], list[Answer]]:
    assert order.recipe.communities is not None, "only recipes with communities are compared"
    own = {community.key: community for community in order.recipe.communities.pool}
    attributes = {key: attribute_of(community, order.language) for key, community in own.items()}
    said = [comments[key] for key in own]
    reflecting = yield from best_reflecting(order, attributes, said)
    [expert] = yield from best_placed(order, list(attributes.values()))
    asked = list(_asked(order, list(own), said, reflecting, expert))
    replies = yield [request for _approach, request, _made_from in asked]
    return [
        _answer(name, order, approach, reply, made_from)
        for (approach, _request, made_from), reply in zip(asked, replies, strict=True)
    ]


def _asked(
    order: Order, keys: list[str], said: list[str], reflecting: list[int], expert: int
) -> Iterator[tuple[str, Request, tuple[str, ...]]]:
    """Yield every approach with its request and the comments this stands on."""
    yield VANILLA, ordinary(order), ()
    every_view = wording("every-view", language=order.language)
    yield PROMPTING, Request(messages=order.instructed(every_view), purpose="one"), ()
    yield EXPERTS, steered(order, said[expert], condition=keys[expert]), (said[expert],)
    yield OVERTON, overton(order, said), tuple(said)
    for key, place in zip(keys, reflecting, strict=True):
        yield STEERABLE, steered(order, said[place], condition=key), (said[place],)


def _answer(name: str, order: Order, approach: str, reply: Reply, made_from: tuple[str, ...]) -> Answer:
    text = tidied(reply.text)
    return Answer(
        recipe=name,
        approach=approach,
        condition=reply.request.condition,
        made_from=made_from,
        text=text,
        faults=faults(text, standards=order.standards, cut_off=reply.was_cut_off),
        new_tokens=reply.new_tokens,
        seconds=reply.seconds,
    )
