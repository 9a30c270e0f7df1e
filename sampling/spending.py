"""What endpoints were asked for: counted at its most before a call is made, and at what it came to afterwards.

A worker that is killed in the middle of a call leaves it counted at its most: the endpoint may well have charged it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import F, FloatField, Value
from django.db.models.functions import Greatest

from sampling.endpoints import Endpoint
from sampling.generators.interface import GeneratorFailed
from sampling.models import Spending


class BudgetSpent(GeneratorFailed):
    """One more call could pass the budget."""

    code = "budget-spent"


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a call takes."""

    requests: int = 0
    tokens: int = 0
    cost: float = 0.0
    """In the currency of the endpoint's prices."""


@dataclass
class Bill:
    """What a call came to; whoever makes it writes down what they learn."""

    comes_to: Spent


@contextmanager
def reserved(*, endpoint: Endpoint, most: Spent) -> Iterator[Bill]:
    """Take the most that a call can cost out of the budget; correct it to what the bill says when the block is left.

    :raises BudgetSpent: before anything is sent, if the budget could be passed.
    """
    if not _reserve(endpoint, most):
        raise BudgetSpent(f"one more call could pass its budget: {in_words(endpoint)}")
    bill = Bill(comes_to=most)
    try:
        yield bill
    finally:
        _settle(endpoint, most, bill.comes_to)


def reset(*, name: str) -> bool:
    """Begin an endpoint's budget anew; whether anything was counted for it."""
    return bool(Spending.objects.filter(endpoint=name).update(requests=0, tokens=0, cost=0))


def in_words(endpoint: Endpoint) -> str:
    """Return the limits of an endpoint's budget."""
    budget, prices = endpoint.budget, endpoint.prices
    limits = [
        f"requests {budget.requests:,}" if budget.requests is not None else "",
        f"tokens {budget.tokens:,}" if budget.tokens is not None else "",
        f"{prices.currency} {budget.cost:,.2f}" if budget.cost is not None and prices else "",
    ]
    return ", ".join(limit for limit in limits if limit) or "no limit"


def _reserve(endpoint: Endpoint, most: Spent) -> bool:
    Spending.objects.get_or_create(endpoint=endpoint.name)
    row, budget = Spending.objects.filter(endpoint=endpoint.name), endpoint.budget
    if budget.requests is not None:
        row = row.filter(requests__lte=budget.requests - most.requests)
    if budget.tokens is not None:
        row = row.filter(tokens__lte=budget.tokens - most.tokens)
    if budget.cost is not None:
        row = row.filter(cost__lte=budget.cost - most.cost)
    # The limits stand in the update itself: of two calls that both would fit alone, the second counts 0 here.
    return bool(
        row.update(requests=F("requests") + most.requests, tokens=F("tokens") + most.tokens, cost=F("cost") + most.cost)
    )


def _settle(endpoint: Endpoint, most: Spent, actual: Spent) -> None:
    # Somebody may have set the counters to 0 meanwhile.
    Spending.objects.filter(endpoint=endpoint.name).update(
        requests=Greatest(F("requests") + (actual.requests - most.requests), 0),
        tokens=Greatest(F("tokens") + (actual.tokens - most.tokens), 0),
        cost=Greatest(F("cost") + (actual.cost - most.cost), Value(0.0), output_field=FloatField()),
    )
