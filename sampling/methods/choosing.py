"""Which of several comments reflects what best, in the eyes of the recipe's own model. Knows no Django.

In Modular Pluralism (Feng et al. 2024, arXiv 2406.15951, section 2, "steerable") the base model is shown all comments
and asked for the number of the one that best reflects an attribute. That is done here where the generator gives nothing
but text. Where it gives probabilities, they are compared instead: the comment is chosen that the attribute makes most
probable, log P(comment | attribute) - log P(comment). No comment gains by its length, its fluency or its place in a
list, and models that are too small for a multiple choice can do it too.
"""

import re
from collections.abc import Generator, Sequence

import numpy as np

from sampling.asking import Order, Reply, Request
from sampling.wordings import wording

Choosing = Generator[list[Request], list[Reply], list[int]]

CAN_SCORE = {"huggingface"}
"""Generators that say how probable a given text is."""

PURPOSE = "choice"
SURE = 0.1
"""The temperature at which a number is asked for, as in the authors' code."""


def best_reflecting(order: Order, attributes: dict[str, str], comments: Sequence[str]) -> Choosing:
    """Yield at most one round of requests; return for each attribute the place of the comment that reflects it best.

    :param attributes: What comments are held against, by the keys under which it is recorded.
    """
    base = order.recipe.generator
    if len(comments) == 1:
        return [0] * len(attributes)
    if base is not None and base.name in CAN_SCORE:
        return (yield from _by_probability(order, attributes, comments))
    return (yield from _by_number(order, attributes, comments))


def best_placed(order: Order, attributes: Sequence[str]) -> Choosing:
    """Yield at most one round of requests; return the place of the community that could best help, in a list of one.

    The mixture-of-experts baseline of the paper: the base model goes by what communities are, not by what they say.
    """
    if len(attributes) == 1:
        return [0]
    listed = "; ".join(f"{number}: {attribute}" for number, attribute in enumerate(attributes, start=1))
    numbers = tuple(str(number) for number in range(1, len(attributes) + 1))
    base = order.recipe.generator
    [reply] = yield [
        Request(
            messages=order.instructed(wording("choose-community", language=order.language, options=listed)),
            purpose=PURPOSE,
            options=numbers if base is not None and base.name in CAN_SCORE else (),
            decoding=order.recipe.decoding.model_copy(update={"temperature": SURE}),
        )
    ]
    if reply.scores:
        return [reply.scores.index(max(reply.scores))]
    return [(number_in(reply.text, most=len(attributes)) or order.random().randint(1, len(attributes))) - 1]


def number_in(text: str, *, most: int) -> int | None:
    """Return the first number from 1 to `most` in a text, in the digits of any script; None where there is none."""
    return next((int(found) for found in re.findall(r"\d+", text) if 1 <= int(found) <= most), None)


def _by_probability(order: Order, attributes: dict[str, str], comments: Sequence[str]) -> Choosing:
    said = {key: wording("value-conditioned", language=order.language, voice=text) for key, text in attributes.items()}
    plain = wording("ordinary", language=order.language)
    replies = yield [
        Request(messages=order.instructed(words), purpose=PURPOSE, options=tuple(comments), condition=key)
        for key, words in [*said.items(), ("", plain)]
    ]
    scores = np.array([reply.scores for reply in replies])
    return [int(place) for place in (scores[:-1] - scores[-1]).argmax(axis=1)]


def _by_number(order: Order, attributes: dict[str, str], comments: Sequence[str]) -> Choosing:
    listed = "".join(f"### {number}. {comment}\n\n" for number, comment in enumerate(comments, start=1))
    sure = order.recipe.decoding.model_copy(update={"temperature": SURE})
    replies = yield [
        Request(
            messages=order.instructed(listed + wording("choose-comment", language=order.language, voice=text)),
            purpose=PURPOSE,
            decoding=sure,
            condition=key,
        )
        for key, text in attributes.items()
    ]
    random = order.random()
    # In the rare event of no number any comment is taken, as in the authors' code.
    numbers = [number_in(reply.text, most=len(comments)) or random.randint(1, len(comments)) for reply in replies]
    return [number - 1 for number in numbers]
