"""What people may agree to beside taking part, each by itself (decision 54). Knows no Django."""

from collections.abc import Iterable

PURPOSES = ("sensitive", "publication", "verbatim", "training")
"""Sensitive answers are kept; answers are published; texts are published word for word; models learn from it."""


def ticked(purposes: Iterable[str]) -> dict[str, bool]:
    """Return for each purpose whether it is among these.

    :raises ValueError: if one of them is no purpose.
    """
    chosen = set(purposes)
    if unknown := chosen - set(PURPOSES):
        raise ValueError(f"no purpose: {', '.join(sorted(unknown))}")
    return {purpose: purpose in chosen for purpose in PURPOSES}
