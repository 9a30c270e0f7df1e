"""Quotas from a table: CSV or Parquet, one column per question, `wanted`, and `rule` where it is not "exactly".

An empty cell leaves its question out of the row's stratum: rows that fill all cells are interlocked quotas, rows that
fill one cell are marginal ones. Knows no Django.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import ValidationError

from annotators.panel_file import QuotaPart
from annotators.survey import N_

KINDS = (".csv", ".parquet")
MOST_ROWS = 20_000
NO_QUESTION = {"wanted", "rule"}


class QuotaTableInvalid(Exception):
    """The table cannot be taken: `faults` are sentences with what to fill in, each with its line, 0 for the whole."""

    def __init__(self, faults: list[tuple[int, str, dict[str, Any]]]) -> None:
        super().__init__("; ".join(f"line {line}: {sentence.format(**filling)}" for line, sentence, filling in faults))
        self.faults = faults


def read(path: Path) -> list[QuotaPart]:
    """Return the quotas of a table, in its order. Lines are counted as in a spreadsheet: the header is line 1.

    :raises QuotaTableInvalid: with every line that cannot be taken.
    """
    table = _table(path)
    if "wanted" not in table.columns:
        raise QuotaTableInvalid([(1, N_("The table has no column named wanted."), {})])
    if len(table) > MOST_ROWS:
        raise QuotaTableInvalid([(0, N_("The table has more than {most} rows."), {"most": MOST_ROWS})])
    parts, faults = [], []
    for line, row in enumerate(table.to_dict("records"), start=2):
        try:
            parts.append(_part({str(name): value for name, value in row.items()}))
        except ValueError as error:
            faults.append((line, *_said(error)))
    if faults or not parts:
        raise QuotaTableInvalid(faults or [(0, N_("The table has no rows."), {})])
    return parts


def _table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", nrows=MOST_ROWS + 1)
        elif path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            raise QuotaTableInvalid([(0, N_("The file must end with {kinds}."), {"kinds": ", ".join(KINDS)})])
    except UnicodeDecodeError:
        raise QuotaTableInvalid([(0, N_("The file is not UTF-8 text."), {})]) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowException, OSError, ValueError) as error:
        raise QuotaTableInvalid([(0, N_("The file cannot be read: {problem}."), {"problem": str(error)})]) from None
    table.columns = [str(name).strip() for name in table.columns]
    return table


def _part(row: dict[str, Any]) -> QuotaPart:
    said = {name: _text(value) for name, value in row.items()}
    where = {name: value for name, value in said.items() if name not in NO_QUESTION and value}
    if not where:
        raise ValueError(N_("names no stratum: fill in at least one question"))
    rule = {"rule": said["rule"].lower().replace(" ", "-")} if said.get("rule") else {}
    return QuotaPart.model_validate({"where": where, "wanted": said["wanted"], **rule})


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    # Parquet from pandas holds a column of numbers with gaps as floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _said(error: ValueError) -> tuple[str, dict[str, Any]]:
    if not isinstance(error, ValidationError):
        return error.args[0], error.args[1] if len(error.args) > 1 else {}
    first = error.errors()[0]
    if first["loc"][0] == "wanted":
        return N_("wanted must be a whole number, 0 or above"), {}
    if first["loc"][0] == "rule":
        return N_("rule must be exactly, at-most or at-least"), {}
    return N_("cannot be taken: {problem}"), {"problem": first["msg"]}
