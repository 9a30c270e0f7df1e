"""One folder from one snapshot: the tables, the codebook, the card, and last of all the manifest."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet

from collection.models import Study
from exports import changes, documents, formats, manifest, numbering, parts, simulated, snapshot
from exports.formats import Table
from exports.formats.table import Tally
from exports.manifest import Manifest
from exports.parts import TablePart
from exports.scope import Agreed, Scope, scope_of
from exports.tables import file_name, write_part

Progress = Callable[[int, int], None]
"""Is told how many rows are written, and about how many there will be."""


@dataclass(frozen=True, kw_only=True)
class PersonIn:
    """One person's part of a release."""

    agreed: Agreed
    conversations: int
    turns: int


@dataclass(frozen=True, kw_only=True)
class Written:
    """A complete folder."""

    manifest: Manifest
    people: dict[int, PersonIn]
    """Who is in it, by primary key."""


def write(
    *,
    study: Study,
    wanted: Sequence[str],
    beside_parquet: Sequence[str] = ("csv",),
    snapshot_at: datetime,
    version: int | None,
    folder: Path,
    progress: Progress,
) -> Written:
    """Write a study's dataset in the wanted formats, as it was at a moment, into a new folder.

    :raises DoesNotFit: if a format cannot hold it.
    :raises StillWriting: if the moment cannot be fixed.
    """
    folder.mkdir(parents=True)
    formats.check(study, wanted)
    snapshot.settle(snapshot_at=snapshot_at)
    numbering.number_new(study=study, snapshot_at=snapshot_at)
    tables, tally = formats.tables_of(wanted, beside_parquet), Tally()
    with snapshot.reading():
        scope = scope_of(study=study, snapshot_at=snapshot_at)
        rows = _write_tables(tables, scope, tally, folder=folder, progress=progress)
        said = manifest.of(scope, tally, rows=rows, formats=wanted, version=version)
        said["since_previous"] = changes.since(changes.previous(study, version=version), scope, said["rows"])
        people = _people(scope)
    said["files"] = manifest.files_in(folder)
    for name, content in documents.of(said, tables, folder=folder).items():
        path = folder / simulated.named(name, simulated=study.is_dry_run)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest.write(said, folder)
    _make_durable(folder)
    return Written(manifest=said, people=people)


def _people(scope: Scope) -> dict[int, PersonIn]:
    """Return who is in a release, with how many lines."""
    conversations = _lines(scope.accepted(), "turn__task__annotator_id", "turn__task")
    turns = _lines(scope.turns(), "task__annotator_id", "pk")
    return {
        pk: PersonIn(agreed=person.agreed, conversations=conversations.get(pk, 0), turns=turns.get(pk, 0))
        for pk, person in scope.people.items()
    }


def _lines(rows: QuerySet[Any], person: str, line: str) -> dict[int, int]:
    return dict(rows.order_by().values(person).annotate(lines=Count(line, distinct=True)).values_list(person, "lines"))


def _write_tables(
    tables: Sequence[Table], scope: Scope, tally: Tally, *, folder: Path, progress: Progress
) -> dict[str, int]:
    """Write the tables and return how many rows each has."""
    total = sum(table.total(scope) for table in tables)
    rows: dict[str, int] = dict.fromkeys((table.name for table in tables), 0)
    progress(0, total)
    for part in parts.of(scope.study, tables):
        for written in _write_part(part, scope, tally, folder=folder):
            rows[part.table.name] += written
            progress(sum(rows.values()), total)
    return rows


def _write_part(part: TablePart, scope: Scope, tally: Tally, *, folder: Path) -> Iterator[int]:
    table = part.table
    files = {
        encoding: folder
        / simulated.named(file_name(table.name, encoding, part.number), simulated=scope.study.is_dry_run)
        for encoding in table.written_as
    }
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    return write_part(
        table.rows(scope.in_part(part.part), tally),
        files=files,
        columns=table.columns,
        rows_per_batch=table.rows_per_batch,
    )


def _make_durable(folder: Path) -> None:
    """Bring everything to the disk, so that a power cut after the folder is in its place takes nothing from it."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
