"""Where the entries of a YAML file stand. Knows no Django."""

from collections.abc import Sequence
from typing import Any

from ruamel.yaml.comments import CommentedBase


def line_of(raw: Any, path: Sequence[str | int]) -> int:
    """Return the line (from 1) of an entry, or of the nearest one above it that stands in the file.

    :param raw: what ruamel.yaml read.
    """
    line = 0
    for part in path:
        if not isinstance(raw, CommentedBase):
            break
        try:
            line = raw.lc.key(part)[0] if isinstance(raw, dict) else raw.lc.item(part)[0]
            raw = raw[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
    return line + 1
