"""manage.py load_values PANEL FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from annotators import enrolment
from annotators.models import Panel
from annotators.values_file import ValuesPart


class Command(BaseCommand):
    """Put a questionnaire on values among a panel's questions."""

    help = "Put a questionnaire on values (YAML) among a panel's questions, in place of the one that is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("panel", help="slug of the panel")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, panel: str, file: Path, **options: Any) -> None:
        found = Panel.objects.filter(slug=panel).first()
        if found is None:
            raise CommandError(f"There is no panel {panel}; load_study makes it with its study.")
        part = _read(file)
        try:
            enrolment.load_values(panel=found, part=part)
        except enrolment.QuestionAnswered as answered:
            raise CommandError(f"People have answered {answered}; give the new questionnaire other keys.") from None
        except ValueError as error:
            raise CommandError(f"{file} does not fit the panel: {error}") from None
        loading = len(part.loading_items())
        self.stdout.write(f"{len(part.items)} items of {part.scale}; {loading} of them with loadings.")
        if loading:
            measure = part.measure()
            drawn = "may" if measure.on_published_map else "must not"
            self.stdout.write(f"Positions are {measure.calibration}, and {drawn} be drawn on the published map.")


def _read(file: Path) -> ValuesPart:
    try:
        return ValuesPart.model_validate(YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    except ValidationError as error:
        faults = (f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        raise CommandError(f"{file} was refused; nothing was changed.\n" + "\n".join(faults)) from None
