"""What reports read of a release is what people chose, as the wide file and the database have it."""

import numpy as np
import pytest
from django.core.management import call_command

from exports.reports import reading
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path):
    study = StudyFactory(slug="everyday")
    items = [ItemFactory(study=study) for _item in range(3)]
    for number in range(4):
        annotator = AnnotatorFactory(panel=study.panel)
        for place, item in enumerate(items):
            choice = "none" if number == 3 and place == 0 else (number + place) % 4
            talk(study=study, annotator=annotator, item=item, choices=[choice])
        # Prompts of one's own, and conversations that count in no overlap, are in no figure.
        talk(study=study, annotator=annotator, choices=[0])
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=items[0], choices=[1], surplus=True)
    write(study, tmp_path / "release")
    return tmp_path / "release"


def test_choices_and_places_are_those_of_the_releases_own_tables(folder):
    found = reading.read(folder)
    wide = {
        (line["annotator_id"], line["first_turn_prompt"]): line
        for line in rows(folder, "conversations")
        if line["is_pregenerated_first_prompt"]
    }
    assert len(found.rows.items) == len(wide) == 12
    people = found.people["annotator_id"].to_list()
    for item, person, category in zip(found.rows.items, found.rows.people, found.rows.categories, strict=True):
        line, of = wide[people[person], found.items[item].prompt], found.items[item]
        assert [line[f"first_turn_response_{letter}"] for letter in "abcd"] == of.texts
        preferred = line["first_turn_preferred_response"]
        assert preferred == (None if category == 4 else f"response_{reading.letter(category, 4)}")
    places_are_those_on_the_screen(found, folder)
    # What is in no figure is counted.
    assert found.left_out == {"surplus": 1}
    assert (found.k, found.none_can_be_said, found.simulated) == (4, True, False)


def places_are_those_on_the_screen(found, folder):
    numbers = [item.candidate_set_id for item in found.items]
    people = found.people["annotator_id"].to_list()
    shown = {
        (numbers[item], people[person]): place
        for item, person, place in zip(found.rows.items, found.rows.people, found.places, strict=True)
    }
    turns = {(turn["candidate_set_id"], turn["annotator_id"]): turn for turn in rows(folder, "turns")}
    for where, place in shown.items():
        assert turns[where]["chosen_place"] == (None if place == reading.UNKNOWN else place + 1)
    assert np.all(np.sort(found.orders, axis=1) == np.arange(4))


def test_a_report_is_made_of_it(folder, tmp_path):
    call_command("pluralism_report", str(folder), "--output", str(tmp_path / "report"), "--fewest", "2", "--draws", "5")
    assert (tmp_path / "report/agreement.csv").exists()
