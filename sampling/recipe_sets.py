"""The sets of one recipe, read from the database as arrays: what each measured, what it cost, what it says."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet, Sum

from pluralism.correlation import Labels
from pluralism.resampling import Numbers
from sampling.labelling import text_sha256
from sampling.models import Candidate, CandidateSet, Completion, Diversity, RawAnswer

Tried = Mapping[int, int]
"""The sets of one recipe: the id of each, and the number of the prompt that it answers."""

MEASURED = (
    "mean_distance",
    "vendi",
    "distinctness",
    "length_spread",
    "near_duplicates",
    "relevance",
    "lowest_relevance",
)
"""The fields of a Diversity row."""

_NO_FAULTS = {"surplus", "not-drawn"}
_SUMMED = ("prompt_tokens", "new_tokens", "cost")


@dataclass(frozen=True)
class Text:
    """A text of a set, as labels know it."""

    candidate_set_id: int
    sha256: str
    method: str


class RecipeSets:
    """The sets of one recipe; those whose texts were erased are counted and left out."""

    def __init__(self, tried: Tried, *, embedder: str) -> None:
        found = CandidateSet.objects.filter(pk__in=tried).select_related("recipe").order_by("pk")
        self.rows = [row for row in found if row.erased_at is None]
        self.erased = len(tried) - len(self.rows)
        self.ids = [row.pk for row in self.rows]
        self.prompts: Labels = np.array([tried[pk] for pk in self.ids], dtype=np.int64)
        recipe = self.rows[0].recipe.says if self.rows else None
        self.generates = recipe is not None and recipe.generates
        self.candidates = recipe.candidates if recipe else 0
        self.ordinary = recipe.ordinary if recipe else 0
        self.factual = np.array([row.factual for row in self.rows], dtype=bool)
        """For questions of fact: their answers should agree, and say nothing of how a recipe makes others differ."""
        self._differing: dict[str, list[Text]] = {}
        self.raw_faults = self._raw_faults()
        self.columns = self._ends() | self._costs() | self._measures(embedder)

    def _ends(self) -> dict[str, Numbers]:
        ended = {"ready": 1.0, "failed": 0.0} if self.generates else {}
        ready = np.array([ended.get(row.status, np.nan) for row in self.rows])
        at_once = [self._is_fit(pk) for pk in self.ids]
        seconds = [
            (row.finished_at - row.claimed_at).total_seconds() if row.finished_at and row.claimed_at else np.nan
            for row in self.rows
        ]
        return {
            "fit_after_repair": ready,
            "fit_at_first_try": np.where(np.isnan(ready), np.nan, ready * np.array(at_once, dtype=float)),
            "seconds": np.array(seconds, dtype=float),
        }

    def _is_fit(self, pk: int) -> bool:
        faults = self.raw_faults.get(pk, [])
        return len(faults) == self.candidates and not any(faults)

    def _raw_faults(self) -> dict[int, list[list[str]]]:
        faults: dict[int, list[list[str]]] = {}
        for pk, found in RawAnswer.objects.filter(candidate_set__in=self.ids).values_list("candidate_set", "faults"):
            faults.setdefault(pk, []).append(found)
        return faults

    def _costs(self) -> dict[str, Numbers]:
        completions = Completion.objects.filter(candidate_set__in=self.ids).values("candidate_set")
        summed = completions.annotate(**{f"{name}_of_set": Sum(name) for name in _SUMMED})
        found: dict[int, Any] = {row["candidate_set"]: row for row in summed}
        return {name: self._column(found, f"{name}_of_set") for name in _SUMMED}

    def _measures(self, embedder: str) -> dict[str, Numbers]:
        columns: dict[str, Numbers] = {}
        for of in Diversity.Of.values:
            rows = Diversity.objects.filter(candidate_set__in=self.ids, of=of, embedder=embedder)
            found = {row["candidate_set"]: row for row in rows.values("candidate_set", *MEASURED)}
            columns |= {f"{of}.{name}": self._column(found, name) for name in MEASURED}
        return columns

    def _column(self, found: Mapping[int, Any], name: str) -> Numbers:
        values = [found.get(pk, {}).get(name) for pk in self.ids]
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    def compared_column(self, key: str) -> Numbers:
        """Return a figure of each set; not a number where it tells how answers differ that should agree."""
        return np.where(self.factual, np.nan, self.columns[key]) if "." in key else self.columns[key]

    def failed(self) -> Counter[str]:
        """Return how many sets failed, by why."""
        return Counter(row.failure for row in self.rows if row.has_failed)

    def unfinished(self) -> int:
        """Return how many sets are still waited for."""
        return sum(not row.is_ready and not row.has_failed for row in self.rows)

    def not_measured(self) -> int:
        """Return how many ready sets have no measures in this embedding."""
        ready = np.array([row.is_ready for row in self.rows], dtype=bool)
        return int(np.sum(ready & np.isnan(self.columns["shown.near_duplicates"])))

    def faults(self) -> Counter[str]:
        """Return how many answers of first tries had each fault."""
        found = (fault for faults in self.raw_faults.values() for one in faults for fault in one)
        return Counter(fault for fault in found if fault not in _NO_FAULTS)

    def rejections(self) -> Counter[str]:
        """Return how many answers of all tries had each fault, and how many completions without answers."""
        counted: Counter[str] = Counter()
        completions = Completion.objects.filter(candidate_set__in=self.ids)
        for rejected, parts in completions.values_list("rejected", "parts"):
            found = [reason for part in parts for reason in part] if parts else rejected.split(",")
            counted.update(reason for reason in found if reason and reason not in _NO_FAULTS)
        return counted

    def texts(self, of: str) -> Iterator[Text]:
        """Yield the texts of the sets as they are shown, or of their first tries, in order."""
        if of == Diversity.Of.SHOWN:
            rows = _texts(Candidate.objects.order_by("candidate_set", "slot"), self.ids)
        else:
            rows = _texts(RawAnswer.objects.order_by("candidate_set", "place"), self.ids)
        for pk, text, method in rows:
            yield Text(pk, text_sha256(text), method)

    def differing_texts(self, of: str) -> list[Text]:
        """Return the same without those that should agree; read once, as every recipe is compared with one baseline."""
        if of not in self._differing:
            facts = {pk for pk, is_fact in zip(self.ids, self.factual, strict=True) if is_fact}
            self._differing[of] = [text for text in self.texts(of) if text.candidate_set_id not in facts]
        return self._differing[of]


def _texts(rows: QuerySet[Any], candidate_sets: Collection[int]) -> Iterable[tuple[int, str, str]]:
    return rows.filter(candidate_set__in=candidate_sets).values_list("candidate_set", "text", "method")
