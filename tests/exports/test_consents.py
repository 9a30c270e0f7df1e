"""A release honours each box that a person ticked, and says how many did."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator, ConsentText
from annotators.purposes import PURPOSES
from collection import assignment, completion, withdrawal
from exports import building, finishing, intake, withholding
from exports.models import Release
from tests.exports.conversations import rows, talk, write
from tests.factories import ASKS, SURVEY, AnnotatorFactory, ItemFactory, PanelFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

POLITICS = {
    "key": "politics",
    "text": {"en": "Your views?"},
    "asked": "after",
    "sensitive": True,
    "options": [{"key": "left", "text": {"en": "Left"}}, {"key": "right", "text": {"en": "Right"}}],
}
COLUMNS = {**ASKS["columns"], "annotator_political": {"question": "politics", "values": {"left": "Very left-leaning"}}}


@pytest.fixture
def study():
    return StudyFactory(panel=PanelFactory(survey=[*SURVEY, POLITICS]), asks={"columns": COLUMNS})


def person(study, *, without=()):
    """Two turns on a given prompt, the second message theirs, and one conversation that they opened themselves."""
    annotator = AnnotatorFactory(panel=study.panel)
    enrolment.answer(annotator=annotator, answers={"politics": "left"}, now=timezone.now())
    item = study.items.first() or ItemFactory(study=study, wanted=50)
    talk(study=study, annotator=annotator, item=item, choices=[0, 1], messages=[item.prompt.text, "My own words"])
    talk(study=study, annotator=annotator, choices=[2], messages=["Also mine"])
    refuse(annotator, *without)
    return annotator


def refuse(annotator, *purposes):
    to = [purpose for purpose in PURPOSES if purpose not in purposes]
    text = annotator.consents.in_force().get().text
    enrolment.consent(annotator=annotator, text=text, to=to, now=timezone.now())


def tables(study, folder):
    said = write(study, folder)
    return said, rows(folder, "conversations"), rows(folder, "turns"), rows(folder, "candidates")


# ---- each box --------------------------------------------------------------------------------------------------------
def test_who_refused_publication_does_not_appear(study, tmp_path):
    person(study)
    person(study, without=["publication"])
    said, conversations, turns, candidates = tables(study, tmp_path / "out")
    assert {row["annotator_id"] for row in conversations} == {row["annotator_id"] for row in turns}
    assert (said["people"]["total"], len(conversations), len(turns), len(candidates)) == (1, 2, 3, 12)
    assert said["excluded"]["people who did not agree to publication"] == 1
    assert said["excluded"]["conversations of people who did not agree to publication"] == 2


def test_who_keeps_their_texts_appears_with_first_choices_on_given_prompts_only(study, tmp_path):
    person(study, without=["verbatim"])
    said, conversations, turns, candidates = tables(study, tmp_path / "out")
    (line,), (turn,) = conversations, turns
    assert line["first_turn_preferred_response"] is not None
    assert (line["first_turn_feedback"], turn["feedback"], line["second_turn_prompt"]) == (None, None, None)
    assert turn["is_given_prompt"]
    assert not turn["verbatim_agreed"]
    assert len(candidates) == 4
    assert said["excluded"]["turns that answer texts of people who keep these to themselves"] == 2
    for path in (tmp_path / "out" / "csv").iterdir():
        text = path.read_text()
        assert "My own words" not in text
        assert "Also mine" not in text
        assert "Because." not in text


def test_who_refused_training_is_marked_and_the_card_says_how_to_leave_them_out(study, tmp_path):
    person(study)
    person(study, without=["training"])
    said, conversations, turns, _candidates = tables(study, tmp_path / "out")
    may_train = {row["conversation_id"] for row in turns if row["training_agreed"]}
    assert (len(conversations), len(may_train)) == (4, 2)
    assert said["agreed"] == {"verbatim texts": 2, "training of models": 1}
    assert "1 of 2 people agreed that models are trained" in (tmp_path / "out" / "README.md").read_text()


def test_sensitive_answers_of_who_refused_are_not_published(study, tmp_path):
    person(study)
    person(study, without=["sensitive"])
    _said, conversations, _turns, _candidates = tables(study, tmp_path / "out")
    assert sorted(row["annotator_political"] or "" for row in conversations) == ["", "", *["Very left-leaning"] * 2]


def test_a_question_that_is_called_sensitive_later_is_left_out_too(study, tmp_path):
    annotator = person(study, without=["sensitive"])
    # As it was before the question was called sensitive: the answer is there.
    annotator.survey_answers.create(question="politics", value="left")
    _said, conversations, _turns, _candidates = tables(study, tmp_path / "out")
    assert {row["annotator_political"] for row in conversations} == {None}


def test_nobody_is_published_under_a_licence_that_they_did_not_agree_to(study, tmp_path):
    annotator = person(study)
    ConsentText.objects.filter(consents__annotator=annotator).update(licence="CC0-1.0")
    assert tables(study, tmp_path / "out")[0]["people"]["total"] == 0


def test_refusing_everything_changes_neither_tasks_nor_pay(study):
    agreeing, refusing = person(study), person(study, without=PURPOSES)
    assert completion.codes(agreeing) == completion.codes(refusing) != []
    assert assignment.progress(agreeing) == assignment.progress(refusing)
    ItemFactory(study=study)
    assert assignment.next_task(annotator=refusing, now=timezone.now()).annotator == refusing


# ---- the next release ------------------------------------------------------------------------------------------------
def release(study):
    made = intake.request_release(study=study, by=None, now=timezone.now())
    building.build(release_id=made.pk)
    made.refresh_from_db()
    assert made.status == Release.Status.DONE, made.failure_detail
    return made


def notes(made):
    return (made.folder / "README.md").read_text()


def test_the_first_release_says_nothing_of_what_went(study):
    person(study)
    first = release(study)
    assert first.manifest["since_previous"] is None
    assert "## Since release" not in notes(first)


def test_the_next_release_lacks_who_withdrew_and_says_how_many_rows_went(study):
    leaving, _staying = person(study), person(study)
    before = release(study)
    withdrawal.withdraw(annotator=leaving, now=timezone.now())
    after = release(study)
    gone = {"conversations": 2, "turns": 3, "annotators": 1, "candidates": 8}
    left = {table: before.manifest["rows"][table] - count for table, count in gone.items()}
    assert left == {table: after.manifest["rows"][table] for table in gone}
    assert after.manifest["since_previous"] == {"release": 1, "people": 1, "rows": gone}
    assert "1 people who were in it are gone" in notes(after)
    assert "2 from `conversations`, 3 from `turns`, 1 from `annotators`, 8 from `candidates`" in notes(after)


def test_what_is_new_does_not_hide_what_went(study):
    leaving = person(study)
    release(study)
    withdrawal.withdraw(annotator=leaving, now=timezone.now())
    for _newcomer in range(3):
        person(study)
    assert release(study).manifest["since_previous"]["rows"]["conversations"] == 2


def test_who_keeps_their_texts_from_now_on_is_counted_by_the_lines_that_went(study):
    annotator = person(study)
    release(study)
    refuse(annotator, "verbatim")
    since = release(study).manifest["since_previous"]
    assert since == {
        "release": 1,
        "people": 0,
        "rows": {"conversations": 1, "turns": 2, "annotators": 0, "candidates": 8},
    }


def test_who_lets_things_be_kept_stays_in_later_releases(study):
    leaving = person(study)
    before = release(study)
    withdrawal.stop(annotator=leaving, now=timezone.now())
    after = release(study)
    assert after.manifest["rows"] == before.manifest["rows"]
    assert not before.is_withheld


@pytest.mark.parametrize("purpose", ["publication", "verbatim", "sensitive"])
def test_older_releases_of_who_changed_their_mind_are_given_to_nobody_and_deleted(study, purpose):
    annotator = person(study)
    other = person(study)
    before = release(study)
    refuse(other, "training")
    assert not before.is_withheld
    refuse(annotator, purpose)
    assert before.is_withheld
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    said = client.get(reverse("api_release", args=[study.slug, before.version])).json()
    assert said["files"] == []
    assert client.get(reverse("download_release", args=[study.slug, before.version])).status_code == 404
    assert withholding.clear_withheld() == 1
    assert not before.folder.exists()
    assert withholding.clear_withheld() == 0
    assert release(study).folder.is_dir()


def test_who_changes_their_mind_while_it_is_written_is_honoured(study, monkeypatch):
    person(study)
    write_documents, asked = finishing.write_documents, []

    def meanwhile(*said, **files):
        write_documents(*said, **files)
        if not asked:
            asked.append(True)
            refuse(Annotator.objects.get(), "verbatim")

    monkeypatch.setattr(finishing, "write_documents", meanwhile)
    assert release(study).manifest["rows"]["turns"] == 1
