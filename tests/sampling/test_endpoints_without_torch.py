"""A worker that asks endpoints alone needs no GPU, and not the memory that torch takes."""

import subprocess
import sys

from django.conf import settings

SCRIPT = """
import sys
import django
django.setup()
import sampling.generation, sampling.generators.openai_compatible
heavy = {"torch", "transformers", "tokenizers"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""


def test_asking_an_endpoint_loads_neither_torch_nor_transformers() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
