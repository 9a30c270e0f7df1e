"""One folder from one snapshot, written by one process: for `export_dataset`, which keeps no release."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db.models import Max

from collection.models import Study
from exports import changes, formats, manifest, numbering, parts, representing, snapshot
from exports.finishing import write_documents
from exports.formats import Table
from exports.formats.table import Tally
from exports.manifest import Manifest
from exports.models import Release
from exports.scope import Scope, scope_of
from exports.shards import write_rows
from exports.storage import bring_to_disk

Progress = Callable[[int, int], None]
"""Is told how many rows are written, and about how many there will be."""


def write(
    *,
    study: Study,
    wanted: Sequence[str],
    beside_parquet: Sequence[str] = ("csv",),
    snapshot_at: datetime,
    version: int | None,
    folder: Path,
    progress: Progress,
) -> Manifest:
    """Write a study's dataset in the wanted formats, as it was at a moment, into a new folder.

    :raises DoesNotFit: if a format cannot hold it.
    :raises StillWriting: if the moment cannot be fixed.
    """
    folder.mkdir(parents=True)
    formats.check(study, wanted)
    snapshot.settle(snapshot_at=snapshot_at)
    line = latest_line(study)
    numbering.number_new(study=study, line=line, snapshot_at=snapshot_at)
    tables, tally = formats.tables_of(wanted, beside_parquet), Tally()
    with snapshot.reading():
        scope = scope_of(study=study, line=line, snapshot_at=snapshot_at)
        found = representing.work_out(scope)
        rows = _write_tables(tables, scope, tally, folder=folder, progress=progress)
        said = manifest.of(scope, tally, rows=rows, formats=wanted, version=version)
        said["publishing"] = found
        before = changes.previous(study, line=line, version=version)
        said["since_previous"] = changes.since(before, scope, said["rows"])
    said["files"] = manifest.files_in(folder)
    write_documents(said, tables, folder, files=folder)
    manifest.write(said, folder)
    for path in [*folder.rglob("*"), folder]:
        bring_to_disk(path)
    return said


def latest_line(study: Study) -> int:
    """Return the line whose numbers a dataset of the study has that says nothing else."""
    return Release.objects.filter(study=study).aggregate(line=Max("line"))["line"] or 1


def _write_tables(
    tables: Sequence[Table], scope: Scope, tally: Tally, *, folder: Path, progress: Progress
) -> dict[str, int]:
    """Write the tables and return how many rows each has."""
    total = sum(table.total(scope) for table in tables)
    rows: dict[str, int] = dict.fromkeys((table.name for table in tables), 0)
    progress(0, total)
    for each in parts.of(scope.study, tables, line=scope.line):
        part, before = scope.in_part(each.part), sum(rows.values())
        rows[each.table.name] += write_rows(
            each.table,
            part,
            tally,
            folder=folder,
            number=each.number,
            told=partial(_tell, progress, before, total),
        )
    return rows


def _tell(progress: Progress, before: int, total: int, written: int) -> None:
    progress(before + written, total)
