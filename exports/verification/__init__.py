"""Checking a release folder against itself: files, tables, references, and what must always hold."""

from collections.abc import Iterator
from pathlib import Path

from exports.verification import files, invariants, tables
from exports.verification.folder import Check, NoRelease, opened

__all__ = ["Check", "NoRelease", "verify"]


def verify(path: Path) -> Iterator[Check]:
    """Yield what was checked in a release folder, with the faults that were found.

    Once files or tables are not what they should be, what needs them is not checked.

    :raises NoRelease: if the folder holds no manifest that can be read.
    """
    folder = opened(path)
    for checks in (files.CHECKS, tables.CHECKS, invariants.CHECKS):
        sound = True
        for check in checks:
            done = check(folder)
            if done is not None:
                sound = sound and not done.faults
                yield done
        if not sound:
            return
