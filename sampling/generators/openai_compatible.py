"""Any server that speaks chat completions (vLLM, TGI, llama.cpp, Ollama, a hosted one), where the list has it.

Every call runs in a thread of its endpoint: one process makes at most `in_flight` of them at a time.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connections

from sampling import recipe_document
from sampling.asking import Reply, Request
from sampling.endpoints import Endpoint, listed_for
from sampling.generators.calling import Called, Caller
from sampling.generators.chat_completions import listed_as_json
from sampling.generators.interface import CannotScore, GeneratorFailed, ModelNotLoadable, Progress
from sampling.generators.side_by_side import replies_of
from sampling.recipe_document import Decoding


@dataclass(kw_only=True)
class Written:
    """Who answered, as it is recorded: see sampling.asking.Writer."""

    name: str
    model: str
    revision: str
    adapter: str
    endpoint: str
    decoding: dict[str, Any]


@dataclass(kw_only=True)
class _Row:
    """Requests that are the same, asked in one call."""

    requests: list[Request]
    decoded: int = 0


class OpenAICompatible:
    """Writes with a model that somebody serves."""

    name = "openai-compatible"
    revision = adapter = ""

    def __init__(self, *, endpoint: Endpoint, spec: recipe_document.Generator, decoding: Decoding) -> None:
        self.endpoint = endpoint.name
        self.model = spec.model
        self.decoding = _as_sent(decoding, endpoint)
        self._at = endpoint
        self._wanted = spec.revision
        self._caller = Caller(endpoint=endpoint, model=spec.model, decoding=decoding)

    def complete(self, requests: list[Request], *, progress: Progress) -> list[Reply]:
        """Answer every request, in order; see sampling.generators.interface.Generator."""
        if any(request.options for request in requests):
            raise CannotScore(f"{self.endpoint} writes answers, and does not say how probable given ones are")
        rows = list(self._rows(requests))
        for row in rows:
            progress.watch(row)
        threads = _threads(self._at)
        futures = [threads.submit(self._in_thread, row) for row in rows]
        wait(futures, return_when=FIRST_EXCEPTION)
        # What has not begun when another fails need not be paid for.
        for future in futures:
            future.cancel()
        wait(futures)
        return replies_of(futures)

    def _rows(self, requests: list[Request]) -> Iterator[_Row]:
        """Yield the requests, each by itself, or equal ones together where the endpoint takes them so."""
        if self._at.offers.n:
            yield from (_Row(requests=list(row)) for _same, row in groupby(requests))
        else:
            yield from (_Row(requests=[request]) for request in requests)

    def _in_thread(self, row: _Row) -> list[Reply]:
        """Ask until there is a reply to each: some servers give one, however many are asked for."""
        replies: list[Reply] = []
        try:
            while left := row.requests[len(replies) :]:
                called = self._caller.call(left[0], n=len(left))
                replies += self._replies(called, left)
                row.decoded = sum(reply.new_tokens or 0 for reply in replies)
        except GeneratorFailed as failure:
            failure.answered = replies
            raise
        finally:
            connections.close_all()
        return replies

    def _replies(self, called: Called, requests: list[Request]) -> list[Reply]:
        answer = called.answer
        if self._wanted and self._wanted not in answer.revision.split():
            raise ModelNotLoadable(f"{self.endpoint} has {answer.revision or self.model}, and not {self._wanted}")
        given = answer.choices[: len(requests)]
        tokens = _shared(answer.new_tokens, len(given))
        return [
            Reply(
                request=request,
                text=choice.text,
                stop_reason=choice.stop_reason,
                prompt_tokens=answer.prompt_tokens,
                new_tokens=new_tokens,
                seconds=called.seconds,
                seed=called.seed,
                cost=None if called.cost is None else called.cost / len(given),
                sent=called.sent,
                writer=self._writer(request, revision=answer.revision),
            )
            for request, choice, new_tokens in zip(requests, given, tokens, strict=False)
        ]

    def _writer(self, request: Request, *, revision: str) -> Written:
        as_list = {"response_format": "json_schema"} if listed_as_json(request, self._at) else {}
        return Written(
            name=self.name,
            model=self.model,
            revision=revision,
            adapter=self.adapter,
            endpoint=self.endpoint,
            decoding=self.decoding | as_list,
        )


def generator_of(spec: recipe_document.Generator, decoding: Decoding) -> OpenAICompatible:
    """Return the generator that a recipe describes.

    :raises EndpointUnknown: if the endpoint, or this model on it, is not on the administrator's list.
    """
    return OpenAICompatible(endpoint=listed_for(spec, settings.ENDPOINTS), spec=spec, decoding=decoding)


def _as_sent(decoding: Decoding, endpoint: Endpoint) -> dict[str, Any]:
    """Return the settings that the endpoint is told."""
    return decoding.model_dump(exclude=set() if endpoint.offers.top_k else {"top_k"})


def _shared(tokens: int | None, number: int) -> list[int | None]:
    """Return a number of tokens in about equal parts: servers count those of all completions together."""
    if tokens is None:
        return [None] * number
    return [tokens // number + (place < tokens % number) for place in range(number)]


_LOCK = threading.Lock()
_THREADS: dict[tuple[str, int], ThreadPoolExecutor] = {}


def _threads(endpoint: Endpoint) -> ThreadPoolExecutor:
    """Return the threads of an endpoint in this process."""
    key = endpoint.name, endpoint.in_flight
    with _LOCK:
        if key not in _THREADS:
            _THREADS[key] = ThreadPoolExecutor(endpoint.in_flight, thread_name_prefix=endpoint.name)
        return _THREADS[key]
