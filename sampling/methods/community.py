"""Modular Pluralism: community models comment, and a base model answers from their comments.

Feng et al. 2024, arXiv 2406.15951, section 2. Every community of the pool comments on the message. For each of k
communities the base model then answers from the one comment of all that best reflects that community's attribute
(steerable), and at most one answer, the last, takes up all comments (Overton).
"""

from collections.abc import Generator, Sequence
from dataclasses import replace
from math import inf

from sampling.asking import Draft, Method, NoFitSet, Order, Reply, Request
from sampling.methods.choosing import best_reflecting
from sampling.methods.gathering import Gathering
from sampling.methods.given import as_paragraphs
from sampling.methods.singly import one_each
from sampling.methods.voices import drawn
from sampling.recipe_document import Communities, Community, Lengths
from sampling.wordings import NoWording, wording

COMMUNITY = "community"
OVERTON = "community-overton"


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts, in the order in which the recipe lists their communities.

    :raises NoFitSet: when comments or answers have used up the recipe's tries.
    :raises NoWording: if a community's attribute says nothing in the order's language.
    """
    communities = _communities(order)
    answered_for = drawn(order, communities.pool, order.recipe.candidates - communities.overton)
    attributes = {community.key: attribute_of(community, order.language) for community in answered_for}
    comments = yield from comments_of(order, communities.pool)
    chosen = yield from best_reflecting(order, attributes, comments)
    from_one = [steered(order, comments[place], condition=key) for key, place in zip(attributes, chosen, strict=True)]
    from_all = [overton(order, comments)] if communities.overton else []
    return (yield from _answers(order, from_one + from_all))


def comments_of(order: Order, pool: Sequence[Community]) -> Generator[list[Request], list[Reply], list[str]]:
    """Yield rounds of requests; return what each community says about the message, in the pool's order.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    # Communities may agree, and one may be brief where another is not: comments are not shown side by side.
    lengths = (order.recipe.lengths or Lengths()).model_copy(update={"times": inf})
    lenient = replace(order, recipe=order.recipe.model_copy(update={"alike": "allow", "lengths": lengths}))
    said = wording("comment", language=order.language)
    requests = [
        Request(
            messages=order.instructed(said),
            purpose="comment",
            generator=community.generator,
            condition=community.key,
        )
        for community in pool
    ]
    try:
        drafts = yield from one_each(Gathering(lenient), requests, method="comment", tries=order.recipe.tries)
    except NoFitSet as failure:
        # A comment is no answer that something else could be added to.
        raise NoFitSet(failure.reasons) from failure
    return [draft.text for draft in drafts]


def steered(order: Order, comment: str, *, condition: str = "") -> Request:
    """Return the request for an answer that reflects one comment."""
    words = as_paragraphs([comment]) + wording("steered", language=order.language)
    return Request(messages=order.instructed(words), purpose="steered", condition=condition)


def overton(order: Order, comments: Sequence[str]) -> Request:
    """Return the request for an answer that takes up all comments."""
    words = as_paragraphs(comments) + wording("overton", language=order.language)
    return Request(messages=order.instructed(words), purpose="overton")


def attribute_of(community: Community, language: str) -> str:
    """Return what a community stands for, in a language.

    :raises NoWording: if it is not worded there.
    """
    try:
        return community.attribute[language]
    except KeyError:
        raise NoWording(f"community {community.key} in {language}") from None


def _communities(order: Order) -> Communities:
    assert order.recipe.communities is not None, "recipes of this method list communities"
    return order.recipe.communities


def _answers(order: Order, requests: list[Request]) -> Method:
    try:
        drafts = yield from one_each(Gathering(order), requests, method=COMMUNITY, tries=order.recipe.tries)
    except NoFitSet as failure:
        raise NoFitSet(failure.reasons, _by_what_they_are(failure.drafts)) from failure
    return _by_what_they_are(drafts)


def _by_what_they_are(drafts: Sequence[Draft]) -> list[Draft]:
    return [replace(draft, method=OVERTON) if draft.reply.request.purpose == "overton" else draft for draft in drafts]
