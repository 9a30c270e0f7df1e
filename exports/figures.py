"""figures.json: the figures of the card, worked out from the files of a release. Knows no Django.

The notebook beside it works them out once more, with pandas, from the same files.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from math import sqrt
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from exports.records import LETTERS
from exports.simulated import named
from pluralism import agreement
from pluralism.two_way import Rows

NAME = "figures.json"

DECIMALS = 4

LINES_AT_ONCE = 5000

SETS_MEASURED = 300
"""Sets whose candidates are compared: those of the lowest numbers, which were drawn at random."""

CHOICES_PERMUTED = 20_000
"""Choices on shared items whose orders are exchanged: those of the conversations with the lowest numbers."""

PERMUTATIONS = 200

NONE = len(LETTERS)
"""Stands for "none of these" among slots."""

Figures = dict[str, Any]


def of(said: Mapping[str, Any], folder: Path) -> Figures:
    """Return the figures of a release.

    :param said: the manifest.
    :param folder: where the files of the tables lie.
    """
    read = _Reader(said, folder)
    return {
        "comparisons": _comparisons(read),
        "explanations": _explanations(read),
        "agreement": _agreement(read, none_is_offered=_offers_none(said)),
        "by_place_alone": _by_place_alone(read),
        "diversity": _diversity(read),
    }


def _offers_none(said: Mapping[str, Any]) -> bool:
    return any(each["configuration"]["none_of_these"]["allowed"] for each in said["configurations"])


class _Reader:
    """The Parquet files of a release, read in order and batch by batch, so that memory does not grow with them."""

    def __init__(self, said: Mapping[str, Any], folder: Path) -> None:
        self.folder, self.simulated = folder, said["simulated"]

    def batches(self, table: str, columns: Sequence[str], where: Any = None) -> Iterator[pa.RecordBatch]:
        for path in sorted(self.folder.glob(named(f"data/{table}-*.parquet", simulated=self.simulated))):
            with parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=LINES_AT_ONCE, columns=list(columns)):
                    yield batch if where is None else batch.filter(where)

    def lines(self, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        for batch in self.batches(table, columns):
            yield from batch.to_pylist()

    def counting(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the comparisons that count."""
        return self.batches("comparisons", ["counts", *columns], where=pc.field("counts"))


def _comparisons(read: _Reader) -> Figures:
    outcomes: Counter[str] = Counter()
    places: Counter[int] = Counter()
    for batch in read.counting(["outcome", "chosen_place"]):
        outcomes.update(_counts(batch.column("outcome")))
        places.update(_counts(batch.column("chosen_place").drop_null()))
    compared = outcomes.total()
    return {
        "compared": compared,
        "none": outcomes["none"],
        "share_of_none": _share(outcomes["none"], compared),
        "places": {str(place): count for place, count in sorted(places.items())},
    }


def _counts(values: Any) -> dict[Any, int]:
    return {each["values"].as_py(): each["counts"].as_py() for each in pc.value_counts(values)}


def _explanations(read: _Reader) -> Figures:
    compared, lengths = 0, Counter[int]()
    for batch in read.counting(["feedback"]):
        said = pc.utf8_trim_whitespace(batch.column("feedback").drop_null())
        lengths.update(_counts(pc.list_value_length(pc.utf8_split_whitespace(said))))
        compared += batch.num_rows
    given = lengths.total()
    return {"given": given, "share": _share(given, compared), "median_words": median(lengths)}


