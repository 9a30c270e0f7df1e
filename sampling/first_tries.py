"""What a method gave at its first try, before any repair: the texts on which it is judged as a sampler.

Repairing a set changes how its answers correlate, so figures on what was shown say nothing about the method alone.
Knows no Django.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sampling.asking import Reply
from sampling.recipe_document import RecipeDocument


@dataclass(frozen=True, kw_only=True)
class Raw:
    """One answer of a first try, fit or not."""

    text: str
    """Tidied."""
    method: str
    condition: str
    faults: list[str]
    reply: Reply


def first_try(rounds: Sequence[Sequence[Reply]], *, recipe: RecipeDocument) -> list[Raw]:
    """Return the answers of a set's first try in order: as many as the set has, or fewer where fewer came.

    For most methods these are the answers of the first round. Methods that ask step by step (sequential) are judged by
    the first answer at each step; those that draw a set from a pool by what was drawn.

    :param rounds: The replies to each round of requests; comments, choices and scores are no answers and passed over.
    """
    asked = [found for replies in rounds if (found := [reply for reply in replies if _is_answer(reply)])]
    if recipe.method == "sequential":
        return list(_of(_first_at_each_step(asked), recipe))
    if recipe.method == "select" or (recipe.method == "verbalized" and len(asked) == 1):
        return [raw for raw in _of(asked, recipe) if not raw.faults]
    return list(_of(asked[:1], recipe))[: recipe.candidates]


def _is_answer(reply: Reply) -> bool:
    return reply.request.purpose not in {"comment", "choice"} and not reply.request.options


def _first_at_each_step(rounds: Sequence[Sequence[Reply]]) -> list[Sequence[Reply]]:
    """Return the rounds that do not repeat the one before."""
    accepted = [True, *(not any(reply.rejected for reply in replies) for replies in rounds)]
    return [replies for replies, is_new in zip(rounds, accepted, strict=False) if is_new]


def _of(rounds: Sequence[Sequence[Reply]], recipe: RecipeDocument) -> Iterator[Raw]:
    for reply in (reply for replies in rounds for reply in replies):
        # No texts stand beside the faults where nothing could be told apart.
        for text, faults in list(zip(reply.texts, reply.parts, strict=False))[: reply.request.answers]:
            yield Raw(
                text=text,
                method="ordinary" if reply.request.purpose == "ordinary" else recipe.method,
                condition=reply.request.condition,
                faults=faults,
                reply=reply,
            )
