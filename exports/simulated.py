"""Releases of dry runs: every file says in its name that no person stands behind it. Knows no Django."""

MARK = "SIMULATED"

NOTICE = (
    "SIMULATED. No person stands behind any line of this release: programs worked through a copy of the study, to try "
    "it out. It is no data about anybody, and is not to be published or trained on."
)


def named(name: str, *, simulated: bool) -> str:
    """Return what a file (its path, with /) is called in a release."""
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{MARK}-{last}" if simulated else name
