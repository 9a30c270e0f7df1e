"""Every published field says what it holds."""

from dataclasses import dataclass, is_dataclass
from typing import get_type_hints, is_typeddict

import pytest

from exports import codebook, item_records, prism_records, records, training_records
from exports.formats import FORMATS
from exports.tables import schema_of

MODULES = [records, item_records, training_records, prism_records]
RECORDS = {
    record.__name__: record
    for module in MODULES
    for record in vars(module).values()
    if isinstance(record, type) and (is_typeddict(record) or is_dataclass(record)) and record is not records.Column
}
TABLES = list({(table.name, len(table.columns)): table for each in FORMATS.values() for table in each.tables}.values())


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_every_field_has_a_docstring(record):
    documented = records.docstrings(record)
    assert [name for name in get_type_hints(record) if not documented.get(name)] == []


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
        assert codebook.type_name(column.type)
        if schema.field(column.name).nullable and "_turn_" not in column.name:
            assert "Null" in column.about, column.name


def test_what_people_were_asked_stands_in_it_by_version_and_language():
    asked = {"choice": {"en": "Which one?", "fr": "Laquelle ?"}, "explanation": {"en": "Why | how?"}}
    text = codebook.of(TABLES, configurations=[{"number": 3, "configuration": {"questions": asked}}])
    assert "| 3 | `en` | Which one? | Why \\| how? |" in text
    assert "| 3 | `fr` | Laquelle ? |  |" in text


def test_what_columns_are_made_of_is_explained_field_by_field():
    text = codebook.of([table for table in TABLES if table.name == "trl-preference"])
    assert "| `chosen` | list of `Message` | The chosen candidate. |" in text
    assert "| `role` | text | `user` or `assistant`. |" in text


def test_the_codebook_states_the_conventions_and_what_is_not_computed():
    text = codebook.of(TABLES)
    assert "apostrophe" in text
    assert "false in every line unless the study asks for a balanced subset" in text
    assert "none of these" in text
