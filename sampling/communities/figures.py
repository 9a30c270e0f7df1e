"""The figures of a comparison of communities: per message and answer, and together. Knows no Django."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from pluralism.entailment import THRESHOLD, Probabilities, coverage, faithfulness, reflected
from pluralism.resampling import Estimate, ratio
from sampling.communities.comparing import APPROACHES, Answer, Compared


class Classifier(Protocol):
    """Says how probable it is that one text entails another."""

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> Probabilities:
        """Return shape (premises, hypotheses)."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one approach of one recipe gave for one message."""

    message: int
    """The message, from 1."""
    recipe: str
    approach: str
    answers: int
    fit: int
    """Answers without a fault."""
    coverage: float | None
    """Share of all comments that the answers entail; None without a classifier."""
    reflected: float | None
    """How far the answers' sentences are entailed by each comment, the best one for each, averaged."""
    faithfulness: float | None
    """Share of an answer's sentences entailed by the comments it was made from, by any where it was made from none."""
    new_tokens: int
    seconds: float
    """Until the last of the answers was there, without the comments."""


COLUMNS = tuple(column.name for column in fields(Row))


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one approach of one recipe gave for all messages."""

    recipe: str
    approach: str
    fit: Estimate | None
    coverage: Estimate | None
    reflected: Estimate | None
    faithfulness: Estimate | None
    tokens: float
    """New tokens per message, without the comments."""


def rows(number: int, compared: Compared, *, entails: Classifier | None, threshold: float = THRESHOLD) -> Iterator[Row]:
    """Yield the rows of one message."""
    together: dict[tuple[str, str], list[Answer]] = {}
    for answer in compared.answers:
        together.setdefault((answer.recipe, answer.approach), []).append(answer)
    for (recipe, approach), answers in together.items():
        measures = _measures(answers, list(compared.comments.values()), entails, threshold) if entails else {}
        yield Row(
            message=number,
            recipe=recipe,
            approach=approach,
            answers=len(answers),
            fit=sum(not answer.faults for answer in answers),
            coverage=measures.get("coverage"),
            reflected=measures.get("reflected"),
            faithfulness=measures.get("faithfulness"),
            new_tokens=sum(answer.new_tokens or 0 for answer in answers),
            seconds=max(answer.seconds or 0.0 for answer in answers),
        )


def summaries(found: Sequence[Row], *, seed: int) -> list[Summary]:
    """Return one line for each recipe and approach, with intervals over messages."""
    recipes = dict.fromkeys(row.recipe for row in found)
    chosen = [
        (recipe, approach, [row for row in found if (row.recipe, row.approach) == (recipe, approach)])
        for recipe in recipes
        for approach in APPROACHES
    ]
    return [
        Summary(
            recipe=recipe,
            approach=approach,
            fit=ratio(_column(own, "fit"), _column(own, "answers"), seed=seed),
            coverage=_mean(own, "coverage", seed),
            reflected=_mean(own, "reflected", seed),
            faithfulness=_mean(own, "faithfulness", seed),
            tokens=float(_column(own, "new_tokens").mean()),
        )
        for recipe, approach, own in chosen
        if own
    ]


def _measures(
    answers: Sequence[Answer], comments: list[str], entails: Classifier, threshold: float
) -> dict[str, float]:
    said = [answer.text for answer in answers if answer.text]
    every_sentence = [sentence for answer in answers for sentence in answer.sentences()]
    if not said or not every_sentence:
        return {"coverage": 0.0, "reflected": 0.0}
    faithful = [
        faithfulness(entails.probabilities(answer.made_from or comments, found), threshold=threshold)
        for answer in answers
        if (found := answer.sentences())
    ]
    return {
        "coverage": coverage(entails.probabilities(said, comments), threshold=threshold),
        "reflected": reflected(entails.probabilities(comments, every_sentence)),
        "faithfulness": sum(faithful) / len(faithful),
    }


def _column(found: Sequence[Row], name: str) -> Any:
    return np.array([getattr(row, name) for row in found], dtype=float)


def _mean(found: Sequence[Row], name: str, seed: int) -> Estimate | None:
    known = [row for row in found if getattr(row, name) is not None]
    return ratio(_column(known, name), np.ones(len(known)), seed=seed) if known else None
