"""A release folder as arrays: who chose what among the candidates of which shared item. Knows no Django."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import parquet

from exports.records import LETTERS
from exports.simulated import MARK
from pluralism.two_way import Rows

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

TURNS = (
    "conversation_id", "turn", "annotator_id", "language", "is_given_prompt", "prompt", "kind", "surplus",
    "candidate_set_id", "order_shown", "outcome", "chosen_slot", "device", "strength", "acceptable",
)  # fmt: skip
CANDIDATES = (
    "candidate_set_id", "slot", "response", "text", "factual", "method", "model", "recipe_sha256", "labels",
)  # fmt: skip

UNKNOWN = -1


class NotARelease(Exception):
    """The folder holds no release that can be reported on, for the reason that is given."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A given prompt with its candidates, in the set's canonical order: the first is `a`."""

    candidate_set_id: int
    language: str
    prompt: str
    factual: bool
    recipe: str
    texts: list[str]
    methods: list[str]
    """How each candidate came about."""
    labels: list[list[str]]
    """What researchers said that each candidate speaks for, before collection."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a report needs of a release: the choices in first turns of shared items."""

    title: str
    snapshot_at: str
    schema_version: str
    simulated: bool
    k: int
    items: list[Item]
    rows: Rows
    """Categories: the candidate's place in the canonical order; k: none of these."""
    orders: Codes
    """Shape (choices, k): the candidate (as in `rows`) in each place of the person's screen."""
    devices: NDArray[np.object_]
    """Shape (choices,): `phone`, `tablet`, `computer`, or empty where it is not known."""
    strength: Numbers
    """Shape (choices,): 1 to 3; NaN where it was not asked or not said."""
    acceptable: Numbers
    """Shape (choices, k): 1 acceptable, 0 not; NaN where it was not asked or not said."""
    people: pd.DataFrame
    """One line per person, in the order of their numbers in `rows`."""
    left_out: Counter[str]
    """First turns on given prompts that are in no figure, by reason."""

    @property
    def places(self) -> Codes:
        """Return the place on the screen of each choice, from 0; UNKNOWN: none of these. Shape (choices,)."""
        chosen = self.orders == self.rows.categories[:, None]
        return np.where(chosen.any(axis=1), chosen.argmax(axis=1), UNKNOWN)

    @property
    def none_can_be_said(self) -> bool:
        """Whether anybody said "none of these"."""
        return bool(np.any(self.rows.categories == self.k))

    @property
    def labels(self) -> list[str]:
        """Return all labels of candidates, in order."""
        return sorted({label for item in self.items for labels in item.labels for label in labels})

    def labelled(self, label: str) -> NDArray[np.bool_]:
        """Return which candidates have a label, shape (items, k)."""
        return np.array([[label in labels for labels in item.labels] for item in self.items]).reshape(-1, self.k)

    def kinds(self) -> Codes:
        """Return the number (in `labels`) of the label of each candidate that has exactly one; shape (items, k)."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        return np.array(
            [[numbers[of[0]] if len(of) == 1 else UNKNOWN for of in item.labels] for item in self.items], dtype=np.int64
        ).reshape(-1, self.k)


def read(folder: Path, *, balanced: bool = False) -> Release:
    """Read a release.

    :param balanced: Only conversations of its balanced subset.
    :raises NotARelease: if the folder lacks what a report needs.
    """
    said = _manifest(folder)
    turns, candidates = _table(folder, "turns", TURNS), _table(folder, "candidates", CANDIDATES)
    people = _table(folder, "annotators", ()).sort_values("annotator_id").reset_index(drop=True)
    if balanced:
        turns = turns[turns["conversation_id"].isin(_balanced(folder))]
    sets = _sets(candidates)
    k = Counter(len(texts) for texts in sets.values()).most_common(1)
    if not k:
        raise NotARelease("It has no candidates.")
    used, left_out = _used(turns, sets, k[0][0])
    if used.empty:
        raise NotARelease("It has no item that two people answered.")
    return _release(said, used, sets, people, left_out, k[0][0])


def with_labels(release: Release, labels: Mapping[tuple[str, str], Sequence[str]]) -> Release:
    """Return the release with labels that were given to its candidates later, in place of its own.

    :param labels: By candidate_set_id and letter; a candidate that is not named has none.
    :raises NotARelease: if there is no such candidate.
    """
    known = {
        (str(item.candidate_set_id), letter(place, release.k)) for item in release.items for place in range(release.k)
    }
    for number, response in sorted(labels.keys() - known):
        raise NotARelease(f"It has no shared item {number} with a candidate {response}, which a label is given to.")
    items = [
        replace(
            item,
            labels=[
                list(labels.get((str(item.candidate_set_id), letter(place, release.k)), ()))
                for place in range(release.k)
            ],
        )
        for item in release.items
    ]
    return replace(release, items=items)


def _manifest(folder: Path) -> dict[str, Any]:
    found = sorted(folder.glob("*MANIFEST.json"))
    if not found:
        raise NotARelease(f"{folder} has no MANIFEST.json; name the folder of a release.")
    said: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    return said


def _table(folder: Path, name: str, wanted: Sequence[str]) -> pd.DataFrame:
    """Return all parts of a table; columns that the release does not have are empty."""
    files = sorted(path for mark in ("", f"{MARK}-") for path in folder.glob(f"data/{mark}{name}-*.parquet"))
    if not files:
        raise NotARelease(f"It has no table {name}.")
    parts = []
    for file in files:
        present = parquet.read_schema(file).names
        columns = [column for column in wanted if column in present] if wanted else None
        parts.append(parquet.read_table(file, columns=columns).to_pandas())
    table = pd.concat(parts, ignore_index=True)
    return table.reindex(columns=wanted) if wanted else table


def _balanced(folder: Path) -> set[int]:
    """Return the conversations in the balanced subset."""
    conversations = _table(folder, "conversations", ("conversation_id", "in_balanced_subset"))
    inside = conversations[conversations["in_balanced_subset"].astype(bool)]
    if inside.empty:
        raise NotARelease("It has no balanced subset.")
    return set(inside["conversation_id"])


def _sets(candidates: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the candidates of each set in its canonical order."""
    ordered = candidates.sort_values(["candidate_set_id", "response"])
    return {int(str(number)): part.reset_index(drop=True) for number, part in ordered.groupby("candidate_set_id")}


