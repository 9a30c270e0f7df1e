"""Finishing a release whose shards are all written: card, codebook and, last of all, the manifest."""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from exports import changes, documents, manifest, snapshot, storage
from exports.claims import Claim, ClaimLost
from exports.formats import Table
from exports.formats.table import Tally
from exports.manifest import Manifest
from exports.models import Release
from exports.scope import Scope, scope_of
from exports.simulated import named


def finish(
    held: Claim, release: Release, scope: Scope, tables: Sequence[Table], *, clock: Callable[[], datetime]
) -> bool:
    """Bring a claimed release to its end; False if somebody withdrew, or agrees to something else, meanwhile.

    It is then laid out anew, and what holds them is written again.

    :raises ClaimLost: if another worker has the release now, or it is not wanted any more.
    """
    storage.clear(f"release-{release.pk}-*")
    aside = storage.workshop() / f"release-{release.pk}-{held.token}"
    aside.mkdir()
    try:
        with snapshot.reading():
            said = _said(release, scope, tables)
            lines = changes.lines_of_people(scope)
        exact = [file["name"] for file in said["files"] if file["name"].endswith(".parquet")]
        files = storage.store().here(exact, str(release.pk), aside / "tables")
        write_documents(said, tables, aside / "beside", files=files)
        held.check()
        for path in storage.files_of(aside / "beside"):
            storage.store().put(path, f"{release.pk}/{path.relative_to(aside / 'beside').as_posix()}")
        manifest.write(said, aside)
        written, licence = aside / release.manifest_name, scope.asks.licence
        return _close(held, release, said, lines, written, licence=licence, now=clock())
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_documents(said: Manifest, tables: Sequence[Table], folder: Path, *, files: Path) -> None:
    """Write what stands beside the tables into a folder, and add it to the manifest's files.

    :param files: where the files of the tables lie.
    """
    for name, content in documents.of(said, tables, folder=files).items():
        path = folder / named(name, simulated=said["simulated"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        said["files"].append(manifest.entry(path, folder))
    said["files"].sort(key=lambda file: file["name"])


def _said(release: Release, scope: Scope, tables: Sequence[Table]) -> Manifest:
    """Return the manifest, with the files of the tables."""
    rows, tally = dict.fromkeys((table.name for table in tables), 0), Tally()
    files = []
    for shard in release.shards.order_by("pk").iterator():
        rows[shard.table] += shard.rows
        tally.include(shard.tally)
        files += shard.files
    # What could not be published of the survey is counted anew: it is no part of what was laid out.
    scope.unmapped.update(scope_of(study=release.study, line=release.line, snapshot_at=scope.snapshot_at).unmapped)
    said = manifest.of(scope, tally, rows=rows, formats=release.formats, version=release.version)
    before = changes.previous(release.study, line=release.line, version=release.version)
    said["release_name"] = release.label
    said["publishing"] = release.options.get("found", {})
    said["since_previous"] = changes.since(before, scope, rows)
    said["changes"] = changes.listed(before, scope)
    return {**said, "files": sorted(files, key=lambda file: file["name"])}


@transaction.atomic
def _close(
    held: Claim,
    release: Release,
    said: Manifest,
    lines: list[tuple[int, int, int]],
    written: Path,
    *,
    licence: str,
    now: datetime,
) -> bool:
    # Locked while the manifest is put in its place: who was taken for dead waits here and finds the token gone.
    if held.standing().select_for_update().first() is None:
        raise ClaimLost
    if not changes.all_agree(release, licence=licence):
        held.standing().update(status=Release.Status.REQUESTED, token=None, lease_until=None, queued_at=now)
        return False
    changes.note_lines(release, lines)
    storage.store().put(written, f"{release.pk}/{release.manifest_name}")
    held.standing().update(status=Release.Status.DONE, manifest=said, finished_at=now, token=None, lease_until=None)
    return True
