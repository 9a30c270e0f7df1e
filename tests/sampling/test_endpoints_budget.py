"""A budget stops before it is passed, however many ask at the same moment, and whatever becomes of them."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from sampling import spending
from sampling.endpoints import Endpoint
from sampling.generators.chat_completions import most_prompt_tokens
from sampling.models import CandidateSet, Spending
from sampling.spending import BudgetSpent, Spent, reserved
from tests.concurrency import at_once
from tests.sampling import misbehaving_server as it
from tests.sampling.conftest import DEMO_MODEL
from tests.sampling.misbehaving_server import serving
from tests.sampling.workers import Workers

pytestmark = pytest.mark.django_db

Ask = Callable[..., CandidateSet]

PRICES = {"currency": "EUR", "input": 1_000_000, "output": 1_000_000}
FILL = """
import sys, django
django.setup()
from sampling.generation import fill
fill(candidate_set_id=int(sys.argv[1]))
"""
CALL = Spent(requests=1, tokens=100, cost=0.5)


def lab(**budget: Any) -> Endpoint:
    fields = {"name": "lab", "base_url": "https://x.org", "prices": PRICES, "budget": budget}
    return Endpoint.model_validate(fields)


def counted() -> Spent:
    row = Spending.objects.get(endpoint="lab")
    return Spent(requests=row.requests, tokens=row.tokens, cost=row.cost)


def take(endpoint: Endpoint, comes_to: Spent | None = None) -> None:
    with reserved(endpoint=endpoint, most=CALL) as bill:
        bill.comes_to = comes_to or bill.comes_to


def test_a_call_is_counted_at_its_most_and_then_at_what_it_came_to() -> None:
    with reserved(endpoint=lab(), most=CALL) as bill:
        assert counted() == CALL
        bill.comes_to = Spent(requests=1, tokens=30, cost=0.1)
    assert (counted().requests, counted().tokens) == (1, 30)
    assert counted().cost == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("budget", "fit"),
    [
        ({"requests": 3}, 3),
        ({"tokens": 399}, 3),
        ({"tokens": 400}, 4),
        ({"cost": 1.99}, 3),
        ({"cost": 2.0}, 4),
        ({"requests": 9, "tokens": 900, "cost": 1.2}, 2),
        ({"requests": 0}, 0),
        ({"tokens": 99}, 0),
        ({"cost": 0}, 0),
    ],
)
def test_the_call_that_could_pass_a_limit_is_not_made(budget: dict[str, float], fit: int) -> None:
    endpoint = lab(**budget)
    for _call in range(fit):
        take(endpoint)
    with pytest.raises(BudgetSpent):
        take(endpoint)
    assert counted() == Spent(requests=fit, tokens=100 * fit, cost=0.5 * fit)


def test_what_a_call_did_not_need_is_there_for_the_next() -> None:
    endpoint = lab(tokens=120)
    for _call in range(3):
        take(endpoint, Spent(requests=1, tokens=5))
    assert counted().tokens == 15


def test_where_a_call_fails_in_an_unknown_way_its_most_stays_counted() -> None:
    def fail() -> None:
        with reserved(endpoint=lab(), most=CALL):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counted() == CALL


def test_counters_that_are_set_to_0_meanwhile_do_not_fall_below() -> None:
    with reserved(endpoint=lab(), most=CALL) as bill:
        assert spending.reset(name="lab")
        bill.comes_to = Spent()
    assert counted() == Spent()


def test_a_limit_that_was_raised_lets_calls_go_on() -> None:
    take(lab(requests=1))
    with pytest.raises(BudgetSpent):
        take(lab(requests=1))
    take(lab(requests=2))
    assert counted().requests == 2


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(settings.BASE_DIR / DEMO_MODEL / "tokenizer.json"))


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_no_conversation_has_more_tokens_than_are_counted_for_it(tokenizer: Tokenizer, texts: list[str]) -> None:
    messages = [{"role": "user", "content": text} for text in texts]
    assert sum(len(tokenizer.encode(text).ids) for text in texts) <= most_prompt_tokens(messages)


@pytest.mark.django_db(transaction=True)
def test_of_two_calls_at_the_same_moment_only_as_many_are_made_as_fit() -> None:
    endpoint = lab(requests=1)
    Spending.objects.create(endpoint="lab")
    for _round in range(5):
        Spending.objects.update(requests=0, tokens=0, cost=0)
        outcomes = at_once(*[lambda: take(endpoint)] * 6)
        assert sum(isinstance(outcome, BudgetSpent) for outcome in outcomes) == 5
        assert counted() == CALL


@pytest.mark.django_db(transaction=True)
def test_a_call_waits_for_one_that_is_being_counted_and_then_looks_again() -> None:
    endpoint = lab(requests=1)
    Spending.objects.create(endpoint="lab")
    outcomes: list[Any] = []
    other = threading.Thread(target=lambda: outcomes.extend(at_once(lambda: take(endpoint))))
    with transaction.atomic():
        take(endpoint)
        other.start()
        # Until this is committed, the other one would read that nothing was spent.
        other.join(timeout=0.5)
        assert other.is_alive()
    other.join(timeout=10)
    assert [type(outcome) for outcome in outcomes] == [BudgetSpent]
    assert counted() == CALL


# ---- the whole way --------------------------------------------------------------------------------------------------
def test_a_set_fails_when_the_budget_is_used_up_and_can_be_written_when_it_is_raised(ask: Ask) -> None:
    with serving() as server:
        assert ask(server.base_url, budget={"requests": 1}).status == "ready"
        stopped = ask(server.base_url, budget={"requests": 1})
        assert stopped.failure == "budget-spent"
        assert stopped.failure_detail == "lab: one more call could pass its budget: requests 1"
        assert ask(server.base_url, budget={"requests": 2}).status == "ready"
    assert len(server.calls) == 2


def test_a_call_counts_what_the_endpoint_says_it_used(ask: Ask) -> None:
    with serving() as server:
        ask(server.base_url, prices=PRICES, budget={"tokens": 10**6})
    assert counted() == Spent(requests=1, tokens=90, cost=90.0)


def test_the_most_that_a_call_can_use_must_fit(ask: Ask) -> None:
    with serving() as server:
        # 640 new tokens, and one for every byte of what is asked.
        assert ask(server.base_url, budget={"tokens": 700}).failure == "budget-spent"
        assert ask(server.base_url, budget={"tokens": 2000}).status == "ready"
    assert len(server.calls) == 1


def test_sendings_that_were_refused_count_as_requests_alone(ask: Ask) -> None:
    with serving(it.status(503), it.status(503)) as server:
        ask(server.base_url)
    assert counted() == Spent(requests=3, tokens=90)


def test_sendings_stop_where_the_budget_does(ask: Ask) -> None:
    with serving(*[it.status(503)] * 9) as server:
        candidate_set = ask(server.base_url, budget={"requests": 2})
    assert candidate_set.failure == "budget-spent"
    assert len(server.calls) == 2


@pytest.mark.django_db(transaction=True)
def test_the_call_of_a_worker_that_was_killed_stays_counted_at_its_most(
    ask: Ask, make_set: Any, tmp_path: Path, settings: Any
) -> None:
    with serving() as server:
        recipe = ask(server.base_url).recipe
    Spending.objects.all().delete()
    with serving(it.hang) as server:
        listed = f"- {{name: lab, base_url: {server.base_url!r}, addresses: [127.0.0.1]}}"
        (tmp_path / "endpoints.yaml").write_text(listed)
        workers = Workers(tmp_path, settings.CELERY_BROKER_URL)
        workers.settings |= {"ENDPOINTS": str(tmp_path / "endpoints.yaml"), "DJANGO_SETTINGS_MODULE": "config.settings"}
        process = workers.start_program("-c", FILL, str(make_set(recipe=recipe).pk))
        try:
            workers.wait_until(lambda: bool(server.calls), seconds=60)
        finally:
            process.kill()
            process.wait()
    assert counted().requests == 1
    assert counted().tokens > 640


# ---- the command ----------------------------------------------------------------------------------------------------
def test_the_command_shows_what_was_spent(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ENDPOINTS = {
        "lab": lab(requests=1000, tokens=2_000_000, cost=20),
        "new": Endpoint(name="new", base_url="https://y.org"),
    }
    take(settings.ENDPOINTS["lab"])
    Spending.objects.create(endpoint="old", requests=1_234_567)
    call_command("show_spending")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["endpoint", "requests", "tokens", "cost", "budget"],
        ["lab", "1", "100", "0.50", "EUR", "requests", "1,000,", "tokens", "2,000,000,", "EUR", "20.00"],
        ["new", "0", "0", "0.00", "no", "limit"],
        ["old", "1,234,567", "0", "0.00", "not", "on", "the", "list"],
    ]


def test_the_command_begins_a_budget_anew(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ENDPOINTS = {"lab": lab(requests=1)}
    take(settings.ENDPOINTS["lab"])
    call_command("show_spending", reset="lab")
    take(settings.ENDPOINTS["lab"])
    with pytest.raises(CommandError, match="Nothing was counted for other"):
        call_command("show_spending", reset="other")


def test_without_endpoints_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("show_spending")
    assert capsys.readouterr().out == "No endpoint is listed, and none was asked.\n"
