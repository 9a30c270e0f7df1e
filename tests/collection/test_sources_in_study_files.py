"""Where people come from, as a study file says it."""

from pathlib import Path

import pytest
from django.utils import timezone

from annotators.models import Panel
from collection import dry_run_copying, study_editing, study_file
from tests.annotators.test_people_from_panels import panel_of
from tests.factories import ItemFactory, StudyFactory

EXAMPLE = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")


def with_source(*lines):
    return EXAMPLE.replace("panel:\n", "panel:\n" + "".join(f"  {line}\n" for line in ("source:", *lines)), 1)


def faults(text):
    with pytest.raises(study_file.StudyFileInvalid) as caught:
        study_file.read(text)
    return [(fault.place, fault.message) for fault in caught.value.faults]


def test_a_source_is_read_and_written_back():
    part = study_file.read(with_source("  kind: prolific", "  refuse_unverified: true")).study.panel
    assert part.source.kind == "prolific"
    assert part.model_dump(mode="json")["source"]["keys_url"] == "https://api.prolific.com/.well-known/study/jwks.json"


def test_a_panel_without_a_source_says_nothing_of_it():
    assert "source" not in study_file.read(EXAMPLE).study.panel.model_dump(mode="json")


def test_faults_name_the_entry_as_the_file_does():
    text = with_source("  kind: prolific", "  refuse_unverified: perhaps", "  keys_url: http://a.example/")
    line = text.splitlines().index("    refuse_unverified: perhaps") + 1
    with pytest.raises(study_file.StudyFileInvalid) as caught:
        study_file.read(text)
    found = {fault.place: fault for fault in caught.value.faults}
    assert found["panel.source.refuse_unverified"].line == line
    assert found["panel.source.keys_url"].message == "must be an https address"


@pytest.mark.parametrize(
    ("lines", "place", "said"),
    [
        (["  kind: mturk"], "panel.source", "has a kind that is not known"),
        (["  codes: {}"], "panel.source", "needs a kind"),
        (["  kind: connect", "  keys_url: x"], "panel.source.keys_url", "is not known here"),
        (["  kind: prolific", "  codes: {done: x}"], "panel.source.codes.done", "is not known here"),
        (["  kind: generic", "  returns: {completed: http://a.example}"], "panel.source", "is not https at an allowed"),
    ],
)
def test_what_is_wrong_is_said_in_words(lines, place, said):
    assert [(found, said in message) for found, message in faults(with_source(*lines))] == [(place, True)]


@pytest.mark.django_db
def test_simulated_people_come_by_invitation_whoever_sends_the_real_ones():
    study = StudyFactory(panel=panel_of({"kind": "prolific", "refuse_unverified": True}))
    ItemFactory(study=study)
    copy = dry_run_copying.copy(study=study, slug="a-copy", now=timezone.now())
    assert copy.panel.part.source is None
    assert study.panel.part.source is not None


@pytest.mark.django_db
def test_keys_are_to_be_fetched_from_hosts_of_the_administrator_s_list():
    document = study_file.read(with_source("  kind: prolific", "  keys_url: https://keys.example/jwks.json"))
    with pytest.raises(study_editing.WouldChangeAnswers) as caught:
        study_editing.apply(document=document, by=None, now=timezone.now())
    [fault] = caught.value.faults
    assert (fault.place, "api.prolific.com" in fault.message) == ("panel.source.keys_url", True)
    assert not Panel.objects.exists()
