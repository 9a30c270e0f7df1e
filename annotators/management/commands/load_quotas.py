"""manage.py load_quotas PANEL FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotators import quota_file, recruiting
from annotators.models import Panel


class Command(BaseCommand):
    """Put the quotas of a table in place of a panel's."""

    help = (
        "Put the quotas of a table (CSV or Parquet) in place of a panel's: one column per question of the survey, "
        "wanted, and rule (exactly where it is empty, at-most, at-least). An empty cell leaves its question out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("panel", help="slug of the panel")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, panel: str, file: Path, **options: Any) -> None:
        found = Panel.objects.filter(slug=panel).first()
        if found is None:
            raise CommandError(f"There is no panel {panel}; load_study makes it with its study.")
        try:
            parts = quota_file.read(file)
            recruiting.load_quotas(panel=found, parts=parts)
        except quota_file.QuotaTableInvalid as error:
            lines = (f"Line {line}: {said.format(**filling)}" for line, said, filling in error.faults)
            raise CommandError(f"{file} was refused; nothing was changed.\n" + "\n".join(lines)) from None
        except recruiting.BelowTaken as error:
            raise CommandError(
                f"More people hold places in {error.stratum} than the table wants; nothing was changed."
            ) from None
        except ValueError as error:
            said, *filling = error.args
            raise CommandError(f"The panel {said.format(**(filling[0] if filling else {}))}.") from None
        people = sum(part.wanted for part in parts)
        self.stdout.write(f"{len(parts)} quotas of panel {panel}, {people} places in all.")
