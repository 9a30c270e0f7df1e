"""A study file makes a study, changes it, and is refused where people have answered already."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotators.models import ConsentText
from collection import study_editing, study_file
from collection.models import Overlap, Study, StudyVersion
from collection.study_editing import WouldChangeAnswers
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, TaskFactory, UserFactory

pytestmark = pytest.mark.django_db

EXAMPLE = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")


def apply(text, by=None):
    return study_editing.apply(document=study_file.read(text), by=by, now=timezone.now())


def refused(text):
    with pytest.raises(WouldChangeAnswers) as caught:
        apply(text)
    return caught.value.faults


@pytest.fixture
def answered(everyday):
    """The demo study with somebody in it."""
    annotator = AnnotatorFactory(panel=everyday.panel)
    TaskFactory(study=everyday, version=everyday.version, annotator=annotator)
    return everyday


def test_a_new_file_makes_a_draft_with_its_panel_and_recipes():
    researcher = UserFactory()
    outcome = apply(EXAMPLE, by=researcher)
    study = outcome.study
    assert outcome.created
    assert study.state == Study.State.DRAFT
    assert list(study.researchers.all()) == [researcher]
    assert study.version.first_recipe.says.ordinary == 1
    assert study.version.later_recipe.says.method == "negatively-correlated"
    assert ConsentText.objects.filter(panel=study.panel).count() == 5


def test_the_same_file_again_changes_nothing(everyday):
    outcome = apply(EXAMPLE)
    assert (outcome.created, outcome.changed) == (False, [])
    assert StudyVersion.objects.count() == 1


def test_a_changed_file_makes_a_version_and_says_what_changed(everyday):
    outcome = apply(EXAMPLE.replace("overlap: 5", "overlap: 7").replace("title: Everyday answers", "title: Other"))
    assert outcome.changed == ["title", "overlap"]
    assert outcome.study.version.number == 2
    assert outcome.study.asks.overlap.wanted == 7
    assert outcome.study.title == "Other"


def test_a_raised_overlap_is_wanted_by_the_items_that_are_there(everyday):
    overlap = ItemFactory(study=everyday).overlaps.get()
    apply(EXAMPLE.replace("overlap: 5", "overlap: 7"))
    overlap.refresh_from_db()
    assert overlap.wanted == 7


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("en: Which answer would you rather get?", "en: Which answer is right?", "questions"),
        ("minimum: 1, maximum: 4", "minimum: 2, maximum: 4", "turns"),
        ("then: reword", "then: end", "none_of_these"),
        ("asked: optional", "asked: required", "explanations"),
        ("key: 55+, text", "key: 55-99, text", "panel.survey.1"),
    ],
)
def test_what_people_answered_under_does_not_change(answered, old, new, place):
    text = EXAMPLE.replace(old, new)
    (fault,) = refused(text)
    assert fault.place == place
    assert fault.line > 1
    assert Study.objects.get().version.number == 1


def test_before_anybody_answered_everything_may_change(everyday):
    assert apply(EXAMPLE.replace("minimum: 1, maximum: 4", "minimum: 2, maximum: 3")).changed == ["turns"]


def test_a_language_may_come_but_not_go(answered):
    text = EXAMPLE.replace("languages: [en, fr, it, hi, pt]", "languages: [en, fr, it, hi]")
    assert "cannot lose pt" in refused(text)[0].message
    assert (
        "languages"
        in apply(
            EXAMPLE.replace("languages: [en, fr, it, hi, pt]", "languages: [en, fr, it, hi, pt, de]")
            .replace("    pt: Qual resposta", "    de: Welche Antwort hätten Sie lieber?\n    pt: Qual resposta")
            .replace("    pt: O que fez", "    de: Warum?\n    pt: O que fez")
        ).changed
    )


def test_overlap_does_not_fall_below_the_places_taken(answered):
    item = ItemFactory(study=answered)
    Overlap.objects.filter(item=item).update(wanted=5, taken=3)
    assert "already taken" in refused(EXAMPLE.replace("overlap: 5", "overlap: 2"))[0].message


def test_recipes_may_change_since_every_set_remembers_its_own(answered):
    assert apply(EXAMPLE.replace("ordinary: 1", "ordinary: 0")).changed == ["recipes"]


def test_a_published_consent_text_needs_a_new_version_for_new_words(everyday):
    (fault,) = refused(EXAMPLE.replace("You must be at least 18 years old.", "Anybody may take part."))
    assert fault.place == "panel.consent.texts.en"
    assert "new version" in fault.message
    changed = EXAMPLE.replace("You must be at least 18", "You need to be 18").replace('version: "2"', 'version: "3"')
    assert apply(changed).changed == ["panel"]


def test_a_closed_study_does_not_change(everyday):
    Study.objects.update(state=Study.State.CLOSED)
    assert "closed" in refused(EXAMPLE.replace("overlap: 5", "overlap: 7"))[0].message


def test_a_study_written_back_is_the_study(everyday):
    document = study_file.read(study_file.write(everyday))
    assert document.study.configuration() == everyday.asks
    assert apply(study_file.write(everyday)).changed == []


def test_the_command_says_what_it_did(tmp_path, capsys):
    call_command("load_study", "examples/everyday/study.yaml")
    call_command("load_study", "examples/everyday/study.yaml")
    assert capsys.readouterr().out.splitlines() == [
        "Study everyday was created as a draft.",
        "No researcher sees it yet: load it again with --researcher NAME.",
        "Study everyday is already as the file says.",
        "No researcher sees it yet: load it again with --researcher NAME.",
    ]


def test_the_command_refuses_with_the_reason_and_the_line(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(EXAMPLE.replace("overlap: 5", "overlap: five"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Line \d+: overlap must be a whole number"):
        call_command("load_study", path)
    assert not Study.objects.exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path, content):
    path = tmp_path / "study.yaml"
    if content:
        path.write_bytes(content)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_study", path)


def test_another_model_can_be_put_in_the_recipes_place():
    call_command("load_study", "examples/everyday/study.yaml", model="org/model")
    assert Study.objects.get().version.first_recipe.says.generator.model == "org/model"


def test_a_researcher_can_be_let_in_later(capsys):
    researcher = UserFactory()
    call_command("load_study", "examples/everyday/study.yaml")
    assert "No researcher sees it yet" in capsys.readouterr().out
    call_command("load_study", "examples/everyday/study.yaml", researcher=researcher.username)
    assert list(Study.objects.get().researchers.all()) == [researcher]


def test_a_new_recipe_writes_what_the_old_one_could_not(everyday):
    item = ItemFactory(study=everyday, candidate_set=CandidateSetFactory(failed=True))
    Study.objects.update(state=Study.State.OPEN)
    apply(EXAMPLE.replace("ordinary: 1", "ordinary: 0"))
    item.refresh_from_db()
    assert item.candidate_set.status == "requested"
    assert item.candidate_set.recipe.says.ordinary == 0
