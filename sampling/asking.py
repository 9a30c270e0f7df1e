"""What methods ask, what generators answer, what becomes of it: the records that pass between. Knows no Django."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from sampling import recipe_document
from sampling.recipe_document import Alike, Decoding, RecipeDocument
from sampling.standards import Standards, standards_of

Message = dict[str, Any]
"""{"role": …, "content": …}"""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a method is to make: the candidates of one conversation so far."""

    messages: list[Message]
    language: str
    recipe: RecipeDocument
    factual: bool = False
    seed: int = 0
    """Decides what the method draws itself; what the generator draws has seeds of its own, or none."""

    def random(self) -> Random:
        """Return the source of what the method draws, the same at every try."""
        return Random(self.seed)

    @property
    def alike(self) -> Alike:
        """What happens to answers that say the same: to a question of fact they should."""
        return self.standards.alike

    @property
    def standards(self) -> Standards:
        """What is asked of its answers before they are shown."""
        return standards_of(self.recipe, language=self.language, factual=self.factual)

    def instructed(self, instruction: str) -> list[Message]:
        """Return the conversation with an instruction at its end: what is common comes first and is computed once."""
        *history, last = self.messages
        return [*history, {**last, "content": f"{last['content']}\n\n{instruction}"}]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One completion asked of a generator; or, where options are given, the score of each of them."""

    messages: list[Message]
    purpose: str
    """What it is asked for: "set", "missing", "ordinary", "one", "comment", "label" …"""
    generator: recipe_document.Generator | None = None
    """Who is asked; None: the recipe's own."""
    decoding: Decoding | None = None
    """How tokens are picked; None: as the recipe says."""
    options: tuple[str, ...] = ()
    """Answers to score instead of writing one."""
    condition: str = ""
    """The key of the voice or community that the answer speaks for."""
    answers: int = 1
    """How many answers the completion should hold."""


class Writer(Protocol):
    """Who answered, as it is recorded."""

    name: str
    model: str
    revision: str
    """The hub's commit, or sha256:… of a local model's weights."""
    adapter: str
    """The adapter with its revision, model@revision; empty without one."""
    endpoint: str
    """The name of the endpoint on the administrator's list; empty where text is written in this process."""
    decoding: dict[str, Any]


@dataclass(kw_only=True)
class Reply:
    """What a generator answered, and what was made of it."""

    request: Request
    text: str
    stop_reason: str
    """"stop" at the end of the text, "length" where there was no more room, "scored" where options were; from an
    endpoint also "filtered", where it held something back, and "unknown"."""
    scores: tuple[float, ...] = ()
    """The log-probability of each option as the whole answer, natural logarithm, summed over its tokens."""
    prompt_tokens: int | None = None
    new_tokens: int | None = None
    seconds: float | None = None
    seed: int | None = None
    cost: float | None = None
    """In the currency of the endpoint's prices; None where there are none."""
    sent: int = 1
    """How often the request was sent until this answer came."""
    writer: Writer | None = None
    """Who answered; noted by whoever carried the request there."""
    parts: list[list[str]] = field(default_factory=list)
    """The reasons against each part it was cut into; empty: used."""
    texts: list[str] = field(default_factory=list)
    """These parts, tidied; none where they could not be told apart."""
    rejected: list[str] = field(default_factory=list)
    """Why nothing of it was used."""

    @property
    def was_cut_off(self) -> bool:
        return self.stop_reason in {"length", "filtered", "unknown"}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One fit answer, with the completion it was cut from."""

    text: str
    method: str
    reply: Reply
    part: int = 0
    """Its place among the parts of the completion."""
    condition: str = ""
    """The key of the voice or community that it speaks for."""
    stated_probability: float | None = None
    """How probable the model said that the answer is (verbalized)."""


class NoFitSet(Exception):
    """The tries are used up and there is no complete set of fit answers; some may be there."""

    def __init__(self, reasons: list[str], drafts: Sequence[Draft] = ()) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.drafts = list(drafts)


class Refused(Exception):
    """The model declined to answer, and the recipe drops such a set: nothing else may take its place."""


Method = Generator[list[Request], list[Reply], list[Draft]]
"""A method at work: it yields batches of requests, is sent the replies in the same order, and returns k drafts."""
