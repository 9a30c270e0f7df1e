"""Tables as files: Parquet, exact, and CSV, safe in a spreadsheet. Batch by batch; knows no Django."""

import json
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, get_args, get_origin

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from exports.records import Column

Row = tuple[Any, ...]

ARROW: dict[Any, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
    date: pa.date32(),
    list[int]: pa.list_(pa.int64()),
    list[str]: pa.list_(pa.string()),
}

FORMULA = r"\A('*[=+\-@\t\r\n＝＋－＠])"
"""How a cell begins that a spreadsheet may take for a formula, or that looks as if it had been escaped already."""


def parquet_name(table: str) -> str:
    """Return where a table's (first) Parquet file stands in a release folder."""
    return f"data/{table}-00000.parquet"


def csv_name(table: str) -> str:
    """Return where a table's CSV file stands in a release folder."""
    return f"csv/{table}.csv"


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the columns as Arrow knows them."""
    return pa.schema([_field(column) for column in columns])


def _field(column: Column) -> pa.Field:
    may_be_null = get_origin(column.type) is types.UnionType
    kind = get_args(column.type)[0] if may_be_null else column.type
    return pa.field(column.name, ARROW[kind], nullable=may_be_null)


def write_table(
    rows: Iterable[Row], *, folder: Path, name: str, columns: Sequence[Column], rows_per_batch: int
) -> Iterator[int]:
    """Write a table to its Parquet and its CSV file; yield how many rows were written, batch by batch."""
    schema = schema_of(columns)
    for path in (parquet_name(name), csv_name(name)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        exact = stack.enter_context(_parquet_writer(folder / parquet_name(name), schema))
        safe = stack.enter_context(_csv_writer(folder / csv_name(name), schema))
        for batch in _batches(rows, schema, rows_per_batch):
            exact.write_batch(batch, row_group_size=rows_per_batch)
            safe.write_batch(for_spreadsheets(batch))
            yield batch.num_rows


def _parquet_writer(path: Path, schema: pa.Schema) -> Any:
    return parquet.ParquetWriter(path, schema, version="2.6", compression="zstd", compression_level=3)


def _csv_writer(path: Path, schema: pa.Schema) -> Any:
    options = csv.WriteOptions(include_header=True, delimiter=",", eol="\n", quoting_style="needed")
    return csv.CSVWriter(path, _flat(schema), write_options=options)


def _batches(rows: Iterable[Row], schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        arrays = [pa.array(values, field.type) for values, field in zip(zip(*chunk, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def for_spreadsheets(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch as CSV holds it: lists as JSON, and an apostrophe before what would be taken for a formula."""
    arrays = [_flat_array(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=_flat(batch.schema))


def _flat_array(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pa.array([json.dumps(value, ensure_ascii=False) for value in column.to_pylist()], pa.string())
    if pa.types.is_string(column.type):
        return pc.replace_substring_regex(column, pattern=FORMULA, replacement=r"'\1")
    return column


def _flat(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(pa.string()) if pa.types.is_list(field.type) else field for field in schema])
