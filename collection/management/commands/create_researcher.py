"""manage.py create_researcher NAME"""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError


class Command(BaseCommand):
    """Let a researcher in."""

    help = "Create a researcher who signs in with a password; it is asked for, or taken from RESEARCHER_PASSWORD."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--administrator", action="store_true", help="works on every study")

    def handle(self, *args: Any, name: str, administrator: bool, **options: Any) -> None:
        user = User(username=name, is_superuser=administrator, is_staff=administrator)
        password = os.environ.get("RESEARCHER_PASSWORD") or getpass.getpass("Password: ")
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
            user.set_password(password)
            user.save()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except IntegrityError:
            raise CommandError(f"There is a researcher {name} already.") from None
        self.stdout.write(f"Researcher {name} can sign in.")
