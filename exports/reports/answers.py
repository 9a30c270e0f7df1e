"""Answers of models to the items of a release, from a file of JSON Lines. Knows no Django."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exports.reports.reading import Release
from pluralism.entailment import THRESHOLD
from pluralism.steering import OTHER

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

NONE, OTHER_NAME = "none", "other"


class BadAnswers(Exception):
    """The file cannot be used; the message says where and why."""


class Line(BaseModel):
    """One answer of one model to one item. At least one of `choice`, `text`, `probabilities` is needed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    candidate_set_id: int
    """The item, as in the release's tables."""
    model: str = Field(min_length=1)
    steered_to: str | None = None
    """The group that the model was told to answer as, named as in the report. Null: it was not steered."""
    choice: str | None = None
    """The candidate that the answer comes to: its letter (`candidates.response`), or `other`."""
    text: str | None = None
    """What the model wrote, if it answered freely."""
    probabilities: dict[str, float] | None = None
    """How probable the model makes each letter, and `none`: not below 0. They are scaled to 1."""
    covers: list[str] | None = None
    """Letters of the candidates whose position the answer holds. Null: not told."""
    labels: list[str] = Field(default_factory=list)
    """What the answer speaks for, in the words of the release's labels."""


class Entails(Protocol):
    """Says how probable it is that each premise entails each hypothesis."""

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> Numbers:
        """Return shape (premises, hypotheses)."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One model's answers, steered to one group or to none."""

    model: str
    steered_to: str | None
    picks: Codes
    """Shape (items,): the candidate that the answer comes to; OTHER: none of them, or no answer."""
    given: NDArray[np.bool_]
    """Shape (items,): whether there is an answer that was mapped."""
    mapped: bool
    """Whether somebody had to map texts to candidates, and could be wrong."""
    probabilities: Numbers
    """Shape (items, k + 1), the last for none of these; NaN where there are none."""
    covers: NDArray[np.bool_]
    """Shape (items, k)."""
    told: NDArray[np.bool_]
    """Shape (items,): whether it is known what the answers cover."""
    poles: Numbers
    """Shape (items, 2): what the answer speaks for on two axes; NaN where that is not known."""

    @property
    def name(self) -> str:
        """How this model is called in tables."""
        return self.model if self.steered_to is None else f"{self.model} → {self.steered_to}"


def read(path: Path) -> list[Line]:
    """Read a file of answers.

    :raises BadAnswers: naming the line.
    """
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not text.strip():
            continue
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadAnswers(f"{path.name}, line {number}: {where}: {first['msg']}.") from None
        if line.choice is None and line.text is None and line.probabilities is None:
            raise BadAnswers(f"{path.name}, line {number}: it has neither a choice, nor a text, nor probabilities.")
        found.append(line)
    if not found:
        raise BadAnswers(f"{path.name} has no answers.")
    return found


def of(lines: Sequence[Line], release: Release, *, entails: Entails | None) -> Iterator[Answers]:
    """Yield the answers of each model and group that it was steered to; several answers to one item are a set.

    :param entails: Says what free answers cover; None: only what the file tells counts.
    :raises BadAnswers: if an item or a letter is not in the release, or probabilities make no sense.
    """
    items = {item.candidate_set_id: number for number, item in enumerate(release.items)}
    by_model: dict[tuple[str, str | None], dict[int, list[Line]]] = {}
    for line in lines:
        if line.candidate_set_id not in items:
            raise BadAnswers(f"{line.model}: candidate set {line.candidate_set_id} is no shared item of the release.")
        answered = by_model.setdefault((line.model, line.steered_to), {})
        answered.setdefault(items[line.candidate_set_id], []).append(line)
    for (model, steered_to), answered in sorted(by_model.items(), key=lambda each: (each[0][0], each[0][1] or "")):
        yield _answers(model, steered_to, answered, release, entails)


