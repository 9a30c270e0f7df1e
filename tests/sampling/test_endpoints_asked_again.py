"""A call that may succeed the next time is sent again, a little later each time, and not for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest

from sampling import generators
from sampling.generation import fill
from sampling.generators import calling
from sampling.generators.chat_completions import read
from sampling.generators.connecting import EndpointAway, Response
from sampling.generators.interface import ENDING
from sampling.models import CandidateSet
from tests.sampling import misbehaving_server as it
from tests.sampling.misbehaving_server import ANSWERS, WHOLE, Behaviour, serving

pytestmark = pytest.mark.django_db

Ask = Callable[..., CandidateSet]


@pytest.fixture
def _not_ending() -> Iterator[None]:
    yield
    ENDING.clear()


@pytest.mark.parametrize(
    "behaviour",
    [it.status(429), it.status(500), it.status(503), it.status(529), it.reset(), it.raw(b""), it.hang],
    ids=["429", "500", "503", "529", "reset", "closed", "hangs"],
)
def test_a_fault_that_passes_is_not_noticed(ask: Ask, behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        candidate_set = ask(server.base_url, timeout_seconds=1)
    assert candidate_set.status == "ready"
    assert candidate_set.completions.get().sent == 2
    assert len(server.calls) == 2


def test_pauses_grow_and_are_never_the_same() -> None:
    class State:
        outcome = None

        def __init__(self, attempt_number: int) -> None:
            self.attempt_number = attempt_number

    pauses = [[calling._pause(State(number)) for _ in range(50)] for number in (1, 2, 3, 4)]  # type: ignore[arg-type]
    assert all(max(earlier) <= min(later) for earlier, later in pairwise(pauses))
    assert all(len(set(some)) == 50 for some in pauses)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        (format_datetime(datetime.now(UTC) + timedelta(seconds=3600)), 3000, 3600),
        (format_datetime(datetime.now(UTC) - timedelta(seconds=60)), 0, 0),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("9" * 5000, 0, 0),
        ("", 0, 0),
    ],
    ids=["seconds", "a date", "a date that is over", "a word", "less than nothing", "without end", "nothing"],
)
def test_retry_after_is_read_as_seconds_or_a_date(said: str, least: float, most: float) -> None:
    with pytest.raises(EndpointAway) as told:
        read(Response(status=429, headers={"retry-after": said}, body=b""), model="m")
    assert least <= told.value.wait_seconds <= most


def test_an_endpoint_is_left_alone_as_long_as_it_asks(ask: Ask) -> None:
    begun = time.monotonic()
    with serving(it.status(429, Retry_After="1")) as server:
        assert ask(server.base_url).status == "ready"
    assert time.monotonic() - begun >= 1


def test_an_endpoint_that_asks_for_more_patience_than_there_is_is_given_up_at_once(ask: Ask) -> None:
    begun = time.monotonic()
    with serving(it.status(429, Retry_After="3600")) as server:
        candidate_set = ask(server.base_url)
    assert candidate_set.failure == "endpoint-away"
    assert time.monotonic() - begun < 5
    assert len(server.calls) == 1


def test_what_was_answered_beside_a_failure_is_kept(ask: Ask) -> None:
    script = [it.says(ANSWERS[0]), it.slowly(0.1), it.status(401)]
    with serving(*script) as server:
        candidate_set = ask(server.base_url, {"method": "independent", "candidates": 8}, in_flight=3)
    # Two were answered, one was refused, and of the rest none had to be asked for any more that had not begun.
    assert candidate_set.failure == "endpoint-refused"
    assert len(server.calls) < 8
    kept = list(candidate_set.completions.values_list("text", "rejected"))
    assert {ANSWERS[0], WHOLE} <= {text for text, _ in kept}
    assert {rejected for _, rejected in kept} == {"endpoint-refused"}


def test_what_came_of_a_row_before_it_failed_is_kept(ask: Ask) -> None:
    with serving(it.says(*ANSWERS[:3]), it.status(401)) as server:
        candidate_set = ask(server.base_url, {"method": "independent"}, offers={"n": True})
    assert candidate_set.failure == "endpoint-refused"
    assert candidate_set.completions.count() == 3


@pytest.mark.parametrize("script", [[it.hang], [it.status(503, Retry_After="30")]], ids=["answering", "pausing"])
@pytest.mark.usefixtures("_not_ending")
def test_a_worker_that_is_told_to_stop_hands_its_set_back_within_seconds(
    make_set: Any, ask: Ask, settings: Any, script: list[Behaviour]
) -> None:
    with serving() as server:
        first = ask(server.base_url, timeout_seconds=60)
    with serving(*script) as server:
        settings.ENDPOINTS = {"lab": settings.ENDPOINTS["lab"].model_copy(update={"base_url": server.base_url})}
        candidate_set = make_set(recipe=first.recipe)
        stop = threading.Timer(0.5, ENDING.set)
        stop.start()
        begun = time.monotonic()
        assert not fill(candidate_set_id=candidate_set.pk)
    assert time.monotonic() - begun < 5
    candidate_set.refresh_from_db()
    assert candidate_set.status == "requested"


@pytest.mark.usefixtures("_not_ending")
def test_stopping_the_generators_ends_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "ENGINES", generators.ENGINES.__class__())
    generators.stop()
    assert ENDING.is_set()


def test_what_other_generators_answered_beside_a_failure_is_kept(ask: Ask) -> None:
    def by_model(handler: it.Handler, body: dict[str, Any]) -> None:
        behave = it.status(401) if body["model"] == "d" else it.says(ANSWERS["abc".index(body["model"])])
        behave(handler, body)

    generators = [{"name": "openai-compatible", "endpoint": "lab", "model": name} for name in "abcd"]
    with serving(*[by_model] * 4) as server:
        candidate_set = ask(server.base_url, {"method": "models", "generator": None, "generators": generators})
    assert candidate_set.failure == "endpoint-refused"
    kept = candidate_set.completions.order_by("model").values_list("model", "text", "rejected")
    assert list(kept) == [(name, ANSWERS["abc".index(name)], "endpoint-refused") for name in "abc"]
