"""manage.py load_study FILE.yaml"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collection import study_editing, study_file


class Command(BaseCommand):
    """Create a study from its file, or bring it in line with the file."""

    help = "Create a study from its YAML file, or change it. Loading the same file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--researcher", default="", help="user name of a researcher who shall work on it")
        parser.add_argument("--model", default="", help="model (path or hub id) to put in place of the recipes' own")

    def handle(self, *args: Any, file: Path, researcher: str, model: str, **options: Any) -> None:
        by = User.objects.filter(username=researcher).first()
        if researcher and by is None:
            raise CommandError(f"There is no researcher {researcher}; make one with create_researcher.")
        try:
            document = study_file.read(file.read_text(encoding="utf-8-sig"))
            if model:
                document = document.with_model(model)
            outcome = study_editing.apply(document=document, by=by, now=timezone.now())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        except (study_file.StudyFileInvalid, study_editing.WouldChangeAnswers) as refusal:
            raise CommandError(f"{file} was refused; nothing was changed.\n{refusal}") from None
        if by is not None:
            outcome.study.researchers.add(by)
        self.stdout.write(_said(outcome))
        if not outcome.study.researchers.exists():
            self.stdout.write("No researcher sees it yet: load it again with --researcher NAME.")


def _said(outcome: study_editing.Outcome) -> str:
    if outcome.created:
        return f"Study {outcome.study.slug} was created as a draft."
    if outcome.changed:
        return f"Study {outcome.study.slug} was changed: {', '.join(outcome.changed)}."
    return f"Study {outcome.study.slug} is already as the file says."
