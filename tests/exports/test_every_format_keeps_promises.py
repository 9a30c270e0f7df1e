"""What people did not agree to, and what does not count, is in no table of any format."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from annotators import enrolment
from annotators.models import Consent
from exports.formats import BESIDE_PARQUET, FORMATS, tables_of
from tests.exports.conversations import lines, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

LONG_TABLES = {"turns", "comparisons", "candidates", "annotators"}


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


@pytest.fixture
def item(study):
    return ItemFactory(study=study)


def someone(study, item, secret, **how):
    person = AnnotatorFactory(panel=study.panel)
    said = {"messages": ["", f"And then, {secret}?"], "explanations": [f"Because {secret}.", f"{secret} again."]}
    talk(study=study, annotator=person, item=item, choices=[0, 1], **{**said, **how})
    return person


def where(secret, study, folder):
    """Return the tables, and the files beside them, in which a text stands."""
    write(study, folder, formats=list(FORMATS), beside_parquet=BESIDE_PARQUET)
    tables = [table.name for table in tables_of(list(FORMATS))]
    found = {name for name in tables if secret in json.dumps(lines(folder, name), default=str)}
    texts = [path for path in folder.rglob("*") if path.suffix in {".csv", ".jsonl", ".md", ".json", ".svg", ".ipynb"}]
    return found, {path.name.partition("-0")[0] for path in texts if secret in path.read_text(encoding="utf-8")}


def test_what_is_published_is_found_where_it_should_be(study, item, tmp_path):
    someone(study, item, "zebra")
    found, beside = where("zebra", study, tmp_path / "out")
    assert found >= {"conversations", "turns", "comparisons", "trl-preference", "arena", "prism-conversations"}
    assert beside == found


def test_own_words_of_who_keeps_them_are_nowhere_and_their_first_choice_counts(study, item, tmp_path):
    person = someone(study, item, "zebra")
    Consent.objects.filter(annotator=person).update(verbatim=False)
    assert where("zebra", study, tmp_path / "out") == (set(), set())
    assert len(lines(tmp_path / "out", "trl-preference")) == 3
    assert len(lines(tmp_path / "out", "prism-utterances")) == 4
    assert lines(tmp_path / "out", "items")[0]["people"] == 1


def test_who_withdrew_is_nowhere(study, item, tmp_path):
    someone(study, item, "horse")
    enrolment.withdraw(annotator=someone(study, item, "zebra"), now=timezone.now())
    assert where("zebra", study, tmp_path / "out") == (set(), set())
    assert lines(tmp_path / "out", "items")[0]["people"] == 1
    assert len(lines(tmp_path / "out", "prism-survey")) == 1


def test_surplus_work_is_in_long_tables_alone(study, item, tmp_path):
    someone(study, item, "zebra", surplus=True)
    found, _ = where("zebra", study, tmp_path / "out")
    assert found <= LONG_TABLES
    assert lines(tmp_path / "out", "items") == []


def test_what_came_later_is_in_no_format(study, item, tmp_path):
    someone(study, item, "horse")
    moment = timezone.now()
    someone(study, item, "zebra", at=moment + timedelta(minutes=1))
    write(study, tmp_path / "out", formats=list(FORMATS), snapshot_at=moment)
    for table in tables_of(list(FORMATS)):
        assert "zebra" not in json.dumps(lines(tmp_path / "out", table.name), default=str)
    assert lines(tmp_path / "out", "items")[0]["people"] == 1
