import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def new_folder():
    """Return a function that makes folders for embedded servers.

    Not pytest's own: each start of pytest closes those of all others to other users, and root's PostgreSQL is one.
    """
    made = []

    def make():
        made.append(Path(tempfile.mkdtemp(prefix="counterpoint-")))
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