def _used(turns: pd.DataFrame, sets: dict[int, pd.DataFrame], k: int) -> tuple[pd.DataFrame, Counter[str]]:
    """Return the choices that figures are made of, and how many others there are by reason."""
    first = turns[turns["is_given_prompt"] & (turns["turn"] == 1)].sort_values("conversation_id")
    left_out: Counter[str] = Counter()

    def kept(rows: pd.DataFrame, which: Any, reason: str) -> pd.DataFrame:
        left_out[reason] += int((~which).sum())
        return rows[which]

    first = kept(first, first["kind"] == "regular", "attention checks and repeats")
    first = kept(first, ~first["surplus"].astype(bool), "surplus")
    first = kept(first, first["outcome"].isin(["chosen", "none"]), "not compared, or skipped")
    sizes = {number: len(candidates) for number, candidates in sets.items()}
    first = kept(first, first["candidate_set_id"].map(sizes) == k, f"sets with another number of candidates than {k}")
    first = kept(first, ~first.duplicated(["candidate_set_id", "annotator_id"]), "the same item again")
    shared = first.groupby("candidate_set_id")["annotator_id"].transform("size") >= 2
    first = kept(first, shared, "items that one person alone answered")
    return first, Counter({reason: count for reason, count in left_out.items() if count})


