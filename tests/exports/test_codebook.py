"""Every published field says what it holds."""

from dataclasses import dataclass, fields

import pytest

from exports import codebook, records
from exports.formats import FORMATS
from exports.tables import ARROW, schema_of

RECORDS = [records.Conversation, records.ConversationTurn, records.Turn, records.Candidate]
TABLES = [table for format in FORMATS.values() for table in format.tables]


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_has_a_docstring(record):
    documented = records.docstrings(record)
    assert [field.name for field in fields(record) if not documented.get(field.name)] == []


def test_a_field_without_a_docstring_is_noticed():
    @dataclass
    class Careless:
        first: int
        """Said."""
        second: int

    assert records.docstrings(Careless) == {"first": "Said."}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_codebook_explains_every_column_of_every_table(table):
    text = codebook.of([table])
    for column in table.columns:
        assert f"| `{column.name}` |" in text
        assert column.about
        assert column.about in text
        assert "|" not in column.about


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_a_type_and_says_what_null_means(table):
    schema = schema_of(table.columns)
    for column in table.columns:
        assert schema.field(column.name).type in ARROW.values()
        if schema.field(column.name).nullable and "_turn_" not in column.name:
            assert "Null" in column.about, column.name


def test_the_codebook_states_the_conventions_and_what_is_not_computed():
    text = codebook.of(TABLES)
    assert "apostrophe" in text
    assert "Not computed" in text
    assert "none of these" in text
