"""codebook.md: every column of every table, from the docstrings of the records. Knows no Django."""

import types
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol, get_args, get_origin

from exports.markdown import table
from exports.records import SCHEMA_VERSION, Column, ConversationTurn, Message, wide_columns

TYPES: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
    date: "date",
    list[int]: "list of integers",
    list[str]: "list of texts",
    list[Message]: "list of messages (`role`, `content`)",
}

CONVENTIONS = """\
- Parquet files are exact; these are the files that the card's configurations load.
- CSV files hold the same lines for spreadsheets. A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break
  (also in full width, also after apostrophes) has one apostrophe before it, so that no spreadsheet takes it for a
  formula: to get the text back, take one apostrophe away from cells that begin with apostrophes followed by such a
  sign. Lists are JSON. Fields are separated by commas, quoted with `"`, lines end with a line feed; the encoding is
  UTF-8.
- Null means "no value", for the reason the column states. No text column holds an empty text; in CSV null is an empty
  field without quotes.
- Conversations, people and candidate sets have numbers that were drawn in random order. They mean the same thing in
  every release of the study and nothing outside it. A number that is missing belongs to somebody who withdrew, or to a
  conversation that is in the long tables only.
- `in_balanced_subset` and `in_balanced_subset_10` are not computed in this schema version: false in every line.
- Lines are in the order of their numbers. The same snapshot of the same people gives the same bytes.
"""


class Described(Protocol):
    """A table, as far as the codebook is concerned."""

    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def columns(self) -> list[Column]: ...


def of(tables: Sequence[Described]) -> str:
    """Return the codebook of these tables."""
    parts = [f"# Codebook\n\nSchema version {SCHEMA_VERSION}.\n\n## Conventions\n\n{CONVENTIONS}"]
    parts += [_table(each) for each in tables]
    return "\n".join(parts)


def _table(described: Described) -> str:
    text = f"## {described.name}\n\n{described.about}\n\n"
    if described.columns == wide_columns():
        text += f"{' '.join((ConversationTurn.__doc__ or '').split())}\n\n"
    rows = [[f"`{column.name}`", type_name(column.type), column.about] for column in described.columns]
    return text + table(["column", "type", "meaning"], rows) + "\n"


def type_name(kind: Any) -> str:
    """Return a column's type in words."""
    if get_origin(kind) is types.UnionType:
        return f"{TYPES[get_args(kind)[0]]} or null"
    return TYPES[kind]
