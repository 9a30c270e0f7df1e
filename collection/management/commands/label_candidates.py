"""manage.py label_candidates STUDY FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from collection import labelling, prompt_file
from collection.models import Study

REFUSALS_SHOWN = 20


class Command(BaseCommand):
    """Keep what values a researcher says that texts speak for."""

    help = (
        "Read labels given by hand: CSV, JSON Lines or Parquet with the columns of export_texts_to_label, or with set, "
        "slot, scheme and value. A value of - says that it could not be told; without one the text goes on waiting."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, study: str, file: Path, **options: Any) -> None:
        found = Study.objects.filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        try:
            with tqdm(unit=" rows", disable=None) as bar:
                report = labelling.read_labels(
                    study=found, path=file, now=timezone.now(), progress=lambda report: bar.update(report.read - bar.n)
                )
        except prompt_file.FileUnreadable as error:
            raise CommandError(error.sentence(name=file.name)) from None
        self._tell(report)

    def _tell(self, report: labelling.Report) -> None:
        self.stdout.write(
            f"Read {report.read}, added {report.added} labels, duplicate {report.duplicate}, without a value "
            f"{report.blank}, refused {len(report.refused)}."
        )
        for (scheme, value), count in sorted(report.values.items()):
            self.stdout.write(f"{scheme}: {value} {count}")
        for row, reason in report.refused[:REFUSALS_SHOWN]:
            self.stderr.write(f"Row {row}: {reason}")
        if len(report.refused) > REFUSALS_SHOWN:
            self.stderr.write(f"… and {len(report.refused) - REFUSALS_SHOWN} more refused rows.")
        if report.refused and not report.added and not report.duplicate:
            raise CommandError("No row was fit to be read.")
