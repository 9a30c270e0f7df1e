"""Have the tables the columns, counts and references that they should?"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from exports.formats import BESIDE_PARQUET, tables_of
from exports.formats.table import Table
from exports.records import SCHEMA_VERSION
from exports.tables import Encoding, schema_of
from exports.verification.folder import Check, Folder, some, told

# Python's own limit is 131,072 characters; a whole conversation in one cell can have more.
csv.field_size_limit(2**31 - 1)

IDS = {
    "annotator_id": ["annotators"],
    "conversation_id": ["turns", "conversations"],
    "candidate_set_id": ["candidates"],
}
"""Where what a column names is to be found: in the first of these tables that the release has."""


def _tables(folder: Folder) -> Iterator[tuple[str, Table | None]]:
    known = {table.name: table for table in tables_of(folder.said["formats"])}
    for name in folder.said["rows"]:
        yield name, known.get(name)


def schemas(folder: Folder) -> Check:
    """Every Parquet file has the columns and types of its table in this schema version."""
    faults = []
    version = folder.said["schema_version"]
    if version != SCHEMA_VERSION:
        faults.append(f"The release has schema version {version}; this program checks version {SCHEMA_VERSION}.")
    for name, table in _tables(folder):
        if table is None:
            faults.append(f"The table {name} belongs to none of the release's formats.")
        elif not folder.parts(name):
            faults.append(f"The table {name} has no Parquet file.")
        else:
            expected = schema_of(table.columns)
            faults += [f for path in folder.parts(name) if (f := _schema_fault(path, expected, folder.path))]
    return Check(
        what=f"{len(folder.said['rows'])} tables have the columns and types of the codebook", faults=told(faults)
    )


def _schema_fault(path: Path, expected: pa.Schema, folder: Path) -> str | None:
    found = parquet.read_schema(path).remove_metadata()
    if found.equals(expected):
        return None
    name = path.relative_to(folder).as_posix()
    if missing := [column for column in expected.names if column not in found.names]:
        return f"{name} lacks the columns {', '.join(missing)}."
    if more := [column for column in found.names if column not in expected.names]:
        return f"{name} has the columns {', '.join(more)}, which its table has not."
    wrong = [column for column in expected.names if not found.field(column).equals(expected.field(column))]
    return f"{name} has other types, or another order, in {', '.join(wrong) or 'its columns'}."


def counts(folder: Folder) -> Check:
    """The files of each table hold as many lines as the manifest says, in every kind of file."""
    faults = []
    for name, rows in folder.said["rows"].items():
        for encoding in ("parquet", *BESIDE_PARQUET):
            parts = folder.parts(name, encoding)
            found = sum(_lines(path, encoding) for path in parts)
            if (parts or encoding == "parquet") and found != rows:
                faults.append(f"The {encoding} files of {name} hold {found:,} lines in place of {rows:,}.")
    total = sum(folder.said["rows"].values())
    return Check(what=f"they hold {total:,} lines, as many as the manifest says", faults=told(faults))


def _lines(path: Path, encoding: Encoding) -> int:
    if encoding == "parquet":
        return int(parquet.read_metadata(path).num_rows)
    with path.open(encoding="utf-8", newline="") as content:
        return sum(1 for _line in csv.reader(content)) - 1 if encoding == "csv" else sum(1 for _line in content)


def references(folder: Folder) -> Check:
    """Every person, conversation and candidate set that a line names is in its own table, once."""
    faults, looked_at = [], 0
    for column, places in IDS.items():
        place = next((table for table in places if folder.has(table)), None)
        if place is None:
            continue
        known = set(folder.read(place, [column])[column])
        for name, table in _tables(folder):
            if table is None or name == place or not any(c.name == column and c.type is int for c in table.columns):
                continue
            looked_at += 1
            of_shown = " of sets that were shown" if (name, column) == ("turns", "candidate_set_id") else ""
            lines = folder.read(name, [column, "set_status"] if of_shown else [column])
            named = lines[lines["set_status"] == "ready"] if of_shown else lines
            if lost := sorted(set(named[column]) - known):
                faults.append(f"{name} names in {column} what {place} lacks: {some(lost)}.")
    return Check(what=f"{looked_at} columns that point to other tables find what they name", faults=told(faults))


def keys(folder: Folder) -> Check:
    """No table says the same thing twice."""
    unique = {
        "annotators": ["annotator_id"],
        "conversations": ["conversation_id"],
        "turns": ["conversation_id", "turn"],
        "candidates": ["candidate_set_id", "slot"],
        "comparisons": ["conversation_id", "turn"],
        "items": ["item_id"],
    }
    faults = []
    for table, columns in unique.items():
        if folder.has(table):
            lines = folder.read(table, columns)
            twice = lines[lines.duplicated()]
            if len(twice):
                faults.append(f"{table} has lines with the same {' and '.join(columns)}: {some(twice[columns[0]])}.")
    return Check(what="every person, conversation, turn and candidate stands in one line of its table", faults=faults)


def formulas(folder: Folder) -> Check:
    """No cell of a CSV file begins as a formula does."""
    faults = []
    for path in (path for name in folder.said["rows"] for path in folder.parts(name, "csv")):
        with path.open(encoding="utf-8", newline="") as content:
            begun = sum(_is_formula(cell) for row in csv.reader(content) for cell in row)
        if begun:
            name = path.relative_to(folder.path).as_posix()
            faults.append(f"{name} has {begun:,} cells that begin like a formula.")
    return Check(what="no cell of a CSV file begins like a formula", faults=told(faults))


def _is_formula(cell: str) -> bool:
    return cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) and not _is_number(cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


CHECKS = (schemas, counts, keys, references, formulas)