def median(counted: Counter[int]) -> float | None:
    """Return the median of whole numbers that were counted."""
    total, seen, middle = counted.total(), 0, []
    for value, count in sorted(counted.items()):
        seen += count
        # The two in the middle, which are one where their number is odd.
        middle += [value for place in ((total - 1) // 2, total // 2) if seen - count <= place < seen]
    return sum(middle) / 2 if middle else None


def _agreement(read: _Reader, *, none_is_offered: bool) -> Figures:
    """Return the pair agreement of the average item that two people or more compared, beside what chance would give."""
    items, people, sums, tenths = 0, 0, [0.0, 0.0, 0.0], Counter[int]()
    for line in read.lines("items", ["pair_agreement", "entropy", "people", "votes"]):
        if line["pair_agreement"] is not None:
            items, people = items + 1, people + line["people"]
            found = (line["pair_agreement"], 1 / (len(line["votes"]) + none_is_offered), line["entropy"])
            sums = [so_far + value for so_far, value in zip(sums, found, strict=True)]
            # A whole number of tenths may come out a little less.
            tenths[min(int(10 * line["pair_agreement"] + 1e-9), 9)] += 1
    means = [round(value / items, DECIMALS) if items else None for value in sums]
    return {
        "items": items,
        "choices": people,
        **dict(zip(("pair_agreement", "by_chance", "entropy"), means, strict=True)),
        "items_by_tenth": [tenths[tenth] for tenth in range(10)],
    }


def _by_place_alone(read: _Reader) -> Figures:
    """Return how much people would agree if each kept the place that they chose, in the order of somebody else."""
    choices = list(islice(_choices_on_items(read), CHOICES_PERMUTED))
    orders = _orders(read, {choice["conversation_id"] for choice in choices})
    rows = Rows(
        items=_codes(choice["item_id"] for choice in choices),
        people=_codes(choice["annotator_id"] for choice in choices),
        categories=np.array([_slot(choice) for choice in choices], np.int64),
    )
    shown = np.array([orders[choice["conversation_id"]] for choice in choices], np.int64).reshape(-1, NONE)
    null = agreement.by_place_alone(rows, shown, seed=0, permutations=PERMUTATIONS)
    found = {name: None if null is None else round(getattr(null, name), DECIMALS) for name in ("mean", "high", "p")}
    return {"choices": len(choices), "permutations": PERMUTATIONS, **found}


def _choices_on_items(read: _Reader) -> Iterator[dict[str, Any]]:
    columns = ["conversation_id", "annotator_id", "item_id", "chosen_slot"]
    for batch in read.counting(columns):
        yield from batch.filter(pc.field("item_id").is_valid()).to_pylist()


def _orders(read: _Reader, conversations: set[int]) -> dict[int, list[int]]:
    """Return the orders in which the first candidates of these conversations were shown, filled up to one length."""
    found: dict[int, list[int]] = {}
    last = max(conversations, default=0)
    for batch in read.batches("turns", ["conversation_id", "turn", "order_shown"], where=pc.field("turn") == 1):
        for line in batch.to_pylist():
            if line["conversation_id"] in conversations:
                found[line["conversation_id"]] = (line["order_shown"] + [-1] * NONE)[:NONE]
        if batch.num_rows and batch.column("conversation_id")[-1].as_py() >= last:
            break
    return found


def _codes(values: Iterable[int]) -> NDArray[np.int64]:
    return np.unique(np.array(list(values), np.int64), return_inverse=True)[1].astype(np.int64)


def _slot(choice: Mapping[str, Any]) -> int:
    slot = choice["chosen_slot"]
    return NONE if slot is None else slot


def _diversity(read: _Reader) -> dict[str, Figures]:
    """Return how far apart the candidates of a set are, by method: 0 (the same letters) to 1 (nothing in common)."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    lines = read.lines("candidates", ["candidate_set_id", "method", "text"])
    for _, members in islice(groupby(lines, key=itemgetter("candidate_set_id")), SETS_MEASURED):
        candidates = list(members)
        method = "+".join(sorted({candidate["method"] for candidate in candidates}))
        found[method].append(distance([candidate["text"] for candidate in candidates]))
    return {method: {"sets": len(found[method]), "distance": _mean(found[method])} for method in sorted(found)}


def distance(texts: Sequence[str]) -> float:
    """Return 1 less the cosine of the counts of three characters in a row, averaged over all pairs of texts."""
    counted = [Counter(text[start : start + 3] for start in range(len(text) - 2)) for text in texts]
    pairs = [(one, other) for place, one in enumerate(counted) for other in counted[place + 1 :]]
    return sum(1 - _cosine(one, other) for one, other in pairs) / len(pairs)


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    product = sum(count * other[each] for each, count in one.items())
    lengths = sqrt(sum(count**2 for count in one.values())) * sqrt(sum(count**2 for count in other.values()))
    return product / lengths if lengths else 0.0


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DECIMALS) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), DECIMALS) if values else None
