"""The web process asks for candidates and never loads what writes them."""

import subprocess
import sys

from django.conf import settings

SCRIPT = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django
django.setup()
import sampling.intake, sampling.jobs, collection.models
heavy = {"torch", "transformers", "tokenizers", "py3langid", "sklearn", "scipy"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""


def test_asking_for_candidates_loads_neither_torch_nor_transformers() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
