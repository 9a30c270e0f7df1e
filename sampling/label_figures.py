"""What labels say about the sets of recipes: which values they hold, and whether these avoid each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pluralism.correlation import (
    UNDECIDED,
    UNLABELLED,
    Correlation,
    Labels,
    correlation,
    difference_of_correlations,
)
from pluralism.coverage import Values, values_held
from pluralism.resampling import Estimate, Numbers
from sampling.labelling import RESEARCHER, Accuracy, accuracy
from sampling.models import Diversity, Label
from sampling.paired import less
from sampling.recipe_sets import RecipeSets, Text

WHOLE, DIVERSE, ORDINARY = "", "negatively-correlated", "ordinary"


@dataclass(frozen=True, kw_only=True)
class LabelFigures:
    """What one source of labels says about the sets of a recipe."""

    scheme: str
    source: str
    accuracy: Accuracy | None
    """Of a judge on the texts that were labelled by hand; None for the labels given by hand."""
    of: str
    """"first-try" or "shown"."""
    part: str
    """"" for the whole of each set; "negatively-correlated" for that part of sets that have ordinary answers too."""
    values: list[str]
    """The values of the scheme, in the order of `held.coverage`."""
    correlation: Correlation
    held: Values
    less_baseline: dict[str, Estimate | None] = field(default_factory=dict)
    """"rho_w", "distinct", "all_distinct" and "covers.VALUE", each less that of the baseline on the same prompts;
    without those that depend on the size of a set where the sizes differ. Empty for the baseline itself."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The labels by one source of one list of values."""

    scheme: str
    source: str
    values: list[str]
    said: Mapping[tuple[int, str], str]
    """By set and text."""
    accuracy: Accuracy | None


def labelled(sets: Sequence[RecipeSets]) -> list[Labelled]:
    """Return the labels of these sets, by list of values and source: those given by hand first."""
    ids = [pk for one in sets for pk in one.ids]
    found: dict[tuple[str, str], dict[tuple[int, str], str]] = {}
    for label in Label.objects.filter(candidate_set__in=ids):
        said = found.setdefault((label.scheme, label.source), {})
        said[label.candidate_set_id, label.text_sha256] = label.value
    ordered = sorted(found, key=lambda key: (key[0], key[1] != RESEARCHER, key[1]))
    return [
        Labelled(
            scheme=scheme,
            source=source,
            values=_values(scheme, found),
            said=found[scheme, source],
            accuracy=None if source == RESEARCHER else accuracy(scheme=scheme, source=source, candidate_sets=ids),
        )
        for scheme, source in ordered
    ]


def _values(scheme: str, found: Mapping[tuple[str, str], Mapping[tuple[int, str], str]]) -> list[str]:
    """Return every value that any source gave."""
    return sorted({value for key, said in found.items() if key[0] == scheme for value in said.values() if value})


def figures(labels: Labelled, sets: RecipeSets, baseline: RecipeSets | None, *, seed: int) -> list[LabelFigures]:
    """Return what these labels say about first tries and shown sets, each as a whole and in parts."""
    found = []
    for of in Diversity.Of.values:
        texts = sets.differing_texts(of)
        others = baseline.differing_texts(of) if baseline else []
        for part in (WHOLE, DIVERSE) if sets.ordinary else (WHOLE,):
            mine = _Values(labels, sets, texts, part)
            if not mine.has_labels:
                continue
            other = _Values(labels, baseline, others, part) if baseline else None
            found.append(
                LabelFigures(
                    scheme=labels.scheme,
                    source=labels.source,
                    accuracy=labels.accuracy,
                    of=of,
                    part=part,
                    values=labels.values,
                    correlation=correlation(mine.labels, mine.prompts, seed=seed),
                    held=values_held(mine.labels, mine.prompts, values=len(labels.values), seed=seed),
                    less_baseline=mine.less(other, seed=seed) if other else {},
                )
            )
    return found


class _Values:
    """The values of the sets of one recipe, or of the diverse part of each, as numbers: one row per set with texts."""

    def __init__(self, labels: Labelled, sets: RecipeSets, texts: Collection[Text], part: str) -> None:
        self.values = labels.values
        diverse = part == DIVERSE and sets.ordinary > 0
        self.width = max(1, sets.candidates - sets.ordinary if diverse else sets.candidates)
        rows: dict[int, list[int]] = {}
        for text in texts:
            if not (diverse and text.method == ORDINARY):
                rows.setdefault(text.candidate_set_id, []).append(self._number(labels.said, text))
        padding = [UNLABELLED] * self.width
        prompt_of = dict(zip(sets.ids, sets.prompts.tolist(), strict=True))
        self.prompts: Labels = np.array([prompt_of[pk] for pk in rows], dtype=np.int64)
        self.labels: Labels = np.array(
            [(row + padding)[: self.width] for row in rows.values()], dtype=np.int64
        ).reshape(-1, self.width)

    @property
    def has_labels(self) -> bool:
        return bool(np.any(self.labels != UNLABELLED))

    def _number(self, said: Mapping[tuple[int, str], str], text: Text) -> int:
        value = said.get((text.candidate_set_id, text.sha256))
        if value is None:
            return UNLABELLED
        return self.values.index(value) if value else UNDECIDED

    def less(self, other: "_Values", *, seed: int) -> dict[str, Estimate | None]:
        """Return every figure less that of another recipe."""
        mine, its = (self.labels, self.prompts), (other.labels, other.prompts)
        found = {"rho_w": difference_of_correlations(mine, its, seed=seed)}
        if self.width == other.width:
            columns, others = self._columns(), other._columns()
            for key, column in columns.items():
                found[key] = less((column, self.prompts), (others[key], other.prompts), seed=seed)
        return found

    def _columns(self) -> dict[str, Numbers]:
        """Return figures of each set; not a number where a candidate has no label."""
        whole = (self.labels != UNLABELLED).all(axis=1)
        holds = {value: (self.labels == number).any(axis=1) for number, value in enumerate(self.values)}
        distinct = sum((held.astype(float) for held in holds.values()), np.zeros(len(self.labels)))
        columns = {"distinct": distinct, "all_distinct": distinct == self.width}
        columns |= {f"covers.{value}": held for value, held in holds.items()}
        return {key: np.where(whole, column, np.nan) for key, column in columns.items()}
