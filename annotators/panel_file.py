"""The panel's part of a study file. Knows no Django."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.survey import N_, Question, Texts, check_order


class ConsentPart(BaseModel):
    """What people agree to: a version, and its text in each language (Markdown)."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(min_length=1, max_length=40)
    texts: Texts = Field(min_length=1)


class PanelPart(BaseModel):
    """A panel as a study file describes it."""

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)
    name: str = Field(min_length=1, max_length=200)
    wave: int = Field(default=1, ge=1, le=32767)
    consent: ConsentPart
    survey: list[Question] = Field(default_factory=list)

    @model_validator(mode="after")
    def _survey_holds_together(self) -> "PanelPart":
        check_order(self.survey)
        before = [question for question in self.survey if question.asked == "before"]
        if len(before) > 4:
            raise ValueError(
                N_("has more than four questions before the first task; ask the others after the last one")
            )
        return self


def changed_questions(old: list[Question], new: list[Question]) -> list[str]:
    """Return the keys of questions that are gone or mean something else: other words, kind, or options taken away."""
    now = {question.key: question for question in new}
    return [question.key for question in old if question.key not in now or not _same(question, now[question.key])]


def _same(old: Question, new: Question) -> bool:
    options = {option.key: option for option in new.options}
    return (
        old.kind == new.kind
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
