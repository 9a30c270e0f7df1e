"""What a study asks, as its file says it. Knows no Django."""

import hashlib
import json
import random
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from annotators.panel_file import PanelPart
from annotators.survey import N_, LanguageCode, Texts
from sampling.recipe_document import RecipeDocument


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Questions(_Part):
    """What people are asked, in each language of the study."""

    choice: Texts
    explanation: Texts


class Turns(_Part):
    """How long a conversation may be."""

    minimum: int = Field(default=1, ge=1, le=10)
    maximum: int = Field(default=4, ge=1, le=10)

    @model_validator(mode="after")
    def _in_order(self) -> "Turns":
        if self.minimum > self.maximum:
            raise ValueError(N_("has a minimum above its maximum"))
        return self


class NoneOfThese(_Part):
    """Whether people may say that no answer is good, and what follows."""

    allowed: bool = True
    then: Literal["reword", "fresh", "end"] = "reword"


class Explanations(_Part):
    """Whether people say why."""

    asked: Literal["never", "optional", "required"] = "optional"
    minimum_characters: int = Field(default=0, ge=0, le=2000)
    # Left out where nobody set them, so that a study keeps its hash.
    minimum_per_language: dict[LanguageCode, Annotated[int, Field(ge=0, le=2000)]] = Field(
        default_factory=dict,
        exclude_if=lambda minima: not minima,
        description="Another minimum for some languages: some say the same in fewer characters.",
    )
    share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        exclude_if=lambda share: share == 1,
        description="Share of turns, drawn at random, in which it is asked at all.",
    )

    def minimum(self, language: str) -> int:
        """Return how many characters an explanation in this language has at least."""
        return self.minimum_per_language.get(language, self.minimum_characters)

    def is_asked_in(self, turn: int) -> bool:
        """Whether it is asked in the turn with this number of its own in the database: always the same answer."""
        return self.asked != "never" and (self.share == 1 or random.Random(f"why:{turn}").random() < self.share)


class AlsoAsk(_Part):
    """What people may say beside their choice. All of it can be left unsaid."""

    strength: bool = Field(default=False, description="How clear the preference is, in three steps.")
    acceptable: bool = Field(default=False, description="Of each answer, whether it is acceptable.")
    better: bool = Field(default=False, description="After none of these, what would have been better.")


class Prompts(_Part):
    """Where opening messages come from."""

    own_share: float = Field(default=0.0, ge=0, le=1, description="Share of tasks that open with own words.")
    # Left out where it is empty, so that a study keeps its hash.
    factual_topics: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list,
        exclude_if=lambda topics: not topics,
        description="Topics, as the prompts name them, on which answers should agree: nobody is asked to differ.",
    )


class Overlap(_Part):
    """How many people an item wants: in all, or of each stratum. A number alone says how many in all."""

    wanted: int = Field(default=1, ge=1, le=10_000)
    per: list[str] = Field(default_factory=list, max_length=4, description="Questions whose answers tell strata apart.")
    where: dict[LanguageCode, dict[str, list[str]]] = Field(default_factory=dict)
    """For items of a language, the only answers whose strata are wanted, by question. Others are wanted from all."""

    @model_validator(mode="before")
    @classmethod
    def _a_number_will_do(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Overlap) else {"wanted": value}

    @field_validator("per", mode="before")
    @classmethod
    def _one_question_will_do(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _as_short_as_it_can_be_said(self, whole: SerializerFunctionWrapHandler) -> Any:
        return whole(self) if self.per else self.wanted


class Held(_Part):
    """Tasks that are kept for somebody who has not seen them yet."""

    reserved: int = Field(default=0, ge=0, le=50, description="How many somebody who starts can surely do.")
    ahead: int = Field(default=1, ge=0, le=5, description="How many are drawn while the one before is worked on.")
    minutes: int = Field(default=30, ge=1, le=60 * 24, description="How long each is kept.")


class Repeats(_Part):
    """Items given to the same person once more."""

    share: float = Field(default=0.0, ge=0, le=0.5, description="Share of tasks.")
    after: int = Field(default=3, ge=1, le=1000, description="Tasks in between, at least.")
    # Rules are left out where there are none, so that a study keeps its hash.
    flag_below: float | None = Field(
        default=None,
        gt=0,
        le=1,
        exclude_if=lambda share: share is None,
        description="Who chooses the same again in a smaller share of five repeats or more is flagged.",
    )


class Attention(_Part):
    """Items that say which answer to choose."""

    share: float = Field(default=0.0, ge=0, le=0.5, description="Share of tasks.")
    flag_after: int | None = Field(
        default=None,
        ge=1,
        le=100,
        exclude_if=lambda misses: misses is None,
        description="Who has missed so many is flagged: a researcher should look.",
    )
    # One miss says nothing about a person; panels such as Prolific's want two before anything follows.
    pause_after: int | None = Field(
        default=None,
        ge=2,
        le=100,
        exclude_if=lambda misses: misses is None,
        description="Who has missed so many gets no new tasks until a researcher has looked.",
    )

    @model_validator(mode="after")
    def _flags_before_it_pauses(self) -> "Attention":
        if self.flag_after is not None and self.pause_after is not None and self.flag_after > self.pause_after:
            raise ValueError(N_("flags people later than it pauses them"))
        return self


class Timing(_Part):
    """How fast people choose, against others in the same language on the same kind of device."""

    flag_share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        exclude_if=lambda share: share is None,
        description="Who is among the fastest twentieth in such a share of twenty turns or more is flagged.",
    )


class Recipes(_Part):
    """How candidate sets are made. Without `later`, a task has exactly one turn."""

    first: RecipeDocument
    later: RecipeDocument | None = None


