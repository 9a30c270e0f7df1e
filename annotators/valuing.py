"""Where the people of a panel stand on the axes of its questionnaire on values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotators.models import Annotator, Panel, SurveyAnswer
from annotators.values_file import PREFIX, ValuesPart
from pluralism.values import positions


class NoQuestionnaire(Exception):
    """The panel has no questionnaire on values, or none with loadings."""


@dataclass(frozen=True)
class Position:
    """Where one person stands."""

    pseudonym: str
    first: float | None
    second: float | None
    """In standard deviations of the scale's population; none where too little was answered."""
    answered: int
    """How many of the items that say something of the axes."""


def positions_of(panel: Panel) -> list[Position]:
    """Return where the people of a panel stand whose consent stands, by pseudonym.

    Answers to sensitive items count of those alone who agree at this moment that they are kept.

    :raises NoQuestionnaire: if there is nothing to place them by.
    """
    part = panel.part.values
    if part is None or not part.loading_items():
        raise NoQuestionnaire
    people = dict(
        Annotator.objects.filter(panel=panel).consenting().order_by("pseudonym").values_list("pk", "pseudonym")
    )
    answers = _answers(panel, part, list(people))
    found = positions(answers, part.measure())
    return [
        Position(
            pseudonym=pseudonym,
            first=None if np.isnan(first) else float(first),
            second=None if np.isnan(second) else float(second),
            answered=int(np.isfinite(row).sum()),
        )
        for pseudonym, row, (first, second) in zip(people.values(), answers, found, strict=True)
    ]


def _answers(panel: Panel, part: ValuesPart, people: list[int]) -> NDArray[np.float64]:
    """Return a row for each person and a column for each loading item; NaN where it was skipped."""
    items = part.loading_items()
    rows, columns = {pk: row for row, pk in enumerate(people)}, {PREFIX + item.key: at for at, item in enumerate(items)}
    sensitive = {PREFIX + item.key for item in items if item.sensitive}
    agreeing = set(Annotator.objects.filter(panel=panel).agreeing_to("sensitive").values_list("pk", flat=True))
    found = np.full((len(people), len(items)), np.nan)
    said = SurveyAnswer.objects.filter(annotator__in=people, question__in=columns).exclude(value="")
    for pk, question, value in said.values_list("annotator", "question", "value"):
        if question not in sensitive or pk in agreeing:
            found[rows[pk], columns[question]] = float(value)
    return found
