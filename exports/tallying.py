"""Votes on shared items: counted, and as the published lines hold them. Knows no Django."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from exports.item_records import Item, StratumVotes, Votes
from pluralism.agreement import pair_agreement
from pluralism.divergence import corrected_entropy

NONE = -1
"""Stands for "none of these" among the candidates."""

EVERYBODY = "everybody"
NOT_GIVEN = "not given"
BY_COUNTRY = "annotator_country"
DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of an item beside its votes."""

    item: int
    language: str
    prompt: str
    prompt_key: str | None
    prompt_group: str | None
    topic: str | None
    factual: bool
    order: Sequence[int]
    """The slots of the candidates in the canonical order."""


@dataclass(kw_only=True)
class Voted:
    """An item with what people chose."""

    about: About
    texts: Sequence[str] = ()
    """The candidates in the canonical order."""
    strata: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    """Votes by candidate in the canonical order (or NONE), by column and value."""

    def add(self, choice: int, demographics: Mapping[str, str | None]) -> None:
        """Count one person's choice: a place in the canonical order, or NONE."""
        for column, value in {EVERYBODY: EVERYBODY, **demographics}.items():
            self.strata.setdefault((column, value or NOT_GIVEN), Counter())[choice] += 1


def item_of(voted: Voted) -> Item:
    """Return the line of an item."""
    about, counts = voted.about, voted.strata[EVERYBODY, EVERYBODY]
    # One row: an item. Below two people neither figure says anything.
    cast = np.array([[*_votes(counts, about), counts[NONE]]], dtype=np.float64)
    return Item(
        item_id=about.item,
        language=about.language,
        prompt=about.prompt,
        prompt_key=about.prompt_key,
        prompt_group=about.prompt_group,
        topic=about.topic,
        factual=about.factual,
        responses=list(voted.texts),
        people=counts.total(),
        votes=_votes(counts, about),
        votes_none=counts[NONE],
        entropy=_rounded(corrected_entropy(cast)[0]) if counts.total() > 1 else None,
        pair_agreement=_rounded(pair_agreement(cast)[0]),
        strata=[_stratum(value, each, about) for value, each in _by(voted, BY_COUNTRY)],
    )


def votes_of(voted: Voted, columns: Sequence[str]) -> Iterator[Votes]:
    """Yield the lines of an item's votes: of everybody, and by the values of each column."""
    about = voted.about
    for column in (EVERYBODY, *columns):
        for value, counts in _by(voted, column):
            yield Votes(
                item_id=about.item,
                language=about.language,
                stratum_column=column,
                stratum=value,
                prompt=[{"role": "user", "content": about.prompt}],
                responses=list(voted.texts),
                people=counts.total(),
                votes=_votes(counts, about),
                votes_none=counts[NONE],
                distribution=distribution([*_votes(counts, about), counts[NONE]]),
            )


def _by(voted: Voted, column: str) -> list[tuple[str, Counter[int]]]:
    return sorted((value, counts) for (of, value), counts in voted.strata.items() if of == column)


def _votes(counts: Counter[int], about: About) -> list[int]:
    return [counts[place] for place in range(len(about.order))]


def _stratum(value: str, counts: Counter[int], about: About) -> StratumVotes:
    return {
        "stratum": value,
        "people": counts.total(),
        "votes": _votes(counts, about),
        "votes_none": counts[NONE],
    }


def _rounded(figure: float) -> float | None:
    return None if isnan(figure) else round(float(figure), DECIMALS)


def distribution(counts: Sequence[int]) -> list[float]:
    """Return shares that sum to one, rounded; the counts are not all zero."""
    total = sum(counts)
    return [round(count / total, DECIMALS) for count in counts]
