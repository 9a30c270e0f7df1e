"""A release folder as checks see it. Knows no Django."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from exports.simulated import MARK
from exports.tables import FOLDERS, Encoding

FAULTS_TOLD = 20
"""Of one check; how many more there are is told in a number."""

NEEDED = {"schema_version", "simulated", "study", "formats", "rows", "files", "configurations"}
"""What checks read in the manifest."""


class NoRelease(Exception):
    """A folder is no release, or its manifest cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    what: str
    """A sentence: what holds, if there are no faults."""
    faults: list[str] = field(default_factory=list)
    """One sentence for each."""


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A release folder and its manifest."""

    path: Path
    manifest_name: str
    said: dict[str, Any]

    def parts(self, table: str, encoding: Encoding = "parquet") -> list[Path]:
        """Return the files of a table, in order, that the manifest lists."""
        marked = f"{MARK}-{table}" if self.said["simulated"] else table
        names = (Path(file["name"]) for file in self.said["files"])
        of_table = [name for name in names if name.parent.as_posix() == FOLDERS[encoding] and _table(name) == marked]
        return [self.path / name for name in sorted(of_table)]

    def has(self, *tables: str) -> bool:
        return all(table in self.said["rows"] for table in tables)

    def read(self, table: str, columns: Sequence[str]) -> pd.DataFrame:
        """Return columns of a whole table. Take numbers, not texts: tables can be large."""
        parts = [parquet.read_table(path, columns=list(columns)) for path in self.parts(table)]
        return pa.concat_tables(parts).to_pandas()

    def batches(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield columns of a table piece by piece."""
        for path in self.parts(table):
            with parquet.ParquetFile(path) as content:
                for batch in content.iter_batches(batch_size=10_000, columns=list(columns)):
                    yield batch.to_pandas()


def opened(path: Path) -> Folder:
    """Read the manifest of a release folder.

    :raises NoRelease: if there is none that can be read.
    """
    for name in ("MANIFEST.json", f"{MARK}-MANIFEST.json"):
        if (path / name).is_file():
            return Folder(path=path, manifest_name=name, said=_read(path / name))
    raise NoRelease(f"{path} holds no MANIFEST.json: it is no release, or one that was not finished.")


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if missing := sorted(NEEDED - set(said)):
            raise NoRelease(f"{path} lacks {', '.join(missing)}.")
    except (ValueError, TypeError) as error:
        raise NoRelease(f"{path} cannot be read: {error}.") from error
    found: dict[str, Any] = said
    return found


def told(faults: Sequence[str]) -> list[str]:
    """Return the first faults, and how many more there are."""
    more = len(faults) - FAULTS_TOLD
    return [*faults[:FAULTS_TOLD], *([f"… and {more:,} more of this kind."] if more > 0 else [])]


def some(values: Any) -> str:
    """Return the first of many numbers, for a sentence."""
    values = list(dict.fromkeys(int(value) if hasattr(value, "__int__") else value for value in values))
    more = f" and {len(values) - 5:,} more" if len(values) > 5 else ""
    return ", ".join(str(value) for value in values[:5]) + more


def _table(name: Path) -> str:
    return name.stem.rpartition("-")[0]
