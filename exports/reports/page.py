"""A report as a folder: one HTML page that needs nothing else, and a CSV file behind every table."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from exports.reports import plots
from exports.reports.figures import Cell, Section, Table, exact, marked, shown
from exports.simulated import NOTICE, named
from exports.tables import FORMULA

PAGE = "exports/pluralism_report.html"

SHOWN = 40
"""Lines of a table that the page shows; files hold all."""

LONGEST_ON_A_LINE = 40
"""A text of more characters is broken into lines."""


def write(
    folder: Path, *, title: str, about: Sequence[str], sections: Sequence[Section], simulated: bool
) -> list[Path]:
    """Write a report into a new folder and return its files; the same figures give the same bytes.

    :param simulated: Whether no person stands behind the figures: then every file says so in its name.
    """
    folder.mkdir(parents=True)
    page = folder / named("report.html", simulated=simulated)
    context = {
        "title": title,
        "notice": NOTICE if simulated else "",
        "about": [marked(text) for text in about],
        "sections": [_section(section, simulated) for section in sections],
    }
    page.write_text(render_to_string(PAGE, context), encoding="utf-8", newline="\n")
    written = [page]
    for table in (table for section in sections for table in section.tables):
        path = folder / named(f"{table.key}.csv", simulated=simulated)
        path.write_text(as_csv(table), encoding="utf-8", newline="")
        written.append(path)
    return written


def as_csv(table: Table) -> str:
    """Return a table as a spreadsheet reads it, with nothing that it could take for a formula."""
    into = StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([[_safe(exact(value)) for value in row] for row in table.rows])
    return into.getvalue()


def _safe(value: Any) -> Any:
    # Numbers below zero begin with a sign too, and are no formulas.
    if not isinstance(value, str) or _is_number(value):
        return value
    return pc.replace_substring_regex(value, pattern=FORMULA, replacement=r"'\1").as_py()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _section(section: Section, simulated: bool) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "text": [marked(text) for text in section.text],
        "refused": section.refused,
        "tables": [_table(table, simulated) for table in section.tables],
    }


def _table(table: Table, simulated: bool) -> dict[str, Any]:
    return {
        "title": table.title,
        "about": marked(table.about),
        "left": max(0, len(table.rows) - SHOWN),
        "file": named(f"{table.key}.csv", simulated=simulated),
        "columns": [
            {"name": name, "is_number": any(not isinstance(value, str) for value in table.column(name))}
            for name in table.columns
        ],
        "rows": [
            [_cell(value, name) for name, value in zip(table.columns, row, strict=True)] for row in table.rows[:SHOWN]
        ],
        # Every text in it is escaped where it is drawn.
        "plot": mark_safe(plots.svg(table)) if table.plot and table.rows else "",  # noqa: S308
    }


def _cell(value: Cell, column: str) -> dict[str, Any]:
    said = shown(value, column)
    return {"said": said, "is_number": not isinstance(value, str), "is_short": len(said) <= LONGEST_ON_A_LINE}
