"""What is sent to an endpoint that speaks chat completions, and what its answers say. Sends nothing itself."""

import json
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone
from pydantic import BaseModel, Field, ValidationError

from sampling.asking import Message, Request
from sampling.endpoints import Endpoint
from sampling.generators.connecting import EndpointAway, EndpointNonsense, Response, in_a_line
from sampling.generators.interface import GeneratorFailed, PromptTooLong
from sampling.leftovers import SPECIAL_TOKEN
from sampling.recipe_document import Decoding

TOKENS_OF_A_MESSAGE = 16
TOKENS_OF_A_TEMPLATE = 512
"""More than what is added to a message, and to a conversation: a system prompt of the model's makers, a schema."""
BYTES_OF_A_TOKEN = 200
BYTES_OF_AN_ANSWER = 1 << 16
"""More than a token, and all that surrounds the text, take in JSON."""
AS_A_LIST = {"set", "missing"}
"""The purposes whose answers may come as a list of texts."""

_ENDED = {"stop", "eos_token", "stop_sequence", "end_turn"}
_CUT = {"length", "max_tokens", "model_length"}
_TOO_LONG = re.compile(
    r"context.{0,40}(?:length|size|window)|exceed_context|too long|too many tokens|must be <= \d+", re.IGNORECASE
)


class EndpointRefused(GeneratorFailed):
    """The endpoint will not answer this request, however often it is asked."""

    code = "endpoint-refused"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One text of an answer."""

    text: str
    stop_reason: str
    """As in sampling.asking.Reply."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an endpoint answered to one call."""

    choices: list[Choice]
    prompt_tokens: int | None
    new_tokens: int | None
    """Of all choices together. Both None where the endpoint does not say."""
    revision: str
    """What the endpoint says of the model: its full name where it is another one, and the fingerprint."""


# ---- what is sent ---------------------------------------------------------------------------------------------------
def listed_as_json(request: Request, endpoint: Endpoint) -> bool:
    """Tell whether the answers to a request are asked for as a JSON list."""
    return endpoint.offers.json_schema and request.answers > 1 and request.purpose in AS_A_LIST


def body(
    request: Request, *, endpoint: Endpoint, model: str, decoding: Decoding, n: int, seed: int | None
) -> dict[str, Any]:
    """Return the body of a call."""
    asked: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        endpoint.limit_parameter: decoding.max_new_tokens,
        "stream": False,
    }
    if endpoint.offers.top_k and decoding.top_k:
        asked["top_k"] = decoding.top_k
    if seed is not None:
        asked["seed"] = seed
    if n > 1:
        asked["n"] = n
    if listed_as_json(request, endpoint):
        asked["response_format"] = _list_of_texts(request.answers)
    return asked


def most_prompt_tokens(messages: list[Message]) -> int:
    """Return more tokens than a conversation has: a token holds at least one byte."""
    texts = [_message(message)["content"].encode("utf-8", "replace") for message in messages]
    return TOKENS_OF_A_TEMPLATE + sum(TOKENS_OF_A_MESSAGE + len(text) for text in texts)


def most_bytes(*, max_new_tokens: int, n: int) -> int:
    """Return more bytes than an answer can have."""
    return BYTES_OF_AN_ANSWER + BYTES_OF_A_TOKEN * max_new_tokens * n


def _message(message: Message) -> Message:
    # Many servers read the marks of roles inside of a message as what they mark; people may write them as words.
    words = SPECIAL_TOKEN.sub(lambda found: f"{found[0][0]} {found[0][1:]}", str(message["content"]))
    return {"role": message["role"], "content": words}


def _list_of_texts(number: int) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}, "minItems": number, "maxItems": number}
    schema = {
        "type": "object",
        "properties": {"answers": texts},
        "required": ["answers"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "answers", "strict": True, "schema": schema}}


# ---- what comes back ------------------------------------------------------------------------------------------------
class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0, lt=2**31)
    completion_tokens: int = Field(ge=0, lt=2**31)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1, max_length=1000)
    usage: Any = None
    model: Any = None
    system_fingerprint: Any = None


def read(response: Response, *, model: str) -> Answer:
    """Return what a response says.

    :raises GeneratorFailed: one of this module's, or PromptTooLong, if it says no text.
    """
    if response.status != 200:
        raise _fault(response)
    try:
        found = _Completion.model_validate_json(response.body)
    except ValidationError as error:
        raise _no_completion(response, error) from None
    usage = _usage(found.usage)
    return Answer(
        choices=[_choice(choice) for choice in found.choices],
        prompt_tokens=usage.prompt_tokens if usage else None,
        new_tokens=usage.completion_tokens if usage else None,
        revision=_revision(found, model=model),
    )


def _choice(found: _Choice) -> Choice:
    if found.message.content is None and found.message.refusal:
        return Choice(text=found.message.refusal, stop_reason="filtered")
    reason = found.finish_reason or ""
    known = {"content_filter": "filtered"} | dict.fromkeys(_ENDED, "stop") | dict.fromkeys(_CUT, "length")
    return Choice(text=found.message.content or "", stop_reason=known.get(reason, "unknown"))


def _usage(found: Any) -> _Usage | None:
    try:
        return _Usage.model_validate(found)
    except ValidationError:
        return None


def _revision(found: _Completion, *, model: str) -> str:
    said = [part.removeprefix(f"{model}@") for part in (found.model, found.system_fingerprint) if isinstance(part, str)]
    return in_a_line(" ".join(part for part in said if part != model))[:100]


def _no_completion(response: Response, error: ValidationError) -> GeneratorFailed:
    if told := _told(response):
        return EndpointRefused(f"it answered with an error: {told}")
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    kind = in_a_line(response.headers.get("content-type", "")) or "of no stated type"
    why = in_a_line(f"{place} {first['msg']}")
    return EndpointNonsense(f"what it answered ({kind}) is no chat completion: {why}")


def _fault(response: Response) -> GeneratorFailed:
    told = _told(response) or in_a_line(response.body[:3000].decode("utf-8", "replace"))
    said = f"it answered {response.status}: {told}".removesuffix(": ")
    if 300 <= response.status < 400:
        return EndpointRefused(f"it answered {response.status}, which leads elsewhere; list the address it should have")
    if response.status == 413 or (response.status in {400, 422} and _TOO_LONG.search(said)):
        return PromptTooLong(said)
    if response.status >= 500 or (response.status in {408, 425, 429} and "insufficient_quota" not in said):
        return EndpointAway(said, wait_seconds=_wait_seconds(response))
    return EndpointRefused(said)


def _told(response: Response) -> str:
    """Return what an answer says is wrong, in the shapes that servers give it; nothing where it is no JSON."""
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    error = found.get("error", found) if isinstance(found, dict) else None
    if isinstance(error, dict):
        parts = [error.get(name) for name in ("message", "detail", "code", "type")]
        error = " ".join(part for part in parts if isinstance(part, str))
    return in_a_line(error) if isinstance(error, str) else ""


def _wait_seconds(response: Response) -> float:
    """Return what Retry-After says: seconds, or a time of day."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,6}", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - timezone.now()).total_seconds())
    except (ValueError, TypeError):
        return 0.0
