from pathlib import Path

import pytest
from django.utils import timezone

from collection import study_editing, study_file


def study_of(path):
    document = study_file.read(Path(path).read_text(encoding="utf-8"))
    return study_editing.apply(document=document, by=None, now=timezone.now()).study


@pytest.fixture
def everyday(db):
    """The demo study, as a draft."""
    return study_of("examples/everyday/study.yaml")


@pytest.fixture
def arabic(db):
    """The Arabic demo study, as a draft."""
    return study_of("examples/arabic/study.yaml")
