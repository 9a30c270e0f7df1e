"""The key of an endpoint goes to the endpoint and to nobody else: not into logs, pages, rows or exceptions."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command

from config.logs import Line
from sampling import generators
from sampling.asking import Request
from sampling.generators.interface import GeneratorFailed, Progress
from sampling.models import Candidate, CandidateSet, Completion, Recipe, Spending
from sampling.recipe_document import Decoding, Generator
from tests.sampling import misbehaving_server as it
from tests.sampling.misbehaving_server import Behaviour, serving

pytestmark = pytest.mark.django_db

Ask = Callable[..., CandidateSet]

KEY = "sk-marker-0123456789abcdef"

EVERYTHING: dict[str, list[Behaviour]] = {
    "a set": [it.says()],
    "the key in an error": [it.repeats_the_key(400)],
    "the key in a refusal": [it.repeats_the_key(401)],
    "the key where nothing is tried again": [it.repeats_the_key(302)],
    "the key where it is tried again": [it.repeats_the_key(503)] * 9,
    "the key in an answer": [it.repeats_the_key(200)],
    "the key in what is no answer": [it.body(b'{"error": "' + KEY.encode() + b'"}')],
    "the key in letters of JSON": [it.body(b'{"error": "' + "".join(f"\\u{ord(c):04x}" for c in KEY).encode() + b'"}')],
    "the key as what is wrong": [it.says(choices=[{KEY: 1}])],
    "the key in place of HTTP": [it.raw(f"{KEY}\r\n\r\n".encode())] * 9,
    "the key as a header": [it.raw(f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode())] * 9,
    "a reset": [it.reset()] * 9,
    "silence": [it.hang] * 9,
    "no such model": [it.status(404)],
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that any program's log would hold at its most talkative, as it is written."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(Line())
    root = logging.getLogger()
    root.addHandler(handler)
    with caplog.at_level(logging.DEBUG):
        yield lines
    root.removeHandler(handler)


def stored() -> str:
    """Return everything that sampling stores."""
    rows: list[Any] = [
        row for model in (Recipe, CandidateSet, Completion, Candidate, Spending) for row in model.objects.all()
    ]
    return serializers.serialize("json", rows)


@pytest.mark.parametrize("name", EVERYTHING)
def test_the_key_is_sent_and_kept_nowhere(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, log: list[str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("LAB_KEY", f" {KEY}\n")
    with serving(*EVERYTHING[name]) as server:
        ask(server.base_url, key_variable="LAB_KEY", timeout_seconds=0.5)
    call_command("show_spending")
    assert {call.headers["Authorization"] for call in server.calls} == {f"Bearer {KEY}"}
    said = "\n".join([*log, stored(), *capsys.readouterr()])
    assert "lab" in said
    assert KEY not in said


def test_a_text_that_repeats_the_key_is_shown_without_it(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    whole = it.WHOLE.replace("rent in the bank", f"{KEY} in the bank")
    with serving(it.says(whole, system_fingerprint=f"fp {KEY}")) as server:
        candidate_set = ask(server.base_url, key_variable="LAB_KEY")
    used = candidate_set.completions.get()
    assert candidate_set.status == "ready"
    assert "Keep three months of … in the bank" in used.text
    assert used.revision == "fp …"


def test_exceptions_and_what_they_remember_do_not_show_the_key(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    with serving(it.says(), *[it.repeats_the_key(503)] * 9) as server:
        ask(server.base_url, key_variable="LAB_KEY")
        generator = generators.generator_of(Generator(name="openai-compatible", model="m", endpoint="lab"), Decoding())
        with pytest.raises(GeneratorFailed) as failed:
            generator.complete(
                [Request(messages=[{"role": "user", "content": "?"}], purpose="one")], progress=Progress()
            )
    failure: BaseException | None = failed.value
    shown = [repr(generator), repr(vars(generator))]
    while failure is not None:
        shown += [str(failure), repr(failure), repr(vars(failure)), *traceback.format_exception(failure)]
        failure = failure.__cause__ or failure.__context__
    assert KEY not in "\n".join(shown)


@pytest.mark.parametrize(
    "value",
    [None, "", "   ", "short", "two words of it", "line\nbreak-0123456789", "clé-0123456789"],
    ids=["unset", "empty", "blank", "too short", "words", "a second header", "no ASCII"],
)
def test_without_a_key_nothing_is_sent(ask: Ask, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("LAB_KEY", value)
    with serving() as server:
        candidate_set = ask(server.base_url, key_variable="LAB_KEY")
    assert candidate_set.failure == "endpoint-without-key"
    assert candidate_set.failure_detail.startswith("lab: LAB_KEY holds no key in this worker's environment")
    assert not (value and value.strip() and value in candidate_set.failure_detail)
    assert server.calls == []
    # Nothing was spent either.
    assert not Spending.objects.filter(requests__gt=0).exists()
