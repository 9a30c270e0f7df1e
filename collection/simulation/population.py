"""Drawing people: what they say of themselves, from quotas or a population table; a language, a place on the map."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.languages import get_official_languages

from annotators.survey import Survey
from collection.simulation.person import Person, Place, Temper

WEIGHT, LANGUAGE = "weight", "language"
AXES = ("traditional_secular", "survival_self_expression")
"""Columns of a population table beside its questions: the mean place of a row's people on the map."""


class TableUnreadable(Exception):
    """A population table cannot be used; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """People who are alike: what they answer, and how many of a thousand or of any other number they are."""

    answers: Mapping[str, str]
    weight: float
    language: str = ""
    """Empty: drawn from the study's languages."""
    place: Place = (0.0, 0.0)


def draw(
    strata: Sequence[Stratum], *, count: int, languages: Sequence[str], seed: int, temper: Temper | None = None
) -> list[Person]:
    """Return `count` people, as many of each stratum as its weight says, in an order drawn by the seed.

    Nothing in `strata`: they say what they like when they are asked.
    """
    rng = random.Random(f"population {seed}")
    shares = _shared_out([stratum.weight for stratum in strata], count) if strata else []
    drawn = [stratum for stratum, people in zip(strata, shares, strict=True) for _each in range(people)]
    drawn = drawn or [Stratum(answers={}, weight=1) for _each in range(count)]
    rng.shuffle(drawn)
    spoken = _Languages(languages)
    return [
        Person(
            seed=seed,
            number=number,
            language=stratum.language or spoken.next_of(stratum.answers),
            place=(rng.gauss(stratum.place[0], 1), rng.gauss(stratum.place[1], 1)),
            answers=dict(stratum.answers),
            temper=temper or Temper(),
        )
        for number, stratum in enumerate(drawn)
    ]


def _shared_out(weights: Sequence[float], count: int) -> list[int]:
    """Return how many of `count` each weight gets, by the largest remainder."""
    total = sum(weights)
    exact = [weight * count / total for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: count - sum(parts)]:
        parts[place] += 1
    return parts


class _Languages:
    """Deals out a study's languages: the first official one of a person's country that it speaks, else in turn."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = list(languages)
        self._dealt = 0

    def next_of(self, answers: Mapping[str, str]) -> str:
        for answer in answers.values():
            official = get_official_languages(answer.upper(), de_facto=True) if len(answer) == 2 else ()
            for language in official:
                if language.split("_")[0] in self._languages:
                    return language.split("_")[0]
        self._dealt += 1
        return self._languages[(self._dealt - 1) % len(self._languages)]


# ---- from quotas -----------------------------------------------------------------------------------------------------
def from_quotas(quotas: Sequence[tuple[Mapping[str, str], int]], *, count: int, seed: int) -> list[Stratum]:
    """Return one stratum for each of `count` people: every quota gets its share, whatever questions others are about.

    :param quotas: The answers that a quota is about, and how many people it wants.
    """
    rng = random.Random(f"quotas {seed}")
    people: list[dict[str, str]] = [{} for _each in range(count)]
    families: dict[tuple[str, ...], list[tuple[Mapping[str, str], int]]] = {}
    for where, wanted in quotas:
        if wanted:
            families.setdefault(tuple(sorted(where)), []).append((where, wanted))
    for family in sorted(families, key=lambda questions: (-len(questions), questions)):
        _deal(families[family], people, rng)
    return [Stratum(answers=answers, weight=1) for answers in people] if families else []


def _deal(
    quotas: Sequence[tuple[Mapping[str, str], int]], people: Sequence[dict[str, str]], rng: random.Random
) -> None:
    """Give everybody the answers of one quota that fits what they answer already, if one does."""
    left = _shared_out([wanted for _where, wanted in quotas], len(people))
    for answers in rng.sample(people, len(people)):
        fitting = [place for place, (where, _wanted) in enumerate(quotas) if _agrees(where, answers)]
        if fitting:
            place = max(fitting, key=left.__getitem__)
            left[place] -= 1
            answers.update(quotas[place][0])


def _agrees(where: Mapping[str, str], answers: Mapping[str, str]) -> bool:
    return all(answers.get(question, value) == value for question, value in where.items())


# ---- from a table ----------------------------------------------------------------------------------------------------
def read_table(path: Path, *, survey: Survey) -> list[Stratum]:
    """Read a population table: CSV with a column for each of some questions, and `weight`.

    `language`, `traditional_secular` and `survival_self_expression` may stand beside them.

    :raises TableUnreadable: naming the line and what to change.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableUnreadable(f"{path} cannot be read as CSV in UTF-8: {error}.") from None
    if not rows:
        raise TableUnreadable(f"{path} has no rows below its header.")
    return [_row(row, f"{path}, line {number}", survey) for number, row in enumerate(rows, start=2)]


def _row(row: Mapping[str, str], where: str, survey: Survey) -> Stratum:
    offered = {question.key: {option.key for option in question.options} for question in survey.questions}
    answers = {key: value for key, value in row.items() if key not in {WEIGHT, LANGUAGE, *AXES} and value}
    for question, value in answers.items():
        if question not in offered:
            raise TableUnreadable(f"{where}: {question} is no question of the panel; it has {', '.join(offered)}.")
        if offered[question] and value not in offered[question]:
            options = ", ".join(sorted(offered[question]))
            raise TableUnreadable(f"{where}: {question} has no answer {value}; it has {options}.")
    weight, x, y = (_number(row.get(name), name, where) for name in (WEIGHT, *AXES))
    if weight <= 0:
        raise TableUnreadable(f"{where}: weight must be a number above 0.")
    return Stratum(answers=answers, weight=weight, language=row.get(LANGUAGE) or "", place=(x, y))


def _number(text: str | None, name: str, where: str) -> float:
    try:
        return float(text) if text else float(name == WEIGHT)
    except ValueError:
        raise TableUnreadable(f"{where}: {name} must be a number, not {text}.") from None
