"""What stands beside the tables of a release, written once at its end: the card, the codebook. Knows no Django."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exports import card, codebook
from exports.formats.table import Table


def of(said: Mapping[str, Any], tables: Sequence[Table], *, folder: Path) -> dict[str, bytes]:
    """Return the documents of a release: names, as the folder has them, and contents.

    :param said: the manifest so far; its `files` are those of the tables.
    :param folder: where the files of the tables lie (in a simulated release under the names of exports.simulated).
    """
    return {
        "codebook.md": codebook.of(tables).encode(),
        "README.md": card.of(said, tables).encode(),
    }
