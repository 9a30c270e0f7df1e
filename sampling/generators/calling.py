"""Calling an endpoint: within its budget, with its key, as often as it takes and helps."""

import json
import os
import re
import secrets
import time
from dataclasses import dataclass, replace

from django.db import connection
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from sampling.asking import Request
from sampling.endpoints import Endpoint
from sampling.generators import chat_completions
from sampling.generators.chat_completions import Answer
from sampling.generators.connecting import EndpointAway, NotSent, Response, post
from sampling.generators.interface import ENDING, GeneratorFailed, Stopping
from sampling.recipe_document import Decoding
from sampling.spending import Spent, reserved

TRIES = 6
"""How often a call is sent at most."""
PATIENCE = 2
"""A call is sent again until so many times its time-out have passed."""

_PAUSE = wait_exponential_jitter(multiplier=0.5, jitter=0.5, max=20)
# A key so short would be found in every other word, and could not be kept out of texts.
_KEY = re.compile(r"[!-~]{8,4096}")


class KeyMissing(GeneratorFailed):
    """The variable that should hold the endpoint's key does not."""

    code = "endpoint-without-key"


@dataclass(frozen=True, kw_only=True)
class Called:
    """What came of a call."""

    answer: Answer
    seed: int | None
    """None where the endpoint honours none."""
    cost: float | None
    """In the currency of the endpoint's prices; None where there are none, or the endpoint does not count tokens."""
    seconds: float
    """What the last sending took."""
    sent: int
    """How often it was sent."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Asks one model of an endpoint."""

    endpoint: Endpoint
    model: str
    decoding: Decoding

    def call(self, request: Request, *, n: int) -> Called:
        """Ask for n completions of a request; how many the answer holds is the endpoint's affair.

        :raises GeneratorFailed: if there is no answer; what it says begins with the endpoint's name, without its key.
        :raises Stopping: if the process is ending.
        """
        seed = secrets.randbits(31) if self.endpoint.offers.seed and n == 1 else None
        retrying = Retrying(
            retry=retry_if_exception_type(EndpointAway),
            stop=stop_after_attempt(TRIES) | stop_before_delay(PATIENCE * self.endpoint.timeout_seconds),
            wait=_pause,
            sleep=sleep_using_event(ENDING),
            reraise=True,
        )
        try:
            answer, seconds = retrying(self._send, request, n=n, seed=seed)
        except GeneratorFailed as failure:
            failure.args = (self._without_key(f"{self.endpoint.name}: {failure}"),)
            raise
        sent = int(retrying.statistics["attempt_number"])
        return Called(answer=answer, seed=seed, cost=self._cost(answer), seconds=seconds, sent=sent)

    def _send(self, request: Request, *, n: int, seed: int | None) -> tuple[Answer, float]:
        """Send a call once; return the answer and the seconds that it took."""
        if ENDING.is_set():
            raise Stopping
        content = chat_completions.body(
            request, endpoint=self.endpoint, model=self.model, decoding=self.decoding, n=n, seed=seed
        )
        headers = self._headers()
        begun = time.monotonic()
        with reserved(endpoint=self.endpoint, most=self._most(request, n=n)) as bill:
            # Calls take long, and connections to the database are few.
            connection.close()
            try:
                response = self._post(content, headers, n=n)
            except NotSent:
                bill.comes_to = Spent()
                raise
            if response.status != 200:
                bill.comes_to = Spent(requests=1)
            answer = chat_completions.read(response, model=self.model)
            bill.comes_to = self._spent(answer) or bill.comes_to
        choices = [replace(choice, text=self._without_key(choice.text)) for choice in answer.choices]
        revision = self._without_key(answer.revision)
        return replace(answer, choices=choices, revision=revision), time.monotonic() - begun

    def _post(self, content: dict[str, object], headers: dict[bytes | str, bytes | str], *, n: int) -> Response:
        return post(
            f"{self.endpoint.base_url}/chat/completions",
            headers=headers,
            content=json.dumps(content).encode(),
            addresses=self.endpoint.addresses,
            seconds=self.endpoint.timeout_seconds,
            most_bytes=chat_completions.most_bytes(max_new_tokens=self.decoding.max_new_tokens, n=n),
        )

    # ---- what it costs ----------------------------------------------------------------------------------------------
    def _most(self, request: Request, *, n: int) -> Spent:
        prompt_tokens = chat_completions.most_prompt_tokens(request.messages)
        return self._for(prompt_tokens, n * self.decoding.max_new_tokens)

    def _spent(self, answer: Answer) -> Spent | None:
        if answer.prompt_tokens is None or answer.new_tokens is None:
            return None
        return self._for(answer.prompt_tokens, answer.new_tokens)

    def _for(self, prompt_tokens: int, new_tokens: int) -> Spent:
        prices = self.endpoint.prices
        cost = prices.cost(prompt_tokens=prompt_tokens, new_tokens=new_tokens) if prices else 0.0
        return Spent(requests=1, tokens=prompt_tokens + new_tokens, cost=cost)

    def _cost(self, answer: Answer) -> float | None:
        spent = self._spent(answer) if self.endpoint.prices else None
        return spent.cost if spent else None

    # ---- its key ----------------------------------------------------------------------------------------------------
    def _headers(self) -> dict[bytes | str, bytes | str]:
        headers: dict[bytes | str, bytes | str] = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "counterpoint",
        }
        if self.endpoint.key_variable:
            headers["Authorization"] = f"Bearer {self._key()}"
        return headers

    def _key(self) -> str:
        key = self._value()
        if not _KEY.fullmatch(key):
            name = self.endpoint.key_variable
            raise KeyMissing(f"{name} holds no key in this worker's environment (at least 8 characters of ASCII)")
        return key

    def _value(self) -> str:
        return os.environ.get(self.endpoint.key_variable or "", "").strip()

    def _without_key(self, text: str) -> str:
        """Return a text without the key: some servers repeat it."""
        key = self._value()
        return text.replace(key, "…") if _KEY.fullmatch(key) else text


def _pause(state: RetryCallState) -> float:
    """Return the seconds to wait before a call is sent again: longer each time, never the same, as it is asked for."""
    failure = state.outcome.exception() if state.outcome else None
    return _PAUSE(state) + (failure.wait_seconds if isinstance(failure, EndpointAway) else 0)
