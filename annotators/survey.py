"""A panel's questions about a person, and which of them can be asked now. Knows no Django."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""ISO 639-1, or ISO 639-3 where a language has no code of two letters."""

Texts = Annotated[dict[LanguageCode, str], Field(min_length=1)]
"""One text in several languages."""

NOT_SAID = ""
"""The stored answer of who prefers not to say."""


N_ = str
"""Marks a sentence for the catalogues; it is translated where a person sees it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Part):
    """One answer that can be chosen."""

    key: str = Field(pattern=r"^[\w.+-]+$", max_length=60)
    text: Texts
    when: dict[str, list[str]] = Field(default_factory=dict)
    """Offered only to those whose earlier answers are among these, by question."""


class Steps(_Part):
    """A scale of whole numbers, and what its two ends mean."""

    lowest: int = Field(default=1, ge=0, le=10)
    highest: int = Field(default=10, ge=1, le=11)
    low: Texts
    high: Texts

    @model_validator(mode="after")
    def _rises(self) -> "Steps":
        if self.lowest >= self.highest:
            raise ValueError(N_("has its lowest step above its highest"))
        return self

    def values(self) -> list[str]:
        """Return the steps as answers are kept."""
        return [str(step) for step in range(self.lowest, self.highest + 1)]


class Question(_Part):
    """One question about a person. "Prefer not to say" is always possible, except where `required`."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=50)
    text: Texts
    kind: Literal["choice", "scale", "number", "text"] = "choice"
    options: list[Option] = Field(default_factory=list)
    steps: Steps | None = Field(default=None, exclude_if=lambda steps: steps is None)
    """Of a scale."""
    asked: Literal["before", "after", "random"] = "before"
    """Before the first task, after the last one, or at a place among the tasks that is drawn for each person."""
    required: bool = False
    sensitive: bool = Field(default=False, exclude_if=lambda sensitive: not sensitive)
    """About beliefs, origin, health and the like: asked and kept only of who agreed to that in particular."""

    @model_validator(mode="after")
    def _a_choice_has_options(self) -> "Question":
        if (self.kind == "choice") != bool(self.options):
            raise ValueError(N_("needs options if its kind is choice, and none otherwise"))
        if (self.kind == "scale") != (self.steps is not None):
            raise ValueError(N_("needs steps if its kind is scale, and none otherwise"))
        keys = [option.key for option in self.options]
        if len(set(keys)) < len(keys):
            raise ValueError(N_("has two options with the same key"))
        if self.required and self.sensitive:
            raise ValueError(N_("is sensitive, so it cannot be required"))
        return self

    def offered(self, answers: dict[str, str]) -> list[Option]:
        """Return the options for a person who gave these answers."""
        return [
            option
            for option in self.options
            if all(answers.get(question) in allowed for question, allowed in option.when.items())
        ]

    def waits_for(self) -> set[str]:
        """Return the questions that must be answered before this one can be asked."""
        return {question for option in self.options for question in option.when}


def check_order(questions: list[Question]) -> None:
    """Check that keys are distinct and that every question stands after those it depends on.

    :raises ValueError: with a sentence, and what to fill in.
    """
    known: set[str] = set()
    for question in questions:
        filling = {"key": question.key, "others": ", ".join(sorted(question.waits_for() - known))}
        if question.key in known:
            raise ValueError(N_("has two questions with the key {key}"), filling)
        if filling["others"]:
            raise ValueError(N_("asks {key} before {others}, on which it depends"), filling)
        known.add(question.key)


class Survey(_Part):
    """A panel's questions, in order."""

    questions: list[Question]

    def open_questions(self, answers: dict[str, str], *, stage: str) -> list[Question]:
        """Return the unanswered questions of a stage that can be put to a person who gave these answers.

        What was to come at a random place and did not is asked after the last task.
        """
        stages = {"after", "random"} if stage == "after" else {stage}
        return [
            question
            for question in self.questions
            if question.asked in stages
            and question.key not in answers
            and question.waits_for() <= answers.keys()
            and (question.kind != "choice" or question.offered(answers))
        ]
