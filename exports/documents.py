"""What stands beside the tables of a release, written once at its end. Knows no Django."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exports import card, codebook, croissant, figures, notebook, plots
from exports.formats.table import Table


def of(said: Mapping[str, Any], tables: Sequence[Table], *, folder: Path) -> dict[str, bytes]:
    """Return the documents of a release: names, as the folder has them, and contents.

    :param said: the manifest so far; its `files` are those of the tables.
    :param folder: where the files of the tables lie (in a simulated release under the names of exports.simulated).
    """
    found = figures.of(said, folder)
    drawn = plots.of(said, found)
    texts = {
        "README.md": card.of(said, tables, figures=found, plots=drawn),
        "codebook.md": codebook.of(tables, configurations=said["configurations"]),
        croissant.NAME: croissant.of(said, tables),
        figures.NAME: json.dumps(found, ensure_ascii=False, indent=2) + "\n",
        notebook.NAME: notebook.of(),
        **{f"plots/{name}.svg": plot for name, plot in drawn.items()},
    }
    return {name: text.encode() for name, text in texts.items()}
