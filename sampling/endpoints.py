"""The list of endpoints that an administrator keeps: who may be asked to write, where, how much. Knows no Django."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic.networks import IPvAnyNetwork
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sampling.addresses import is_permitted
from sampling.generators.interface import GeneratorFailed
from sampling.recipe_document import Generator, Key
from sampling.yaml_lines import line_of

_OUR_OWN_SECRETS = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"}

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, lt=2**53)]


class EndpointsInvalid(ValueError):
    """The list cannot be used; the message is one sentence that names every fault with its line."""


class EndpointUnknown(GeneratorFailed):
    """The endpoint, or this model on it, is not on the administrator's list."""

    code = "endpoint-unknown"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Offers(_Part):
    """What an endpoint understands beyond what all of them do."""

    json_schema: bool = False
    """`response_format` of type json_schema: several answers come as a JSON list."""
    seed: bool = False
    n: bool = False
    """Several completions of the same request in one call."""
    top_k: bool = False


class Prices(_Part):
    """What tokens cost, per million."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    input: Amount
    output: Amount

    def cost(self, *, prompt_tokens: int, new_tokens: int) -> float:
        """Return what so many tokens cost, in the currency."""
        return (prompt_tokens * self.input + new_tokens * self.output) / 1e6


class Budget(_Part):
    """What may be asked of an endpoint in all; what is not given has no limit."""

    requests: Number | None = None
    tokens: Number | None = None
    cost: Amount | None = None


class Endpoint(_Part):
    """One server that speaks chat completions."""

    name: Key
    base_url: str
    key_variable: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)
    """The environment variable that holds the key; the key itself is written nowhere."""
    addresses: list[IPvAnyNetwork] = Field(default_factory=list)
    """Where any are given, nothing else is connected to; else any public address is."""
    models: list[str] | None = None
    """Where given, no other model is asked for."""
    offers: Offers = Offers()
    limit_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    in_flight: int = Field(default=4, ge=1, le=256)
    """How many calls one worker makes at the same time."""
    timeout_seconds: float = Field(default=120, gt=0, le=3600)
    """How long one call may take, from connecting to the last byte."""
    prices: Prices | None = None
    budget: Budget = Budget()

    @field_validator("base_url")
    @classmethod
    def _is_plain(cls, url: str) -> str:
        if not _is_address(url):
            raise ValueError("must be an address such as https://models.example.org/v1")
        parts = urlsplit(url)
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("must have no name, password, ? or # in it; the key belongs into key_variable")
        return url.rstrip("/")

    @field_validator("key_variable")
    @classmethod
    def _is_not_ours(cls, name: str | None) -> str | None:
        if name in _OUR_OWN_SECRETS:
            raise ValueError("names a secret of Counterpoint itself, which is sent to nobody")
        return name

    @model_validator(mode="after")
    def _holds_together(self) -> "Endpoint":
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and not self.addresses:
            raise ValueError("needs https://, or the addresses that it may be reached at: anybody could read the key")
        try:
            literal = ip_address(parts.hostname or "")
        except ValueError:
            literal = None
        if literal is not None and not is_permitted(literal, listed=self.addresses):
            raise ValueError(f"needs {literal} among its addresses: it is not public, or others are listed")
        if self.budget.cost is not None and self.prices is None:
            raise ValueError("has a budget of money and no prices")
        return self


_LIST = TypeAdapter(list[Endpoint])


def read(path: Path) -> dict[str, Endpoint]:
    """Return the endpoints that a file lists, by name.

    :raises EndpointsInvalid: saying in one sentence what is wrong, with the line.
    """
    try:
        raw = YAML().load(path.read_text(encoding="utf-8-sig"))
        listed = _LIST.validate_python(raw if raw is not None else [])
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _invalid(path, [f"line {line}: this is not valid YAML ({error.problem})"]) from None
    except ValidationError as error:
        raise _invalid(path, [_said(detail, raw) for detail in error.errors(include_url=False)]) from None
    # A ValueError comes from bytes that are no UTF-8, and from numbers and dates that are none.
    except (OSError, ValueError, YAMLError, RecursionError) as error:
        raise _invalid(path, [f"it cannot be read ({' '.join(str(error).split())})"]) from None
    found: dict[str, Endpoint] = {}
    for place, endpoint in enumerate(listed):
        if endpoint.name in found:
            raise _invalid(path, [f"line {line_of(raw, [place, 'name'])}: {endpoint.name} is listed twice"])
        found[endpoint.name] = endpoint
    return found


def listed_for(spec: Generator, endpoints: Mapping[str, Endpoint]) -> Endpoint:
    """Return the endpoint that a recipe's generator names.

    :raises EndpointUnknown: if it, or the model on it, is not on the list.
    """
    endpoint = endpoints.get(spec.endpoint or "")
    if endpoint is None:
        known = ", ".join(sorted(endpoints)) or "none"
        raise EndpointUnknown(f"{spec.endpoint} is not on the administrator's list of endpoints, which has: {known}")
    if endpoint.models is not None and spec.model not in endpoint.models:
        known = ", ".join(endpoint.models) or "none"
        raise EndpointUnknown(f"{spec.model} is not among the models listed for {endpoint.name}, which are: {known}")
    return endpoint


def _is_address(url: str) -> bool:
    # What urlsplit says of an address may repeat a part of it, which may be a key in a wrong place.
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return False
    return usable and url.isascii() and url.isprintable() and " " not in url


def _invalid(path: Path, faults: list[str]) -> EndpointsInvalid:
    return EndpointsInvalid(f"the list of endpoints in {path} cannot be used: {'; '.join(faults)}.")


def _said(detail: ErrorDetails, raw: Any) -> str:
    path = detail["loc"]
    place = ".".join(str(part) for part in path[1:]) or _name(raw, path)
    own = detail["type"] == "value_error"
    said = str(detail["ctx"]["error"]) if own else f"{detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return f"line {line_of(raw, path)}: {place}{' ' if own else ': '}{said}"


def _name(raw: Any, path: tuple[int | str, ...]) -> str:
    """Return what to call an entry as a whole, or the file."""
    entry = raw[path[0]] if path else None
    return str(entry.get("name") or "an entry") if isinstance(entry, dict) else "the list"
