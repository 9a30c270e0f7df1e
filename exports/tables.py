"""Tables as files: Parquet and JSON Lines, exact, and CSV, safe in a spreadsheet. Batch by batch; knows no Django."""

import json
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from exports import masking
from exports.records import Column

Row = tuple[Any, ...]

Encoding = Literal["parquet", "csv", "jsonl"]

ARROW: dict[Any, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
    date: pa.date32(),
}

FORMULA = r"\A('*[=+\-@\t\r\n＝＋－＠])"
"""How a cell begins that a spreadsheet may take for a formula, or that looks as if it had been escaped already."""


FOLDERS: dict[Encoding, str] = {"parquet": "data", "csv": "csv", "jsonl": "jsonl"}


def file_name(table: str, encoding: Encoding, part: int = 0) -> str:
    """Return where a part of a table stands in a release folder."""
    return f"{FOLDERS[encoding]}/{table}-{part:05d}.{encoding}"


def arrow_of(kind: Any) -> pa.DataType:
    """Return how Arrow holds a type of a record's field: a plain one, a TypedDict, or a list of either."""
    if is_typeddict(kind):
        fields = get_type_hints(kind).items()
        return pa.struct([pa.field(name, arrow_of(_without_null(type_))) for name, type_ in fields])
    if get_origin(kind) is list:
        return pa.list_(arrow_of(*get_args(kind)))
    return ARROW[kind]


def _without_null(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is types.UnionType else kind


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the columns as Arrow knows them."""
    return pa.schema([_field(column) for column in columns])


def _field(column: Column) -> pa.Field:
    may_be_null = get_origin(column.type) is types.UnionType
    return pa.field(column.name, arrow_of(_without_null(column.type)), nullable=may_be_null)


def write_part(
    rows: Iterable[Row],
    *,
    files: Mapping[Encoding, Path],
    columns: Sequence[Column],
    rows_per_batch: int,
    masks: bool = False,
) -> Iterator[int]:
    """Write lines of a table to a file of each kind; yield how many rows were written, batch by batch.

    :param masks: whether what looks like personal data in texts is masked.
    """
    schema = schema_of(columns)
    with ExitStack() as stack:
        writers = [stack.enter_context(WRITERS[encoding](path, schema)) for encoding, path in files.items()]
        for batch in _batches(rows, schema, rows_per_batch):
            published = masking.masked(batch) if masks else batch
            for write in writers:
                write(published)
            yield batch.num_rows


Writer = Callable[[pa.RecordBatch], None]


@contextmanager
def _parquet_writer(path: Path, schema: pa.Schema) -> Iterator[Writer]:
    with parquet.ParquetWriter(path, schema, version="2.6", compression="zstd", compression_level=3) as writer:
        yield lambda batch: writer.write_batch(batch, row_group_size=max(1, batch.num_rows))


@contextmanager
def _csv_writer(path: Path, schema: pa.Schema) -> Iterator[Writer]:
    options = csv.WriteOptions(include_header=True, delimiter=",", eol="\n", quoting_style="needed")
    with csv.CSVWriter(path, _flat(schema), write_options=options) as writer:
        yield lambda batch: writer.write_batch(for_spreadsheets(batch))


@contextmanager
def _jsonl_writer(path: Path, schema: pa.Schema) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        yield lambda batch: lines.writelines(_as_json(line) + "\n" for line in batch.to_pylist())


def _plain(value: Any) -> str:
    """Return a date as JSON has it."""
    assert isinstance(value, date)
    return value.isoformat()


WRITERS: dict[Encoding, Callable[[Path, pa.Schema], AbstractContextManager[Writer]]] = {
    "parquet": _parquet_writer,
    "csv": _csv_writer,
    "jsonl": _jsonl_writer,
}


def _batches(rows: Iterable[Row], schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        arrays = [pa.array(values, field.type) for values, field in zip(zip(*chunk, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def for_spreadsheets(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch as CSV holds it: what is nested as JSON, an apostrophe before what may be a formula."""
    arrays = [_flat_array(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=_flat(batch.schema))


def _flat_array(column: pa.Array) -> pa.Array:
    if pa.types.is_nested(column.type):
        return pa.array([None if value is None else _as_json(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_string(column.type):
        return pc.replace_substring_regex(column, pattern=FORMULA, replacement=r"'\1")
    return column


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _flat(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(pa.string()) if pa.types.is_nested(field.type) else field for field in schema])
