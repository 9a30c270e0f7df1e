"""codebook.md: every column of every table, from the docstrings of the records. Knows no Django."""

import types
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol, get_args, get_origin, get_type_hints, is_typeddict

from exports.markdown import code, escaped, one_line, table
from exports.records import SCHEMA_VERSION, Column, ConversationTurn, docstrings, wide_columns

TYPES: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
    date: "date",
}

QUESTIONS = ("choice", "explanation")

SEVERAL: dict[Any, str] = {int: "integers", float: "numbers", str: "texts", bool: "true or false"}

CONVENTIONS = """\
- Parquet files are exact; these are the files that the card's configurations load.
- CSV files hold the same lines for spreadsheets. A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break
  (also in full width, also after apostrophes) has one apostrophe before it, so that no spreadsheet takes it for a
  formula: to get the text back, take one apostrophe away from cells that begin with apostrophes followed by such a
  sign. Lists, and what is made of several fields, are JSON. Fields are separated by commas, quoted with `"`, lines end
  with a line feed; the encoding is UTF-8.
- JSON Lines files, where there are any, hold the same lines as the Parquet files: one object a line, dates as text.
- Null means "no value", for the reason the column states. No text column holds an empty text; in CSV null is an empty
  field without quotes.
- Conversations, people and candidate sets have numbers that were drawn in random order. They mean the same thing in
  every release of the study and nothing outside it. A number that is missing belongs to somebody who withdrew, or to a
  conversation that is in the long tables only.
- `in_balanced_subset` and `in_balanced_subset_10` are false in every line unless the study asks for a balanced subset;
  `publishing` in `MANIFEST.json` then has the rule, and margins before and after.
- Where the study asks for it, rare combinations of the six columns about a person are made common by emptying some of
  them, and what looks like addresses and numbers of people in texts has a sign such as `[e-mail]` in its place.
  `publishing` in `MANIFEST.json` says so.
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


def of(tables: Sequence[Described], *, configurations: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the codebook of these tables.

    :param configurations: the study's, as the manifest has them: what people were asked stands in them.
    """
    parts = [f"# Codebook\n\nSchema version {SCHEMA_VERSION}.\n\n## Conventions\n\n{CONVENTIONS}"]
    parts += [_questions(configurations)] if configurations else []
    parts += [_table(each) for each in tables]
    return "\n".join(parts)


def _questions(configurations: Sequence[Mapping[str, Any]]) -> str:
    """Return what people were asked in each version of the study, `turns.study_version`, and each language."""
    rows = [
        [str(each["number"]), code(language), *(escaped(asked[what].get(language, "")) for what in QUESTIONS)]
        for each in configurations
        for asked in [each["configuration"]["questions"]]
        for language in sorted(asked["choice"])
    ]
    header = ["study_version", "language", "question about the candidates", "question about the reason"]
    return f"## What people were asked\n\n{table(header, rows)}\n"


def _table(described: Described) -> str:
    text = f"## {described.name}\n\n{described.about}\n\n"
    if described.columns == wide_columns():
        text += f"{' '.join((ConversationTurn.__doc__ or '').split())}\n\n"
    rows = [[f"`{column.name}`", type_name(column.type), column.about] for column in described.columns]
    nested = dict.fromkeys(each for column in described.columns for each in nested_in(column.type))
    return "\n\n".join([text + table(["column", "type", "meaning"], rows), *map(_record, nested)]) + "\n"


def _record(kind: type) -> str:
    """Return the fields of what a column is made of."""
    documented, fields = docstrings(kind), get_type_hints(kind)
    rows = [[f"`{name}`", type_name(type_), documented.get(name, "")] for name, type_ in fields.items()]
    return f"`{kind.__name__}`: {one_line(kind.__doc__ or '')}\n\n" + table(["field", "type", "meaning"], rows)


def type_name(kind: Any) -> str:
    """Return a column's type in words."""
    if get_origin(kind) is types.UnionType:
        return f"{type_name(get_args(kind)[0])} or null"
    if get_origin(kind) is list:
        return f"list of {_several(*get_args(kind))}"
    if is_typeddict(kind):
        return f"`{kind.__name__}`"
    return TYPES[kind]


def _several(kind: Any) -> str:
    return f"`{kind.__name__}`" if is_typeddict(kind) else SEVERAL[kind]


def nested_in(kind: Any) -> list[type]:
    """Return the records that a type is made of: of a list of messages, the message."""
    inner = [each for part in get_args(kind) for each in nested_in(part)]
    return [kind, *inner] if is_typeddict(kind) else inner
