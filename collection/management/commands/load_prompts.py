"""manage.py load_prompts STUDY FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from collection import prompt_file, prompt_loading
from collection.models import Study

REFUSALS_SHOWN = 20


class Command(BaseCommand):
    """Add given prompts to a study."""

    help = (
        "Add given prompts (JSON Lines, CSV or Parquet) to a study. Prompts it already has are counted and left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, study: str, file: Path, **options: Any) -> None:
        found = Study.objects.select_related("version").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        try:
            with tqdm(unit=" lines", disable=None) as bar:
                report = prompt_loading.load_prompts(
                    study=found,
                    path=file,
                    may_run_models=True,
                    now=timezone.now(),
                    progress=lambda report: bar.update(report.read - bar.n),
                )
        except prompt_loading.StudyIsClosed:
            raise CommandError(f"Study {study} is closed and takes no prompts.") from None
        except prompt_file.FileUnreadable as error:
            raise CommandError(error.sentence(name=file.name)) from None
        self._tell(report)

    def _tell(self, report: prompt_loading.Report) -> None:
        self.stdout.write(
            f"Read {report.read}, added {report.added} ({report.with_candidates} with ready candidates), "
            f"duplicate {report.duplicate}, refused {len(report.refused)}."
        )
        for line, reason in report.refused[:REFUSALS_SHOWN]:
            self.stderr.write(f"Line {line}: {reason}")
        if len(report.refused) > REFUSALS_SHOWN:
            self.stderr.write(f"… and {len(report.refused) - REFUSALS_SHOWN} more refused lines.")
        if report.refused and not report.added and not report.duplicate:
            raise CommandError("No line was fit to be loaded.")
