from datetime import timedelta

import pytest

from exports import snapshot


@pytest.fixture(autouse=True)
def _own_folder_and_no_grace(settings, tmp_path, monkeypatch):
    """Releases go to a folder of the test's own; rows of a test are committed when it asks for a release."""
    settings.RELEASES_DIR = tmp_path / "releases"
    monkeypatch.setattr(snapshot, "GRACE", timedelta(0))
