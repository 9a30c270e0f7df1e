"""manage.py export_texts_to_label STUDY FILE --scheme NAME"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collection import labelling
from collection.models import Study


class Command(BaseCommand):
    """Write a table of texts whose values somebody shall tell."""

    help = (
        "Write a CSV file of the study's texts that no hand has labelled yet: candidates as they are shown and answers "
        "of first tries, in random order and without how they came about. Fill in the column value, then read it with "
        "label_candidates."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument("file", type=Path)
        parser.add_argument("--scheme", required=True, help="name of the list of values")
        parser.add_argument("--texts", type=int, help="at most so many, drawn at random: a check set for a judge")
        parser.add_argument("--seed", type=int, default=0, help="draws the order, and which (default 0)")

    def handle(
        self, *args: Any, study: str, file: Path, scheme: str, texts: int | None, seed: int, **options: Any
    ) -> None:
        found = Study.objects.filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        try:
            written = labelling.write_texts(study=found, path=file, scheme=scheme, seed=seed, most=texts)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error}") from None
        self.stdout.write(f"Wrote {written} texts to {file}.")
