"""Whatever an endpoint does, a set that asks it ends in a state that says so, and nothing waits for ever."""

import gzip
import json
import time
from collections.abc import Callable
from itertools import chain

import pytest

from sampling import reasons
from sampling.models import CandidateSet, Spending
from tests.sampling import misbehaving_server as it
from tests.sampling.misbehaving_server import Behaviour, serving

pytestmark = pytest.mark.django_db

Ask = Callable[..., CandidateSet]

BEGINNING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
ELSEWHERE = "http://127.0.0.1:1/v1/chat/completions"

FOR_EVER: dict[str, tuple[Behaviour, str, str]] = {
    "too many requests": (it.status(429), "endpoint-away", "it answered 429: scripted t"),
    "an error of its own": (it.status(500), "endpoint-away", "it answered 500"),
    "a proxy without a server": (it.body(b"Bad gateway", 502), "endpoint-away", "it answered 502: Bad gateway"),
    "a reset before the answer": (it.reset(), "endpoint-away", "it did not answer to the end"),
    "a reset in the answer": (it.reset(BEGINNING + b'{"choices":'), "endpoint-away", "it did not answer to the end"),
    "a close in the answer": (it.raw(BEGINNING + b"{"), "endpoint-away", "it did not answer to the end"),
    "what is no HTTP": (it.raw(b"220 mail.example.org ESMTP\r\n"), "endpoint-away", "it did not answer to the end"),
    "a quota that is used up": (it.status(429, "insufficient_quota"), "endpoint-refused", "insufficient_quota"),
    "a wrong key": (it.status(401), "endpoint-refused", "it answered 401: scripted t"),
    "no right": (it.status(403), "endpoint-refused", "it answered 403"),
    "no money": (it.status(402), "endpoint-refused", "it answered 402"),
    "a request that is not understood": (
        it.body(b'{"detail": [{"loc": ["body"], "msg": "no"}]}', 422),
        "endpoint-refused",
        'it answered 422: {"detail": [{"loc": ["body"], "msg": "no"}]}',
    ),
    "no such model": (it.status(404, "The model m does not exist"), "endpoint-refused", "The model m does not exist"),
    "a bad request": (it.status(400), "endpoint-refused", "it answered 400"),
    "another place": (it.status(307, Location=ELSEWHERE), "endpoint-refused", "it answered 307, which leads elsewhere"),
    "an error as a success": (it.body(b'{"error": {"message": "no GPU"}}'), "endpoint-refused", "an error: no GPU"),
    "a conversation that is too long": (
        it.status(400, "This model's maximum context length is 4096 tokens."),
        "prompt-too-long",
        "maximum context length",
    ),
    "a body that is too long": (it.status(413), "prompt-too-long", "it answered 413"),
    "a page": (it.body(b"<html>Hello</html>", Content_Type="text/html"), "endpoint-nonsense", "(text/html)"),
    "JSON that breaks off": (it.body(b'{"choices": [{"mess'), "endpoint-nonsense", "is no chat completion"),
    "a stream nobody asked for": (
        it.body(b'data: {"choices": []}\n\ndata: [DONE]\n\n', Content_Type="text/event-stream"),
        "endpoint-nonsense",
        "(text/event-stream)",
    ),
    "no choices": (it.says(choices=[]), "endpoint-nonsense", "choices"),
    "choices that are none": (it.says(choices={"a": 1}), "endpoint-nonsense", "choices"),
    "a choice without a message": (it.says(choices=[{"index": 0}]), "endpoint-nonsense", "choices.0.message"),
    "a text that is a number": (it.finishes("stop", 7), "endpoint-nonsense", "choices.0.message.content"),
    "a list": (it.body(b"[]"), "endpoint-nonsense", "is no chat completion"),
    "nothing": (it.body(b""), "endpoint-nonsense", "is no chat completion"),
    "bytes that are no text": (it.body(b'{"choices": "\xff\xfe"}'), "endpoint-nonsense", "is no chat completion"),
    "nesting beyond all measure": (it.body(b"[" * 50_000), "endpoint-nonsense", "is no chat completion"),
    "a bomb": (
        it.body(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"),
        "endpoint-nonsense",
        "is no chat completion",
    ),
    "a flood": (it.flood, "endpoint-nonsense", "it answered more than"),
}


@pytest.mark.parametrize("name", FOR_EVER)
def test_a_set_fails_and_says_why(ask: Ask, name: str) -> None:
    behaviour, code, detail = FOR_EVER[name]
    with serving(*[behaviour] * 20) as server:
        candidate_set = ask(server.base_url)
    assert (candidate_set.status, candidate_set.failure) == ("failed", code)
    assert candidate_set.failure_detail.startswith("lab: ")
    assert detail in candidate_set.failure_detail
    assert str(reasons.explain(code)).endswith(".")
    assert not candidate_set.candidates.exists()
    # What may be otherwise the next time is tried again, what will be the same is not.
    assert len(server.calls) == (6 if code == "endpoint-away" else 1)


@pytest.mark.parametrize(
    "behaviour",
    [it.hang, it.drip(), it.drip(b"HTTP/1.1 200 OK\r\nX: "), it.drip(BEGINNING)],
    ids=["hangs", "drips before", "drips in the headers", "drips in the body"],
)
def test_an_answer_that_never_ends_is_given_up_in_time(ask: Ask, behaviour: Behaviour) -> None:
    begun = time.monotonic()
    with serving(*[behaviour] * 9) as server:
        candidate_set = ask(server.base_url, timeout_seconds=0.4)
    assert time.monotonic() - begun < 10
    assert candidate_set.failure == "endpoint-away"
    assert "its time is over" in candidate_set.failure_detail
    assert len(server.calls) == 2
    # Nobody knows whether it was answered, and charged.
    assert Spending.objects.get().tokens > 2 * 640


def test_a_server_that_is_not_there_is_away(ask: Ask) -> None:
    with serving() as server:
        gone = server.base_url
    candidate_set = ask(gone)
    assert candidate_set.failure == "endpoint-away"
    assert "there is no connection to it" in candidate_set.failure_detail
    assert (Spending.objects.get().requests, Spending.objects.get().tokens) == (0, 0)


def test_a_name_that_is_not_known_is_away(ask: Ask) -> None:
    candidate_set = ask("http://nowhere.invalid/v1")
    assert candidate_set.failure == "endpoint-away"
    assert "its name nowhere.invalid is not known" in candidate_set.failure_detail


@pytest.mark.parametrize(
    ("behaviour", "stop_reason", "rejected"),
    [
        (it.finishes("stop", None), "stop", "too-few"),
        (it.finishes("stop", ""), "stop", "too-few"),
        (it.finishes("tool_calls", None, tool_calls=[{"id": "1", "type": "function"}]), "unknown", "too-few"),
        (it.finishes("stop", None, refusal="I will not."), "filtered", "too-few"),
        (it.finishes("content_filter", it.WHOLE[:200]), "filtered", "cut-off"),
        (it.finishes("length", it.WHOLE[:200]), "length", "cut-off"),
        (it.finishes("abort", it.WHOLE[:200]), "unknown", "cut-off"),
        (it.finishes(None, it.WHOLE[:200]), "unknown", "cut-off"),
    ],
    ids=["null", "empty", "a call of a tool", "a refusal", "filtered", "cut", "aborted", "for no reason"],
)
def test_a_completion_without_a_whole_set_is_kept_and_rejected(
    ask: Ask, behaviour: Behaviour, stop_reason: str, rejected: str
) -> None:
    with serving(behaviour) as server:
        candidate_set = ask(server.base_url)
    kept = candidate_set.completions.get()
    assert candidate_set.failure == "unfit"
    assert kept.stop_reason == stop_reason
    assert rejected in [kept.rejected, *chain.from_iterable(kept.parts)]


def test_the_other_sets_go_on(ask: Ask) -> None:
    with serving(it.body(b"nonsense")) as server:
        assert ask(server.base_url).failure == "endpoint-nonsense"
        assert ask(server.base_url).status == "ready"


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], "much", {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": 10**30}],
    ids=str,
)
def test_an_answer_that_does_not_say_what_it_took_is_used_and_counted_at_its_most(ask: Ask, usage: object) -> None:
    with serving(it.says(usage=usage)) as server:
        candidate_set = ask(server.base_url, prices={"currency": "EUR", "input": 1, "output": 1})
    assert candidate_set.status == "ready"
    used = candidate_set.completions.get()
    assert (used.prompt_tokens, used.new_tokens, used.cost) == (None, None, None)
    assert Spending.objects.get().tokens > 640


def test_what_a_server_says_of_its_errors_is_cut_and_cannot_pretend_to_be_anything_else(ask: Ask) -> None:
    hostile = "no\x1b[31m\n\u202eCRITICAL <script>" + "x" * 5000
    with serving(it.status(400, hostile)) as server:
        detail = ask(server.base_url).failure_detail
    assert detail.startswith("lab: it answered 400: no[31m CRITICAL <script>xxx")
    assert len(detail) < 400
    assert detail.isprintable()


def test_texts_that_no_database_can_hold_do_no_harm(ask: Ask) -> None:
    with serving(it.says(f"### A\0B\n\n{it.WHOLE}", system_fingerprint="a\0b", model="m\0")) as server:
        candidate_set = ask(server.base_url)
    assert candidate_set.status == "ready"
    used = candidate_set.completions.get()
    assert used.text.startswith("### A\ufffdB")
    assert used.revision == "m ab"


def test_half_a_character_is_no_text(ask: Ask) -> None:
    content = json.dumps(it.completion(f"{it.WHOLE} \ud800")).encode()
    with serving(it.body(content)) as server:
        assert ask(server.base_url).failure == "endpoint-nonsense"
