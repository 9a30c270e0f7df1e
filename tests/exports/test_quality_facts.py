"""How people worked is published as facts: turn by turn, and person by person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotators import qualification, standing
from collection.models import Comparison, Turn
from tests.exports.conversations import rows, talk, write
from tests.exports.test_consents import refuse
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return StudyFactory()


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(panel=study.panel)


def published(study, folder, table):
    write(study, folder / "out")
    return rows(folder / "out", table)


def test_what_the_page_measured_and_what_follows_from_it_stands_beside_each_turn(study, annotator, tmp_path):
    copied = "They have seen hard years, and what they kept was kept for a good reason."
    talk(study=study, annotator=annotator, item=ItemFactory(study=study), explanations=[copied])
    Comparison.objects.update(device="phone", seconds_visible=20.04, pasted_characters=len(copied))
    (turn,) = published(study, tmp_path, "turns")
    assert (turn["device"], turn["seconds_visible"], turn["feedback_pasted"]) == ("phone", 20.0, 1.0)
    assert turn["feedback_copied"] == 1.0
    assert turn["characters_per_second"] == round(turn["characters_read"] / 20.04, 1)
    assert turn["flags"] == ["copied"]


def test_what_was_said_beside_the_choice_and_seen_of_each_candidate_stands_by_slot(study, annotator, tmp_path):
    talk(study=study, annotator=annotator, choices=[0, "none"])
    Turn.objects.update(order=[2, 0, 3, 1])
    seen = [[1, 900, 100], [2, 50, 30], [0, 0, 0], [3, 700, 100]]
    Comparison.objects.update(exposure=seen, acceptable=["yes", "", "no", ""])
    Comparison.objects.filter(outcome="chosen").update(strength=3)
    Comparison.objects.filter(outcome="none").update(better="Somebody who listens.")
    chosen, none = published(study, tmp_path, "turns")
    assert chosen["exposure_order"] == [2, 3, 1, 0]
    assert chosen["exposure_milliseconds"] == [50, 700, 900, 0]
    assert chosen["exposure_percent"] == [30, 100, 100, 0]
    assert chosen["acceptable"] == ["unsaid", "unsaid", "yes", "no"]
    assert (chosen["strength"], chosen["better"]) == (3, None)
    assert (none["strength"], none["better"]) == (None, "Somebody who listens.")
    assert (none["feedback_asked"], none["feedback_probability"]) == (True, 1.0)


@pytest.mark.parametrize(("kept_back", "published_as"), [(False, "Somebody who listens."), (True, None)])
def test_what_would_have_been_better_is_published_only_of_who_agreed(
    study, annotator, tmp_path, kept_back, published_as
):
    talk(study=study, annotator=annotator, item=ItemFactory(study=study), choices=["none"])
    Comparison.objects.update(better="Somebody who listens.")
    if kept_back:
        refuse(annotator, "verbatim")
    (turn,) = published(study, tmp_path, "turns")
    assert turn["better"] == published_as


def test_what_was_compared_after_the_snapshot_has_no_facts_yet(study, annotator, tmp_path):
    moment = timezone.now()
    talk(study=study, annotator=annotator, item=ItemFactory(study=study), explanations=["good"], at=moment)
    Comparison.objects.update(recorded_at=moment + timedelta(minutes=1), device="phone")
    write(study, tmp_path / "out", snapshot_at=moment)
    (turn,) = rows(tmp_path / "out", "turns")
    assert (turn["device"], turn["characters_per_second"], turn["flags"]) == (None, None, [])
    (person,) = rows(tmp_path / "out", "annotators")
    assert person["comparisons"] == 0


def test_each_person_has_a_line_with_what_they_said_and_how_they_worked(study, tmp_path):
    answers = {"country": "in", "age": "55+", "gender": "female"}
    annotator = AnnotatorFactory(panel=study.panel, answers=answers)
    for _each in range(2):
        talk(study=study, annotator=annotator, item=ItemFactory(study=study), choices=[0], explanations=["nice"])
    talk(study=study, annotator=annotator, choices=["none"], explanations=["Nothing here speaks for people like me."])
    Turn.objects.update(order=[3, 0, 1, 2])
    for passed in (True, False, False):
        qualification.record(annotator=annotator, kind="attention", passed=passed, now=timezone.now())
    standing.judge_attention(annotator=annotator, flag_after=2, pause_after=None, now=timezone.now())
    (person,) = published(study, tmp_path, "annotators")
    assert person["annotator_id"] == annotator.published.get().number
    assert (person["annotator_country"], person["annotator_age"]) == ("india", "55+")
    assert (person["comparisons"], person["none_of_these"]) == (3, 1)
    assert (person["most_chosen_place"], person["most_chosen_place_share"], person["longest_run"]) == (2, 1.0, 2)
    assert (person["explanations"], person["short_explanations"], person["repeated_explanations"]) == (3, 2, 2)
    assert (person["attention_checks"], person["attention_missed"], person["rules_hit"]) == (3, 2, ["attention"])


def test_agreement_with_others_is_in_no_column(study, tmp_path):
    """One person alone chose otherwise: their facts are those of everybody else."""
    item = ItemFactory(study=study)
    for choice in (0, 0, 0, 3):
        person = AnnotatorFactory(panel=study.panel)
        talk(study=study, annotator=person, item=item, choices=[choice], explanations=["It is like my own family."])
    Turn.objects.update(order=[0, 1, 2, 3])
    lines = published(study, tmp_path, "annotators")
    for line in lines:
        del line["annotator_id"], line["most_chosen_place"]
    assert all(line == lines[0] for line in lines)


def test_who_is_in_no_conversation_has_no_line(study, annotator, tmp_path):
    AnnotatorFactory(panel=study.panel)
    talk(study=study, annotator=annotator, item=ItemFactory(study=study))
    assert len(published(study, tmp_path, "annotators")) == 1
