"""manage.py push_release DIR OWNER/NAME"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from httpx2 import HTTPError
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError

from exports import pushing, verification
from exports.verification.folder import opened


class Command(BaseCommand):
    """Bring a release to the Hugging Face hub. Who pushes, HF_TOKEN or `hf auth login` says."""

    help = "Make a dataset repository of the Hugging Face hub hold a release; what is there already is not sent again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder with MANIFEST.json")
        parser.add_argument("repository", help="owner/name")
        parser.add_argument("--private", action="store_true", help="if the repository is made, nobody else sees it")

    def handle(self, *args: Any, folder: Path, repository: str, private: bool, **options: Any) -> None:
        try:
            if faults := [fault for check in verification.verify(folder) for fault in check.faults]:
                raise CommandError(f"{folder} is not what it should be, so nothing was sent: {faults[0]}")
            found = opened(folder)
        except verification.NoRelease as error:
            raise CommandError(str(error)) from None
        if found.said["simulated"]:
            raise CommandError("No person stands behind this release: it is not to be published.")
        try:
            pushed = pushing.push(found, repository, api=HfApi(), private=private)
        except (HTTPError, HFValidationError, OSError) as error:
            raise CommandError(f"The hub did not take it: {error}") from None
        sent, kept, deleted = len(pushed.sent), len(pushed.kept), len(pushed.deleted)
        self.stdout.write(f"{repository}: {sent} files sent, {kept} were there, {deleted} deleted.")
