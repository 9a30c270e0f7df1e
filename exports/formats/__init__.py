"""One module per format: which tables it holds, and whether a study fits into it.

How building and formats meet:

- A `Format` (formats/table.py) names its `Table`s; FORMATS here lists the formats. A table of one name is written once,
  however many formats hold it. Its files are `data/NAME-00000.parquet`, `csv/NAME-00000.csv`,
  `jsonl/NAME-00000.jsonl` and so on, as `Table.written_as` says; exports/tables.py writes them from `Table.columns`
  (types: tables.arrow_of).
- A table is written in **parts**, by several processes, each part on its own and perhaps again after a kill.
  `Table.along` says along which numbers it is cut: of `conversations`, of candidate `sets`, or of `people`.
  `Table.rows(scope, tally)` is called for each part and yields its lines in the order of these numbers.
- `scope` (exports/scope.py) is that part: `scope.turns()`, `scope.accepted()` and `scope.candidates()` hold what lies
  in it, and only of people who agree. Numbers are `task__published__number`, `candidate_set__published__number`, the
  annotation `repeat_of`, and `scope.people[annotator_id].number`. `scope.people` knows everybody in the part (in a part
  along people nobody else),
  `scope.whole()` is the release without the cut. What is worked out from the whole (percentiles of speed, say) is asked
  for by `scope.once("name", function)`: once per release and process.
- `rows` remembers nothing between parts. What the card counts goes into `tally` (exports/formats/table.py), whose
  counts of all parts are added up, and comes out as `counts` of the manifest.
- A part of release 1.0 stays as it is in release 1.1 unless something was recorded in one of its conversations or sets,
  or somebody in it left. Where lines count what *other* people did (`items`, `votes`), say `Table.fresh = True`:
  such a table is written anew in every release.
- What stands beside the tables (card, codebook, notebook, Croissant, plots) is written once, at the end, from the
  manifest: exports/documents.py returns it as names and bytes. The manifest then knows the rows, counts, people and, as
  `files`, the name, size and SHA-256 of every file of the tables.
- The same scope gives the same bytes: no clock, no chance without a stored seed, no order that the database chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from collection.models import Study
from exports.formats import arena, community_alignment, items, long_tables, prism, trl
from exports.formats.table import DoesNotFit, Format, Table
from exports.tables import Encoding

__all__ = [
    "BESIDE_PARQUET",
    "FORMATS",
    "USUAL",
    "DoesNotFit",
    "Format",
    "Offered",
    "Table",
    "check",
    "offered",
    "tables_of",
]

FORMATS = {
    format.name: format
    for format in (
        community_alignment.FORMAT,
        long_tables.FORMAT,
        trl.PREFERENCE,
        trl.UNPAIRED,
        items.FORMAT,
        arena.FORMAT,
        prism.FORMAT,
    )
}

USUAL = ("community-alignment", "trl-preference")
"""What a release holds unless other formats are named."""

BESIDE_PARQUET: tuple[Encoding, ...] = ("csv", "jsonl")
"""The kinds of files that a release can have beside Parquet."""


@dataclass(frozen=True)
class Offered:
    """A format, as somebody who asks for a release is offered it."""

    name: str
    about: Any
    why_not: str | None
    """Why this study does not fit into it: a code of exports.reasons."""
    is_always_in: bool
    is_usual: bool


def offered(study: Study) -> list[Offered]:
    """Return all formats, with whether a study fits into them."""
    return [
        Offered(
            name=each.name,
            about=each.about,
            why_not=each.why_not(study),
            is_always_in=each.name == long_tables.FORMAT.name,
            is_usual=each.name in USUAL,
        )
        for each in FORMATS.values()
    ]


def check(study: Study, formats: Sequence[str], beside_parquet: Sequence[str] = ()) -> None:
    """Check that the formats can hold what a study collects.

    :raises DoesNotFit: if one cannot, with the reason.
    """
    if not set(beside_parquet) <= set(BESIDE_PARQUET):
        raise DoesNotFit("unknown-format")
    for name in formats:
        if name not in FORMATS:
            raise DoesNotFit("unknown-format")
        if reason := FORMATS[name].why_not(study):
            raise DoesNotFit(reason)


def tables_of(formats: Sequence[str], beside_parquet: Sequence[str] = ("csv",)) -> list[Table]:
    """Return the tables of these formats, each once, with the kinds of files that they are written as.

    The long tables are always among them: the card's figures come from them. Where two formats have a table of one name
    (community-alignment and the long tables have `conversations`), the one further ahead in FORMATS gives it.
    """
    written_as: tuple[Encoding, ...] = ("parquet", *(kind for kind in BESIDE_PARQUET if kind in beside_parquet))
    found: dict[str, Table] = {}
    for format in FORMATS.values():
        for table in format.tables if format.name in (*formats, long_tables.FORMAT.name) else ():
            found.setdefault(table.name, replace(table, written_as=written_as))
    return list(found.values())
