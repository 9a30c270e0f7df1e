"""A questionnaire on values, as its file says it: items in every language, and loadings if there are any.

The official wording of a published questionnaire has its own terms, so none comes with Counterpoint: it is loaded from
a file. A paraphrase is another scale, with a name of its own. Knows no Django.
"""

from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from annotators.survey import N_, Question, Steps, Texts
from pluralism.values import Scale

PREFIX = "values-"
"""Before the key of an item, where it stands among the panel's questions."""


class ItemPart(BaseModel):
    """One item of the questionnaire."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)
    text: Texts
    steps: Steps
    sensitive: bool = True
    """Items on beliefs are, as a rule: they are asked only of who agreed to that, and can always be skipped."""
    loadings: tuple[float, float] | None = None
    """How much it says about each axis; none: it says nothing of the map."""
    mean: float | None = None
    deviation: float | None = Field(default=None, gt=0)
    """Mean and standard deviation of the answers in the population of the loadings."""

    @model_validator(mode="after")
    def _loads_with_mean_and_deviation(self) -> "ItemPart":
        if self.loadings is not None and (self.mean is None or self.deviation is None):
            raise ValueError(N_("has loadings, so it needs a mean and a deviation"))
        return self


class ValuesPart(BaseModel):
    """A questionnaire on values."""

    model_config = ConfigDict(extra="forbid")

    scale: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)
    """Its name in files and releases. A paraphrase has another one than the original."""
    wording: Literal["official", "paraphrase"]
    source: str = Field(default="", max_length=500)
    """The publication that the loadings were taken from. Empty: positions are uncalibrated."""
    terms: str = Field(default="", max_length=500)
    """Under which terms the wording may be used."""
    axes: tuple[Texts, Texts] | None = None
    """What the two axes are called."""
    asked: Literal["after", "random"] = "after"
    items: list[ItemPart] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _holds_together(self) -> "ValuesPart":
        keys = [item.key for item in self.items]
        if len(set(keys)) < len(keys):
            raise ValueError(N_("has two items with the same key"))
        if self.wording == "official" and not (self.source and self.terms):
            raise ValueError(N_("has official wordings, so it must name their source and terms"))
        if self.source and not self.loading_items():
            raise ValueError(N_("names a source of loadings and has none"))
        return self

    def questions(self) -> list[Question]:
        """Return the items as questions of a survey: each can be skipped."""
        return [
            Question(
                key=PREFIX + item.key,
                text=item.text,
                kind="scale",
                steps=item.steps,
                asked=self.asked,
                sensitive=item.sensitive,
            )
            for item in self.items
        ]

    def loading_items(self) -> list[ItemPart]:
        """Return the items that say something of the map."""
        return [item for item in self.items if item.loadings is not None]

    def measure(self) -> Scale:
        """Return what turns answers to the loading items into positions."""
        items = self.loading_items()
        columns: dict[str, Any] = {
            "loadings": np.array([item.loadings for item in items], dtype=float).reshape(len(items), 2),
            "means": np.array([item.mean for item in items], dtype=float),
            "deviations": np.array([item.deviation for item in items], dtype=float),
        }
        return Scale(**columns, source=self.source, paraphrase=self.wording == "paraphrase")