def _release(
    said: dict[str, Any],
    used: pd.DataFrame,
    sets: dict[int, pd.DataFrame],
    people: pd.DataFrame,
    left_out: Counter[str],
    k: int,
) -> Release:
    numbers = sorted(int(number) for number in used["candidate_set_id"].unique())
    items = np.searchsorted(numbers, used["candidate_set_id"].to_numpy(dtype=np.int64))
    persons = np.searchsorted(people["annotator_id"].to_numpy(), used["annotator_id"].to_numpy())
    # Slots to places in the canonical order, for each set.
    places = np.array([np.argsort(sets[number]["slot"].to_numpy()) for number in numbers])
    orders = np.stack(used["order_shown"].to_list())
    slots = used["chosen_slot"].fillna(UNKNOWN).to_numpy(dtype=np.int64)
    acceptable = np.array([_answers(given, k) for given in used["acceptable"]])
    first = used.drop_duplicates("candidate_set_id").set_index("candidate_set_id")
    return Release(
        title=said["study"]["title"],
        snapshot_at=said["snapshot_at"],
        schema_version=str(said["schema_version"]),
        simulated=bool(said["simulated"]),
        k=k,
        items=[_item(number, first.loc[number], sets[number]) for number in numbers],
        rows=Rows(items=items, people=persons, categories=np.where(slots < 0, k, places[items, slots])),
        orders=places[items[:, None], orders],
        devices=used["device"].fillna("").to_numpy(dtype=object),
        strength=used["strength"].to_numpy(dtype=float, na_value=np.nan),
        # From slots to the canonical order.
        acceptable=np.take_along_axis(acceptable, np.argsort(places, axis=1)[items], axis=1),
        people=people,
        left_out=left_out,
    )


def _answers(given: Any, k: int) -> list[float]:
    if given is None or np.ndim(given) == 0:
        return [np.nan] * k
    return [{"yes": 1.0, "no": 0.0}.get(each, np.nan) for each in given]


def _item(number: int, turn: Any, candidates: pd.DataFrame) -> Item:
    first = candidates.iloc[0]
    return Item(
        candidate_set_id=number,
        language=turn["language"],
        prompt=turn["prompt"],
        factual=bool(first["factual"]),
        recipe=f"{str(first['recipe_sha256'])[:12]} ({', '.join(sorted(set(candidates['method'])))})",
        texts=candidates["text"].to_list(),
        methods=candidates["method"].to_list(),
        labels=[[str(label) for label in labels] for labels in candidates["labels"]],
    )


@dataclass(frozen=True, kw_only=True)
class Groups:
    """People in groups."""

    columns: list[str]
    """Of the table `annotators`, crossed."""
    names: list[str]
    of: Codes
    """Shape (people,): the group of each; UNKNOWN: did not say, or in a group that is too small."""
    blocks: Codes
    """Shape (people,): the country of each, within which people are exchanged by permutation tests."""
    too_small: dict[str, int]
    """Groups with fewer people than are reported, and how many they have."""
    unknown: int
    """People who did not say."""

    def choices(self, release: Release, number: int) -> Rows:
        """Return the choices of one group."""
        return release.rows.where(self.of[release.rows.people] == number)


def groups_of(release: Release, columns: Sequence[str], *, fewest: int) -> Groups:
    """Return people in groups by what they said of themselves; small groups are named and not reported.

    :raises NotARelease: if there is no such column, or no group is large enough.
    """
    _check(columns, release)
    people = release.people[list(columns)]
    chose = np.zeros(len(people), dtype=bool)
    chose[release.rows.people] = True
    known = people.notna().all(axis=1).to_numpy() & chose
    names = [" × ".join(str(value) for value in line) for line in people.to_numpy()]
    counts = Counter(name for name, is_known in zip(names, known, strict=True) if is_known)
    kept = sorted(name for name, count in counts.items() if count >= fewest)
    if not kept:
        raise NotARelease(f"No group by {' and '.join(columns)} has {fewest} people.")
    numbers = {name: number for number, name in enumerate(kept)}
    return Groups(
        columns=list(columns),
        names=kept,
        of=np.array(
            [numbers.get(name, UNKNOWN) if is_known else UNKNOWN for name, is_known in zip(names, known, strict=True)]
        ),
        blocks=pd.factorize(release.people.get("annotator_country", pd.Series([""] * len(people))))[0].astype(np.int64),
        too_small={name: count for name, count in sorted(counts.items()) if count < fewest},
        unknown=int((chose & ~known).sum()),
    )


def _check(columns: Sequence[str], release: Release) -> None:
    present = [str(column) for column in release.people if str(column).startswith("annotator_")][1:]
    missing = [column for column in columns if column not in present]
    if missing:
        raise NotARelease(f"Its people have no column {', '.join(missing)}; they have {', '.join(present)}.")


def letter(place: int, k: int) -> str:
    """Return how a category is called in files: a letter, or `none`."""
    return "none" if place == k else LETTERS[place]
