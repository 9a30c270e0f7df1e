"""What a method gave at its first try, before any repair: the texts on which it is judged as a sampler.

Repairing a set changes how its answers correlate, so figures on what was shown say nothing about the method alone.
Knows no Django.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sampling.asking import Order, Reply
from sampling.methods import name_of
from sampling.methods.community import OVERTON
from sampling.methods.negatively_correlated import ORDINARY

_BESIDE = {"ordinary": ORDINARY, "overton": OVERTON}
"""What is asked for beside a method's own answers, by the purpose of the request."""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """One answer of a first try, fit or not."""

    text: str
    """Tidied."""
    method: str
    condition: str
    faults: list[str]
    reply: Reply


def first_try(rounds: Sequence[Sequence[Reply]], *, order: Order) -> list[Raw]:
    """Return the answers of a set's first try in order: as many as the set has, or fewer where fewer came.

    For most methods these are the answers of the first round. Methods that ask step by step (sequential) are judged by
    the first answer at each step; those that draw a set from a pool by what was drawn.

    :param rounds: The replies to each round of requests; comments, choices and scores are no answers and passed over.
    """
    method = name_of(order)
    asked = [found for replies in rounds if (found := [reply for reply in replies if _is_answer(reply)])]
    if method == "sequential":
        return list(_of(_first_at_each_step(asked), method))
    if method == "select" or (method == "verbalized" and len(asked) == 1):
        return [raw for raw in _of(asked, method) if not raw.faults]
    return list(_of(asked[:1], method))[: order.recipe.candidates]


def _is_answer(reply: Reply) -> bool:
    return reply.request.purpose not in {"comment", "choice"} and not reply.request.options


def _first_at_each_step(rounds: Sequence[Sequence[Reply]]) -> list[Sequence[Reply]]:
    """Return the rounds that do not repeat the one before."""
    accepted = [True, *(not any(reply.rejected for reply in replies) for replies in rounds)]
    return [replies for replies, is_new in zip(rounds, accepted, strict=False) if is_new]


def _of(rounds: Sequence[Sequence[Reply]], method: str) -> Iterator[Raw]:
    for reply in (reply for replies in rounds for reply in replies):
        # No texts stand beside the faults where nothing could be told apart.
        for text, faults in list(zip(reply.texts, reply.parts, strict=False))[: reply.request.answers]:
            yield Raw(
                text=text,
                method=_BESIDE.get(reply.request.purpose, method),
                condition=reply.request.condition,
                faults=faults,
                reply=reply,
            )
