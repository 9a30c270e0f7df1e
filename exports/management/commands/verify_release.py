"""manage.py verify_release DIR"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports import verification


class Command(BaseCommand):
    """Check a release folder against itself, wherever it comes from."""

    help = "Check the files, tables and invariants of a release folder; ends with 1 if something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder with MANIFEST.json")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        faults = 0
        try:
            for check in verification.verify(folder):
                self.stdout.write(f"{'wrong' if check.faults else 'ok   '}  {check.what}")
                for fault in check.faults:
                    self.stdout.write(f"         {fault}")
                faults += len(check.faults)
        except verification.NoRelease as error:
            raise CommandError(str(error)) from None
        if faults:
            raise CommandError(f"{folder} is not what it should be.")
        self.stdout.write(f"{folder} is sound.")
