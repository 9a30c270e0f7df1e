"""Writing one shard of a release: into the workshop first, then into the store."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from exports import snapshot, storage
from exports.claims import Claim, ClaimLost
from exports.formats import Table
from exports.formats.table import Tally
from exports.manifest import files_in
from exports.models import Release, Shard
from exports.scope import Part, Scope
from exports.simulated import named
from exports.tables import Encoding, file_name, write_part


def write(held: Claim, release: Release, scope: Scope, tables: Mapping[str, Table]) -> None:
    """Write a claimed shard and bring its files into the store.

    :raises ClaimLost: if it was given to another worker, or is not wanted any more.
    """
    shard = Shard.objects.get(pk=held.pk)
    storage.clear(f"shard-{shard.pk}-*")
    aside, tally = storage.workshop() / f"shard-{shard.pk}-{held.token}", Tally()
    try:
        with snapshot.reading():
            rows = write_rows(
                tables[shard.table],
                scope.in_part(Part(along=shard.along, first=shard.first, last=shard.last)),
                tally,
                folder=aside,
                number=shard.number,
                told=held.progress,
            )
        files = files_in(aside)
        for file in files:
            held.check()
            storage.store().put(aside / file["name"], f"{release.pk}/{file['name']}")
        if not held.standing().update(
            status=Shard.Status.DONE, rows=rows, tally=tally.as_json(), files=files, token=None, lease_until=None
        ):
            raise ClaimLost
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_rows(
    table: Table, scope: Scope, tally: Tally, *, folder: Path, number: int, told: Callable[[int], None]
) -> int:
    """Write the lines of a part into files of a folder; return how many there are.

    :param told: is told how many are written, batch by batch.
    """
    rows = 0
    for written in write_part(
        table.rows(scope, tally),
        files=paths_of(table, number, folder=folder, simulated=scope.study.is_dry_run),
        columns=table.columns,
        rows_per_batch=table.rows_per_batch,
        masks=scope.asks.publishing.mask_personal_data,
    ):
        rows += written
        told(rows)
    return rows


def paths_of(table: Table, number: int, *, folder: Path, simulated: bool) -> dict[Encoding, Path]:
    """Return where the files of a part go, in folders that are there."""
    paths = {
        encoding: folder / named(file_name(table.name, encoding, number), simulated=simulated)
        for encoding in table.written_as
    }
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    return paths
