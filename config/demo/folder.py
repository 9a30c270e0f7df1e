"""The demo's data folder: what must hold before anything is started in it."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMAT = 1
"""Raised when an older version could no longer read what this one writes."""

NEEDED_MEGABYTES = 300


class FolderNotUsable(Exception):
    """The demo cannot keep its data here; the message is a sentence."""


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Make the folder if it is new, check it, and keep other demos out of it for as long as this lasts.

    :raises FolderNotUsable: if it cannot be written, is in use, is of a newer version, or its disk is full.
    """
    with _lock(folder):
        _check_format(folder)
        _check_space(folder)
        _keep(folder / "format", str(FORMAT), mode=0o644)
        _keep(folder / "secret", secrets.token_urlsafe(48), mode=0o600)
        yield


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise FolderNotUsable(f"The data folder {folder} cannot be written: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderNotUsable(f"Another demo is using the data folder {folder}; stop it first.") from None
        # What is forked from this process outlives it if it is killed, and is not to keep the folder.
        os.register_at_fork(after_in_child=lock.close)
        yield


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 10**6
    if free < NEEDED_MEGABYTES:
        raise FolderNotUsable(
            f"The disk that holds the data folder {folder} is full: {free} MB are free, {NEEDED_MEGABYTES} are needed."
        )


def _check_format(folder: Path) -> None:
    kept = folder / "format"
    found = kept.read_text().strip() if kept.exists() else str(FORMAT)
    if not found.isdecimal() or int(found) > FORMAT:
        raise FolderNotUsable(newer(folder, f"format {found}, where this version knows {FORMAT}"))


def newer(folder: Path, evidence: str) -> str:
    """Say that a later version of Counterpoint wrote this folder."""
    return (
        f"The data folder {folder} was written by a newer version of Counterpoint ({evidence}); "
        "use that version, or another folder with DATA_DIR=…"
    )


def _keep(path: Path, text: str, *, mode: int) -> None:
    """Write a file once and for all. Whoever reads it finds all of it or none."""
    if path.exists():
        return
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text + "\n")
    unfinished.replace(path)
