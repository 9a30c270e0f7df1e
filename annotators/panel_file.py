"""The panel's part of a study file. Knows no Django."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.pay_terms import PayPart, check_floor
from annotators.sources import SourcePart
from annotators.survey import N_, LanguageCode, Question, Texts, check_order
from annotators.values_file import ValuesPart


class ConsentPart(BaseModel):
    """What people agree to: a version, its text in each language (Markdown), and the facts that stand beside it."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(min_length=1, max_length=40)
    texts: Texts = Field(min_length=1)
    licence: str = Field(default="CC-BY-4.0", min_length=1, max_length=100)
    """Under which answers are published of those who agree to it; the same as the study's."""
    controller: str = Field(default="", max_length=300)
    """Who is responsible for the data, and how they are reached."""
    ethics: str = Field(default="", max_length=200)
    """The ethics committee and its number."""
    retention: dict[LanguageCode, str] = Field(default_factory=dict)
    """How long data are kept, in each language."""

    def facts(self, language: str) -> dict[str, str]:
        """Return what stands beside the text in this language."""
        retention = self.retention.get(language) or self.retention.get("en", "")
        stated = {"controller": self.controller, "ethics": self.ethics, "retention": retention}
        return {name: said for name, said in stated.items() if said}


class QuotaPart(BaseModel):
    """How many people of one stratum a panel wants."""

    model_config = ConfigDict(extra="forbid")

    where: dict[str, str] = Field(min_length=1, max_length=4)
    """The stratum: an answer for each of some questions."""
    wanted: int = Field(ge=0, le=1_000_000)
    rule: Literal["exactly", "at-most", "at-least"] = "exactly"


class ScreenedOutPart(BaseModel):
    """What people get for whom there is no place."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(default="", max_length=60)
    pay: str = Field(default="", max_length=60, description="What they are paid, as it is told to them: 0.50 GBP.")


class PanelPart(BaseModel):
    """A panel as a study file describes it."""

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)
    name: str = Field(min_length=1, max_length=200)
    wave: int = Field(default=1, ge=1, le=32767)
    consent: ConsentPart
    survey: list[Question] = Field(default_factory=list)
    quotas: list[QuotaPart] | None = None
    """None: as they are. They may have come from a table."""
    hold_minutes: int = Field(default=30, ge=1, le=60 * 24 * 7)
    """How long somebody's place is kept for them until they begin their first task."""
    screened_out: ScreenedOutPart = ScreenedOutPart()
    source: SourcePart | None = Field(default=None, exclude_if=lambda source: source is None)
    """The panel that sends people; without one they come by invitation alone."""

    pay: PayPart | None = Field(default=None, exclude_if=lambda pay: pay is None)
    """What people are paid; without it they are volunteers."""
    values: ValuesPart | None = Field(default=None, exclude_if=lambda values: values is None)
    """A questionnaire on values. None: as it is. It may have come from a file of its own."""

    def questions(self) -> list[Question]:
        """Return all questions that people are asked about themselves, in order."""
        return [*self.survey, *(self.values.questions() if self.values else [])]

    @model_validator(mode="after")
    def _survey_holds_together(self) -> "PanelPart":
        check_order(self.questions())
        before = [question for question in self.survey if question.asked == "before"]
        if len(before) > 4:
            raise ValueError(
                N_("has more than four questions before the first task; ask the others after the last one")
            )
        check_quotas(self.quotas or [], before)
        check_floor(self.pay, before)
        return self


def check_quotas(quotas: list[QuotaPart], questions: list[Question]) -> None:
    """Check that quotas are about answers to these questions, each stratum once.

    :raises ValueError: with a sentence, and what to fill in.
    """
    known = {question.key: {option.key for option in question.options} for question in questions}
    sensitive = {question.key for question in questions if question.sensitive}
    seen = set()
    for quota in quotas:
        for question, value in quota.where.items():
            if value not in known.get(question, set()):
                message = N_("has a quota for {question}: {value}, which nobody can answer before the first task")
                raise ValueError(message, {"question": question, "value": value})
            if question in sensitive:
                # Who refuses the tick for sensitive answers would lose their place, and the pay with it.
                raise ValueError(N_("has a quota for {question}, which is sensitive"), {"question": question})
        stratum = stratum_key(quota.where)
        if stratum in seen:
            raise ValueError(N_("has two quotas for {stratum}"), {"stratum": stratum})
        seen.add(stratum)


def stratum_key(where: Mapping[str, str]) -> str:
    """Return the one name of a stratum: age=18-34|country=us."""
    return "|".join(f"{question}={where[question]}" for question in sorted(where))


def changed_questions(old: list[Question], new: list[Question]) -> list[str]:
    """Return the keys of questions that are gone or mean something else: other words, kind, or options taken away."""
    now = {question.key: question for question in new}
    return [question.key for question in old if question.key not in now or not _same(question, now[question.key])]


def _same(old: Question, new: Question) -> bool:
    options = {option.key: option for option in new.options}
    return (
        old.kind == new.kind
        and old.steps == new.steps
        and _keeps(old.text, new.text)
        and all(
            option.key in options
            and _keeps(option.text, options[option.key].text)
            and option.when == options[option.key].when
            for option in old.options
        )
    )


def _keeps(old: Texts, new: Texts) -> bool:
    return old.items() <= new.items()
