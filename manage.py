#!/usr/bin/env python
"""Django's command line for Counterpoint."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        reason = " ".join(str(error).split())
        sys.exit(
            f"The database does not answer; start `make demo`, or set DATABASE_URL to a server that runs: {reason}"
        )


if __name__ == "__main__":
    main()
