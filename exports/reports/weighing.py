"""Who answered against whom a population holds, and the weights that would make up for it. Knows no Django."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from exports.reports.figures import Cell, Dots, Section, Table
from exports.reports.reading import Release
from pluralism import representation
from pluralism.representation import NOT_SAID, CannotWeigh, Weights

Shares = dict[str, float]

TITLE = "Who answered, and who was wanted"


class Population(BaseModel):
    """Shares of a population, for each column of `annotators` that people are weighed by."""

    model_config = ConfigDict(extra="forbid")

    margins: dict[str, dict[str, PositiveFloat]] = Field(min_length=1)
    """For each column its answers and their shares, scaled to 1."""
    cap: float = Field(default=5, gt=1)
    """The largest weight, as a multiple of the average one."""
    source: str = Field(min_length=1)
    """Where the shares come from: shown with every figure."""


@dataclass(frozen=True)
class _Column:
    name: str
    answers: list[str]
    shares: NDArray[np.float64]
    codes: NDArray[np.int64]
    """Shape (people,)."""


def representativeness(release: Release, population: Population) -> Section:
    """Return shares wanted and achieved, and what weighing people would cost."""
    chose = np.unique(release.rows.people)
    people = release.people.iloc[chose]
    missing = [name for name in population.margins if name not in people]
    if missing:
        return Section(
            key="weights", title=TITLE, text=[], refused=[f"Its people have no column {', '.join(missing)}."]
        )
    columns = [_column(people[name], name, shares) for name, shares in population.margins.items()]
    refused = [_outside(column, people[column.name]) for column in columns]
    tables = [_margins(columns)]
    try:
        found = representation.rake(
            np.stack([column.codes for column in columns], axis=1),
            [column.shares for column in columns],
            cap=population.cap,
        )
        tables += _weights(found, people, population)
    except CannotWeigh as reason:
        refused.append(f"Weights: {reason}")
    return Section(
        key="weights",
        title=TITLE,
        text=[
            f"Shares of the population are from: {population.source}. People who did not say keep their share among "
            "these people; no other figure of this report is weighted."
        ],
        tables=tables,
        refused=[reason for reason in refused if reason],
    )


def _column(said: pd.Series, name: str, shares: Shares) -> _Column:
    answers = sorted(shares)
    codes = said.map({answer: number for number, answer in enumerate(answers)}).fillna(NOT_SAID)
    wanted = np.array([shares[answer] for answer in answers])
    return _Column(name, answers, wanted / wanted.sum(), np.asarray(codes, dtype=np.int64))


def _outside(column: _Column, said: pd.Series) -> str:
    """Return the answers that the population does not hold, which count as not said."""
    others = sorted(set(said.dropna()) - set(column.answers))
    return f"{column.name}: {', '.join(others)} is not in the population, and counts as not said." if others else ""


def _margins(columns: list[_Column]) -> Table:
    rows: list[list[Cell]] = []
    for column in columns:
        came = np.bincount(column.codes[column.codes >= 0], minlength=len(column.answers))
        for answer, stratum in zip(column.answers, representation.achieved(column.shares, came), strict=True):
            gap = None if stratum.share_came is None else stratum.share_came - stratum.share_wanted
            rows.append([column.name, answer, stratum.came, stratum.share_came, stratum.share_wanted, gap])
    return Table(
        key="margins",
        title="Shares wanted and achieved",
        about="Of the people who said: their share here, beside that in the population (the mark); gap is the "
        "former less the latter.",
        columns=["column", "answer", "people", "share", "wanted", "gap"],
        rows=rows,
        plot=Dots(value="share", null="wanted", labels=["column", "answer"], bounds=(0, 1)),
    )


def _weights(found: Weights, people: pd.DataFrame, population: Population) -> list[Table]:
    summary = Table(
        key="weighing",
        title="What weighing costs",
        about="Weights by raking (iterative proportional fitting), 1 on average, cut at the cap in every round. "
        "The design effect (Kish) is how much they blow up the variance of a mean; so many unweighted people would "
        "tell as much. Largest gap: the share that is farthest off after cutting.",
        columns=["people", "design effect", "effective people", "largest weight", "cap", "at the cap", "largest gap"],
        rows=[
            [
                len(people),
                found.design_effect,
                found.effective_size,
                float(found.weights.max()),
                population.cap,
                found.trimmed,
                found.largest_gap,
            ]
        ],
    )
    numbers = people["annotator_id"].tolist()
    each = Table(
        key="weights",
        title="The weight of each person",
        about="To weight figures of your own with.",
        columns=["annotator_id", "weight"],
        rows=[[str(number), float(weight)] for number, weight in zip(numbers, found.weights, strict=True)],
    )
    return [summary, each]
