"""Releases of dry runs: every file says in its name that no person stands behind it. Knows no Django."""

from pathlib import Path

MARK = "SIMULATED"

NOTICE = (
    "SIMULATED. No person stands behind any line of this release: programs worked through a copy of the study, to try "
    "it out. It is no data about anybody, and is not to be published or trained on."
)


def named(name: str, *, simulated: bool) -> str:
    """Return what a file (its path, with /) is called in a release."""
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{MARK}-{last}" if simulated else name


def rename_all(folder: Path) -> None:
    """Put the mark into the name of every file of a folder."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.rename(path.with_name(named(path.name, simulated=True)))
