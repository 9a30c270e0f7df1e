"""One folder from one snapshot: the tables, the codebook, the card, and last of all the manifest."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collection.models import Study
from exports import card, changes, codebook, formats, manifest, numbering, simulated, snapshot
from exports.formats import Table
from exports.formats.table import Tally
from exports.manifest import Manifest
from exports.scope import Agreed, Scope, scope_of
from exports.tables import write_table

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
    tables, tally = formats.tables_of(wanted), Tally()
    with snapshot.reading():
        scope = scope_of(study=study, snapshot_at=snapshot_at)
        rows = _write_tables(tables, scope, tally, folder=folder, progress=progress)
        said = manifest.of(scope, tally, rows=rows, formats=wanted, version=version)
        said["since_previous"] = changes.since(changes.previous(study, version=version), scope, said["rows"])
    (folder / "codebook.md").write_text(codebook.of(tables), encoding="utf-8")
    (folder / "README.md").write_text(card.of(said, tables), encoding="utf-8")
    if study.is_dry_run:
        simulated.rename_all(folder)
    manifest.write(said, folder)
    _make_durable(folder)
    return Written(manifest=said, people=_people(scope, tally))


def _people(scope: Scope, tally: Tally) -> dict[int, PersonIn]:
    return {
        pk: PersonIn(
            agreed=person.agreed,
            conversations=tally.of_people[pk, "conversations"],
            turns=tally.of_people[pk, "turns"],
        )
        for pk, person in scope.people.items()
    }


def _write_tables(
    tables: Sequence[Table], scope: Scope, tally: Tally, *, folder: Path, progress: Progress
) -> dict[str, int]:
    """Write the tables and return how many rows each has."""
    total = sum(table.total(scope) for table in tables)
    rows: dict[str, int] = {}
    done = 0
    progress(done, total)
    for table in tables:
        before = done
        for written in write_table(
            table.rows(scope, tally),
            folder=folder,
            name=table.name,
            columns=table.columns,
            rows_per_batch=table.rows_per_batch,
        ):
            done += written
            progress(done, total)
        rows[table.name] = done - before
    return rows


def _make_durable(folder: Path) -> None:
    """Bring everything to the disk, so that a power cut after the folder is in its place takes nothing from it."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