class Column(_Part):
    """Which survey question fills a published column, and what its options are called there."""

    question: str
    values: dict[str, str | None] = Field(default_factory=dict)
    """Published value by option key; null: not given. Keys that are missing here are published as null and counted."""


class Completion(_Part):
    """What people get at the end."""

    code: str = Field(min_length=1, max_length=60)


PublishedColumn = Literal[
    "annotator_age",
    "annotator_gender",
    "annotator_education_level",
    "annotator_political",
    "annotator_ethnicity",
    "annotator_country",
]


class Balanced(_Part):
    """Which people and conversations a release calls balanced."""

    by: list[PublishedColumn] = Field(
        default=["annotator_age", "annotator_gender", "annotator_ethnicity"],
        min_length=1,
        description="The columns whose combinations are the strata, within each country.",
    )
    shares: dict[str, dict[str, Annotated[float, Field(ge=0)]]] = Field(
        default_factory=dict,
        description="For a country, the share of each stratum, named by its values with ' | ' between. Else equal.",
    )
    fewest: int = Field(default=1, ge=1, le=10_000, description="A stratum with fewer people is left out and named.")
    most_conversations: int | None = Field(default=None, ge=1, description="Of one person, at most.")
    seed: int = Field(default=1, ge=0, description="Of the draw: the same people and seed give the same subset.")


class Weights(_Part):
    """What people weigh, so that they have the shares of a population."""

    margins: dict[PublishedColumn, dict[str, Annotated[float, Field(ge=0)]]] = Field(min_length=1)
    cap: float | None = Field(default=5, gt=1, description="The largest weight; 1 is the average.")


class Publishing(_Part):
    """How releases treat what they publish of people."""

    smallest_group: int | None = Field(
        default=None, ge=2, le=1000, description="Who shares all columns about them with fewer people is coarsened."
    )
    mask_personal_data: bool = Field(default=False, description="Addresses, numbers and the like in texts are masked.")
    balanced: Balanced | None = None
    weights: Weights | None = None


class Configuration(_Part):
    """A study without its panel. Its hash names it in releases."""

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)
    title: str = Field(min_length=1, max_length=200)
    contact: str = Field(min_length=3, max_length=200)
    languages: list[LanguageCode] = Field(min_length=1)
    questions: Questions
    turns: Turns = Turns()
    none_of_these: NoneOfThese = NoneOfThese()
    explanations: Explanations = Explanations()
    also_ask: AlsoAsk = Field(default=AlsoAsk(), exclude_if=lambda asked: asked == AlsoAsk())
    prompts: Prompts = Prompts()
    recipes: Recipes
    overlap: Overlap = Overlap()
    tasks_per_annotator: int = Field(default=10, ge=1, le=1000)
    tasks_per_day: int | None = Field(default=None, ge=1, le=1000)
    held: Held = Held()
    repeats: Repeats = Repeats()
    attention: Attention = Attention()
    timing: Timing = Field(default=Timing(), exclude_if=lambda timing: timing == Timing())
    lease_minutes: int = Field(default=60, ge=1, le=60 * 24 * 14)
    completion: Completion
    columns: dict[PublishedColumn, Column] = Field(default_factory=dict)
    licence: str = "CC-BY-4.0"
    publishing: Publishing = Field(default=Publishing(), exclude_if=lambda publishing: publishing == Publishing())

    @model_validator(mode="after")
    def _holds_together(self) -> "Configuration":
        if self.recipes.later is None and self.turns.maximum > 1:
            raise ValueError(N_("has no recipe for later turns, so a task has one turn: set turns.maximum to 1"))
        for name, texts in (("choice", self.questions.choice), ("explanation", self.questions.explanation)):
            if missing := [language for language in self.languages if language not in texts]:
                raise ValueError(
                    N_("lacks questions.{name} in {languages}"), {"name": name, "languages": ", ".join(missing)}
                )
        return self

    @model_validator(mode="after")
    def _recipes_speak_every_language(self) -> "Configuration":
        for name, recipe in (("first", self.recipes.first), ("later", self.recipes.later)):
            if missing := recipe.lacks_languages(self.languages) if recipe else []:
                template = N_(
                    "has voices or communities in recipes.{name} that lack a text in {languages}; "
                    "each needs one in every language of the study"
                )
                raise ValueError(template, {"name": name, "languages": ", ".join(missing)})
        return self

    def canonical(self) -> dict[str, Any]:
        """Return the configuration with every default written out."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """Return the hash of the configuration, in hexadecimal."""
        text = json.dumps(self.canonical(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class StudyFile(Configuration):
    """A whole study file: the configuration and the panel it asks."""

    panel: PanelPart

    @model_validator(mode="after")
    def _strata_are_asked_for(self) -> "StudyFile":
        asked = {question.key: question for question in self.panel.survey if question.asked == "before"}
        for key in self.overlap.per:
            if key not in asked or asked[key].kind != "choice":
                raise ValueError(
                    N_("counts overlap per {key}, which is no question with options before the first task"),
                    {"key": key},
                )
            if asked[key].sensitive:
                # Who refuses the tick for sensitive answers would belong to no stratum, and get no tasks.
                raise ValueError(N_("counts overlap per {key}, which is sensitive"), {"key": key})
        return self

    @model_validator(mode="after")
    def _people_agree_to_this_licence(self) -> "StudyFile":
        if self.licence != self.panel.consent.licence:
            raise ValueError(
                N_("has the licence {study}, and people are asked to agree to {consent}: both must be the same"),
                {"study": self.licence, "consent": self.panel.consent.licence},
            )
        return self

    def configuration(self) -> Configuration:
        """Return the study without its panel."""
        return Configuration.model_validate(self.model_dump(mode="json", exclude={"panel"}))
