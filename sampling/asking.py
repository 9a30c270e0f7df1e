"""What methods ask, what generators answer, what becomes of it: the records that pass between. Knows no Django."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from sampling.recipe_document import Alike, RecipeDocument

Message = dict[str, Any]
"""{"role": …, "content": …}"""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a method is to make: the candidates of one conversation so far."""

    messages: list[Message]
    language: str
    recipe: RecipeDocument
    factual: bool = False

    @property
    def alike(self) -> Alike:
        """What happens to answers that say the same: to a question of fact they should."""
        return "allow" if self.factual else self.recipe.alike

    def instructed(self, instruction: str) -> list[Message]:
        """Return the conversation with an instruction at its end: what is common comes first and is computed once."""
        *history, last = self.messages
        return [*history, {**last, "content": f"{last['content']}\n\n{instruction}"}]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One completion asked of a generator."""

    messages: list[Message]
    purpose: str
    """What it is asked for: "set", "missing", "ordinary", "one"."""


@dataclass(kw_only=True)
class Reply:
    """What a generator answered, and what was made of it."""

    request: Request
    text: str
    stop_reason: str
    """"stop" at the end of the text, "length" where there was no more room."""
    prompt_tokens: int | None = None
    new_tokens: int | None = None
    seconds: float | None = None
    seed: int | None = None
    parts: list[list[str]] = field(default_factory=list)
    """The reasons against each part it was cut into; empty: used."""
    rejected: list[str] = field(default_factory=list)
    """Why nothing of it was used."""

    @property
    def was_cut_off(self) -> bool:
        return self.stop_reason == "length"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One fit answer, with the completion it was cut from."""

    text: str
    method: str
    reply: Reply


class NoFitSet(Exception):
    """The tries are used up and there is no complete set of fit answers."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


Method = Generator[list[Request], list[Reply], list[Draft]]
"""A method at work: it yields batches of requests, is sent the replies in the same order, and returns k drafts."""
