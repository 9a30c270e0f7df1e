"""manage.py export_dataset STUDY --format community-alignment trl-preference --files csv jsonl --output DIR"""

import os
import shutil
import uuid
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from collection.models import Study
from exports import dataset
from exports.building import failure_of
from exports.formats import BESIDE_PARQUET, FORMATS, USUAL
from exports.manifest import Manifest
from exports.reasons import sentence


class Command(BaseCommand):
    """Write a study's dataset into a folder, as it is at this moment."""

    help = "Write a study's dataset into a folder: Parquet, CSV, card, codebook and manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's short name, as in its address")
        parser.add_argument(
            "--format", nargs="+", choices=sorted(FORMATS), default=list(USUAL), help="beside the long tables"
        )
        parser.add_argument(
            "--files", nargs="*", choices=BESIDE_PARQUET, default=["csv"], help="kinds of files beside Parquet"
        )
        parser.add_argument("--output", type=Path, required=True, help="a folder that is new or empty")

    def handle(
        self, *args: Any, study: str, format: Sequence[str], files: Sequence[str], output: Path, **options: Any
    ) -> None:
        found = Study.objects.select_related("panel", "version").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}.")
        if output.exists() and not (output.is_dir() and not any(output.iterdir())):
            raise CommandError(f"{output} is not an empty folder; nothing was written.")
        try:
            said = _write(found, format, files, output.absolute())
        except Exception as error:
            code = failure_of(error)
            if code == "unexpected":
                raise
            detail = f" ({error})" if isinstance(error, OSError) else ""
            raise CommandError(f"{sentence(code)}{detail}") from None
        rows = ", ".join(f"{count:,} {table}" for table, count in said["rows"].items())
        self.stdout.write(f"{output}: {rows}.")


def _write(study: Study, formats: Sequence[str], files: Sequence[str], output: Path) -> Manifest:
    """Write the dataset aside, and put it in its place when it is complete."""
    aside = output.with_name(f".{output.name}-{uuid.uuid4().hex}")
    try:
        with tqdm(unit=" rows", disable=None) as bar:
            said = dataset.write(
                study=study,
                wanted=formats,
                beside_parquet=files,
                snapshot_at=timezone.now(),
                version=None,
                folder=aside,
                progress=lambda done, total: _show(bar, done, total),
            )
        # Takes the place of an empty folder, and of nothing else.
        os.rename(aside, output)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return said


def _show(bar: "tqdm[Any]", done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
