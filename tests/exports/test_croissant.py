"""croissant.json describes a release so that mlcroissant validates it, and reads every table from it."""

import json
import logging
import sys

import mlcroissant
import pytest
from absl import logging as logging_of_absl
from pyarrow import parquet

from exports import parts
from exports.formats import FORMATS
from tests.exports.conversations import talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

# Whoever sets up logging anew closes every handler there is, and this one, which comes with mlcroissant, would close
# what it writes to: the file in which pytest collects what tests print.
logging_of_absl.get_absl_handler().python_handler.stream = sys.__stderr__

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # mlcroissant, and rdflib with which it parses, use what rdflib and pandas are about to give up.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index is deprecated"),
]

TABLES = ["conversations", "comparisons", "items", "trl-preference", "prism-survey", "prism-conversations"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A release in every format, cut into several parts."""
    monkeypatch.setitem(parts.NUMBERS_PER_PART, "conversations", 2)
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    item = ItemFactory(study=study)
    for choice in (0, 1, "none"):
        person = AnnotatorFactory(panel=study.panel)
        talk(study=study, annotator=person, item=item, choices=[choice, 2], explanations=["é ✓", ""])
    write(study, tmp_path / "out", formats=list(FORMATS))
    return tmp_path / "out"


def test_mlcroissant_finds_nothing_amiss(folder, caplog):
    with caplog.at_level(logging.WARNING):
        found = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert found.metadata.issues.errors == set()
    assert found.metadata.issues.warnings == set()
    assert "not standard" not in caplog.text
    assert {str(each) for each in found.metadata.conforms_to} == {
        "http://mlcommons.org/croissant/1.1",
        "http://mlcommons.org/croissant/RAI/1.0",
    }


def test_the_responsible_ai_fields_say_what_the_release_knows(folder):
    said = mlcroissant.Dataset(jsonld=folder / "croissant.json").metadata
    assert said.data_collection
    assert said.data_biases
    assert said.personal_sensitive_information
    assert "annotator_country: united states 3" in said.annotator_demographics
    assert said.annotations_per_item == "2 to 9 people: 1 items"


def test_every_file_is_listed_with_its_checksum(folder):
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    described = json.loads((folder / "croissant.json").read_text())
    listed = {each["@id"]: each["sha256"] for each in described["distribution"] if each["@type"] == "cr:FileObject"}
    files = {file["name"]: file["sha256"] for file in manifest["files"] if file["name"].endswith(".parquet")}
    assert listed == files


def test_tables_are_read_by_their_description(folder):
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    for table in TABLES:
        exact = [
            line
            for path in sorted((folder / "data").glob(f"{table}-*.parquet"))
            for line in parquet.read_table(path).to_pylist()
        ]
        assert [plain(line) for line in dataset.records(table)] == exact


def plain(value):
    """Return a value without the wrappings that mlcroissant gives it."""
    if isinstance(value, dict):
        return {name.rpartition("/")[2]: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if hasattr(value, "item") else value
