"""A release of any size is written in the same memory: rows come through a cursor and leave in batches."""

from dataclasses import replace

import pyarrow as pa
import pytest
from django.db import connection
from django.utils import timezone

from exports import dataset
from exports.formats import FORMATS
from exports.records import Candidate, columns
from exports.tables import write_part
from tests.exports.conversations import FORMAT, talk
from tests.factories import AnnotatorFactory, StudyFactory


@pytest.mark.django_db(transaction=True)
def test_rows_come_through_a_cursor_of_the_server(tmp_path, monkeypatch):
    for format in [FORMATS["community-alignment"], FORMATS["long-tables"]]:
        by_one = tuple(replace(table, rows_per_batch=1) for table in format.tables)
        monkeypatch.setitem(FORMATS, format.name, replace(format, tables=by_one))
    study = StudyFactory()
    for person in AnnotatorFactory.create_batch(2, panel=study.panel):
        talk(study=study, annotator=person)
    open_cursors = []

    def look(done, total):
        with connection.cursor() as cursor:
            cursor.execute("select statement from pg_cursors where name <> ''")
            open_cursors.append([statement for (statement,) in cursor.fetchall()])

    dataset.write(
        study=study, wanted=FORMAT, snapshot_at=timezone.now(), version=None, folder=tmp_path / "out", progress=look
    )
    before, *while_writing = open_cursors
    assert before == []
    assert len(while_writing) == 2 + 2 + 2 + 8 + 2
    # Two conversations, two turns, two people (who are at hand), eight candidates, two comparisons.
    assert [len(statements) for statements in while_writing[::2]] == [1, 1, 0, 1, 1, 1, 1, 1]


def test_memory_does_not_grow_with_the_rows(tmp_path):
    of_candidates = columns(Candidate)
    line = tuple("x" * 500 if column.name == "text" else None for column in of_candidates)
    nullable = [type(column)(column.name, column.type | None, column.about) for column in of_candidates]
    held = []
    files = {"parquet": tmp_path / "candidates.parquet", "csv": tmp_path / "candidates.csv"}
    for written in write_part((line for _ in range(40_000)), files=files, columns=nullable, rows_per_batch=1000):
        assert written == 1000
        held.append(pa.total_allocated_bytes())
    assert max(held[20:]) < 2 * max(held[:5])
