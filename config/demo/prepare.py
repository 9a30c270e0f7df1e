"""python -m config.demo.prepare: what has to be there before the demo's processes start."""

import os
import sys

import django

from config import catalogues
from config.demo.explaining import explained, leave_on_signals
from config.environment import data_folder


def main() -> int:
    """Prepare catalogues, files, tables and studies, and tell the languages that can be tried."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    catalogues.compile_all()
    django.setup()

    from django.core.management import call_command

    from config.demo import loading

    call_command("collectstatic", verbosity=0, interactive=False)
    loading.prepare_database()
    loading.load_studies(model=os.environ.get("MODEL", ""))
    sys.stdout.write(f"Languages: {' '.join(loading.languages())}\n")
    return 0


if __name__ == "__main__":
    leave_on_signals()
    sys.exit(explained(main, data_dir=data_folder()))
