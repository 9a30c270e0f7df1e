"""Tables are written in parts, and the parts together are what one part would have been."""

import pytest
from django.utils import timezone

from exports import parts
from tests.exports.conversations import lines, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    items = ItemFactory.create_batch(2, study=study)
    for _ in range(3):
        person = AnnotatorFactory(panel=study.panel)
        for item in items:
            talk(study=study, annotator=person, item=item, choices=[0, "none", 1])
    return study


def test_small_parts_hold_the_same_lines_in_the_same_order(study, tmp_path, monkeypatch):

    moment = timezone.now()
    whole = write(study, tmp_path / "whole", snapshot_at=moment)
    monkeypatch.setattr(parts, "NUMBERS_PER_PART", {"conversations": 4, "sets": 5, "people": 2})
    cut = write(study, tmp_path / "cut", snapshot_at=moment)
    names = [path.name for path in sorted((tmp_path / "cut" / "data").iterdir())]
    assert names[:3] == ["annotators-00000.parquet", "annotators-00001.parquet", "candidates-00000.parquet"]
    assert names.count("turns-00001.parquet") == names.count("conversations-00001.parquet") == 1
    for table in ("conversations", "turns", "annotators", "candidates"):
        assert lines(tmp_path / "cut", table) == lines(tmp_path / "whole", table)
    assert {key: cut[key] for key in ("rows", "counts", "people")} == {
        key: whole[key] for key in ("rows", "counts", "people")
    }


@pytest.mark.parametrize(
    ("until", "after", "expected"),
    [(0, 0, [(1, 0)]), (3, 0, [(1, 3)]), (25, 0, [(1, 10), (11, 20), (21, 25)]), (25, 20, [(21, 25)]), (20, 20, [])],
)
def test_spans_cover_every_number_once(until, after, expected, monkeypatch):
    monkeypatch.setitem(parts.NUMBERS_PER_PART, "sets", 10)
    assert [(part.first, part.last) for part in parts.spans("sets", until=until, after=after)] == expected
