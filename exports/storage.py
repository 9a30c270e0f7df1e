"""Where the files of finished releases lie, and where they are made before."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

ABANDONED = timedelta(days=1)
"""After how long what lies in the workshop is nobody's: a shard takes minutes."""


class StoreFailed(OSError):
    """A store did not do what it was asked to; the message is its own."""


class Store(Protocol):
    """Files by name, with / between its parts. A file is there whole or not at all."""

    def put(self, path: Path, name: str) -> None:
        """Bring in a finished file of this machine, which may be gone afterwards."""

    def carry_over(self, source: str, name: str) -> None:
        """Have a file under a second name too, without sending it again."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file, to read and to seek in it."""

    def link(self, name: str, *, seconds: int) -> str | None:
        """Return an address at which the store itself gives the file for a while; None: it has none."""

    def exists(self, name: str) -> bool: ...

    def here(self, names: Iterable[str], under: str, aside: Path) -> Path:
        """Return a folder of this machine with these files of a folder of the store; `aside` may become it."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""

    def delete_folder(self, name: str) -> bool:
        """Delete all files in a folder; whether there were any."""


class Folder:
    """A folder of this machine, or of a file system that several share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: Path, name: str) -> None:
        target = self._made(name)
        # So that a power cut afterwards takes nothing from it.
        bring_to_disk(path)
        os.replace(path, target)
        bring_to_disk(target.parent)

    def carry_over(self, source: str, name: str) -> None:
        target = self._made(name)
        target.unlink(missing_ok=True)
        os.link(self.root / source, target)
        bring_to_disk(target.parent)

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")

    def link(self, name: str, *, seconds: int) -> str | None:
        return None

    def exists(self, name: str) -> bool:
        return (self.root / name).is_file()

    def here(self, names: Iterable[str], under: str, aside: Path) -> Path:
        return self.root / under

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def delete_folder(self, name: str) -> bool:
        there = (self.root / name).is_dir()
        shutil.rmtree(self.root / name, ignore_errors=True)
        return there

    def _made(self, name: str) -> Path:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def store() -> Store:
    """Return the store of releases: the bucket of the setting RELEASES_BUCKET, or the folder."""
    if settings.RELEASES_BUCKET:
        from exports import bucket  # boto3 is loaded where a bucket is used

        return bucket.of(settings.RELEASES_BUCKET)
    return Folder(Path(settings.RELEASES_DIR))


def workshop() -> Path:
    """Return the folder of this machine in which files are made."""
    folder = Path(settings.RELEASES_DIR) / "unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clear(left: str) -> None:
    """Delete what workers left in the workshop under names like this."""
    for folder in workshop().glob(left):
        shutil.rmtree(folder, ignore_errors=True)


def clear_abandoned(*, now: datetime) -> None:
    """Delete what lies in the workshop since so long that nobody works at it any more."""
    for folder in workshop().iterdir():
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < (now - ABANDONED).timestamp():
                shutil.rmtree(folder, ignore_errors=True)


def files_of(folder: Path) -> Iterator[Path]:
    """Yield every file in a folder of this machine, in the order of their names."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def bring_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