def _answers(
    model: str, steered_to: str | None, answered: dict[int, list[Line]], release: Release, entails: Entails | None
) -> Answers:
    count, k = len(release.items), release.k
    picks, given = np.full(count, OTHER, dtype=np.int64), np.zeros(count, dtype=bool)
    probabilities, poles = np.full((count, k + 1), np.nan), np.full((count, 2), np.nan)
    covers, told = np.zeros((count, k), dtype=bool), np.zeros(count, dtype=bool)
    mapped = False
    for item, lines in answered.items():
        first = lines[0]
        found = [_covered(line, release, item, entails) for line in lines]
        known = [each for each in found if each is not None]
        if known:
            covers[item], told[item] = np.any(known, axis=0), True
        pick = _pick(first, found[0], k)
        if pick is not None:
            picks[item], given[item] = pick, True
            mapped |= first.text is not None
        if first.probabilities is not None:
            probabilities[item] = _probabilities(first, k)
        poles[item] = _poles_of(first, release, item, picks[item])
    return Answers(
        model=model,
        steered_to=steered_to,
        picks=picks,
        given=given,
        mapped=mapped,
        probabilities=probabilities,
        covers=covers,
        told=told,
        poles=poles,
    )


def _place(letter: str, k: int) -> int:
    place = ord(letter) - ord("a") if len(letter) == 1 else -1
    if not 0 <= place < k:
        raise BadAnswers(f"{letter} is no candidate; the release's are a to {chr(ord('a') + k - 1)}.")
    return place


def _covered(line: Line, release: Release, item: int, entails: Entails | None) -> NDArray[np.bool_] | None:
    """Return which candidates' positions an answer holds; None where nothing tells."""
    k, covered = release.k, np.zeros(release.k, dtype=bool)
    if line.covers is not None:
        covered[[_place(letter, k) for letter in line.covers]] = True
    elif line.text is not None and entails is not None:
        covered |= entails.probabilities([line.text], release.items[item].texts)[0] >= THRESHOLD
    elif line.labels:
        covered |= np.array([bool(set(line.labels) & set(labels)) for labels in release.items[item].labels])
    elif line.choice is not None:
        if line.choice != OTHER_NAME:
            covered[_place(line.choice, k)] = True
    else:
        return None
    return covered


def _pick(line: Line, covered: NDArray[np.bool_] | None, k: int) -> int | None:
    """Return the candidate that an answer comes to: the one it names, or the one and only that it covers."""
    if line.choice is not None:
        return OTHER if line.choice == OTHER_NAME else _place(line.choice, k)
    if line.probabilities is not None:
        letters = {name: chance for name, chance in line.probabilities.items() if name != NONE}
        return _place(max(sorted(letters), key=lambda name: letters[name]), k) if letters else OTHER
    if covered is None:
        return None
    return int(np.argmax(covered)) if covered.sum() == 1 else OTHER


def _probabilities(line: Line, k: int) -> Numbers:
    assert line.probabilities is not None
    found = np.zeros(k + 1)
    for name, chance in line.probabilities.items():
        if not chance >= 0:
            raise BadAnswers(f"{line.model}, candidate set {line.candidate_set_id}: a probability is below 0.")
        found[k if name == NONE else _place(name, k)] = chance
    if not 0 < found.sum() < float("inf"):
        raise BadAnswers(f"{line.model}, candidate set {line.candidate_set_id}: probabilities add up to {found.sum()}.")
    return np.asarray(found / found.sum())


POLES = {
    "traditional": (-1, 0),
    "secular-rational": (1, 0),
    "survival": (0, -1),
    "self-expression": (0, 1),
}
"""Labels that are poles of the two axes."""


def poles(labels: Sequence[str]) -> tuple[float, float] | None:
    """Return the place of labels on the two axes; None where none of them is a pole."""
    known = [POLES[label] for label in labels if label in POLES]
    if not known:
        return None
    across, up = (sum(place) for place in zip(*known, strict=True))
    return float(np.sign(across)), float(np.sign(up))


def _poles_of(line: Line, release: Release, item: int, pick: int) -> tuple[float, float]:
    labels = line.labels or (release.items[item].labels[pick] if pick != OTHER else [])
    return poles(labels) or (np.nan, np.nan)
