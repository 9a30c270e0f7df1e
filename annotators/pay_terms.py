"""What people are paid, as a panel's file says it. Knows no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.survey import N_, Question

Money = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)]
CENT = Decimal("0.01")
RATES = ("survey", "last_questions", "practice", "conversation", "minute", "screened_out")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MinutesPart(_Part):
    """How long things take, as far as is known before; corrected by what is measured."""

    survey: float = Field(default=2, ge=0, le=120)
    last_questions: float = Field(default=1, ge=0, le=120)
    practice: float = Field(default=2, ge=0, le=120)
    conversation: float = Field(default=5, gt=0, le=240)


class FloorPart(_Part):
    """The least that an hour of work may pay."""

    hourly: Money
    """For everybody of whom `of` says nothing else."""
    per: str = Field(default="", max_length=50)
    """The question whose answers tell floors apart, such as country."""
    of: dict[str, Money] = Field(default_factory=dict)
    """The floor by answer."""

    def of_answer(self, answer: str) -> Decimal:
        """Return the floor for who gave this answer to `per`."""
        return self.of.get(answer, self.hourly)

    def each(self) -> Iterator[tuple[str, Decimal]]:
        """Yield every floor, and for which answer it holds; empty: for all others."""
        yield "", self.hourly
        yield from sorted(self.of.items())


class PayPart(_Part):
    """What people of a panel are paid, and for what. Everything that is done is paid, also what comes to nothing."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    conversation: Money
    """For each conversation; one that is left early is paid in part."""
    minute: Money = Decimal(0)
    """For each minute of waiting, and of work in a conversation that came to nothing."""
    practice: Money = Decimal(0)
    survey: Money = Decimal(0)
    """For the questions before the first task."""
    last_questions: Money = Decimal(0)
    """For those after the last one."""
    screened_out: Money = Decimal(0)
    """For coming, though there was no place."""
    base: Money = Decimal(0)
    """What the panel itself pays who hands in the completion code; the rest is a bonus."""
    minutes: MinutesPart = MinutesPart()
    floor: FloorPart | None = None

    @model_validator(mode="after")
    def _says_what_is_paid(self) -> "PayPart":
        if not self.conversation:
            raise ValueError(N_("pays nothing for a conversation; leave pay out if people are not paid"))
        return self


@dataclass(frozen=True)
class Offer:
    """What somebody who does everything can expect."""

    amount: Decimal
    minutes: float
    currency: str

    @property
    def hourly(self) -> Decimal:
        """What an hour pays, at the stated length."""
        return rounded(self.amount * 60 / Decimal(str(self.minutes)))


def offer(pay: PayPart, *, conversations: int, practices: int = 0, last_questions: bool = True) -> Offer:
    """Return what so many conversations and practices pay, with the questions around them, and how long they take."""
    minutes, after = pay.minutes, int(last_questions)
    return Offer(
        amount=pay.survey + pay.conversation * conversations + pay.practice * practices + pay.last_questions * after,
        minutes=minutes.survey
        + minutes.conversation * conversations
        + minutes.practice * practices
        + minutes.last_questions * after,
        currency=pay.currency,
    )


def rounded(amount: Decimal) -> Decimal:
    """Return an amount in whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def fallen(old: PayPart | None, new: PayPart | None) -> list[str]:
    """Return what somebody who began under the old terms would lose under the new ones: names of entries."""
    if old is None:
        return []
    if new is None:
        return ["pay"]
    if old.currency != new.currency:
        return ["currency"]
    return [name for name in RATES if getattr(new, name) < getattr(old, name)]


def check_floor(pay: PayPart | None, questions: list[Question]) -> None:
    """Check that floors are told apart by answers that can be given before the first task.

    :raises ValueError: with a sentence, and what to fill in.
    """
    if pay is None or pay.floor is None or not (pay.floor.per or pay.floor.of):
        return
    known = {question.key: {option.key for option in question.options} for question in questions}
    unknown = sorted(pay.floor.of.keys() - known.get(pay.floor.per, set()))
    if pay.floor.per not in known or unknown:
        message = N_("has a floor of pay for {question}: {value}, which nobody can answer before the first task")
        raise ValueError(message, {"question": pay.floor.per, "value": ", ".join(unknown) or "–"})
