"""A judge labels a study's texts, and is told beside what was labelled by hand."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collection.labelling import sets_of
from collection.models import Study
from sampling import judge_file, judging
from sampling.generators.recorded import messages_sha256
from sampling.labelling import RESEARCHER, Given, labelables, record
from sampling.models import Label
from tests.factories import ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db

JUDGE = """\
scheme: map
generator: {name: recorded, model: judge.json}
values:
  - key: elders
    texts: {en: respect for elders}
  - key: reason
    texts: {en: reason and evidence}
"""


@pytest.fixture
def study():
    made: Study = StudyFactory()
    for _prompt in range(2):
        ItemFactory(study=made)
    return made


@pytest.fixture
def judge(study, settings, tmp_path):
    """A judge that hears elders wherever they are named, and else is won by whatever is listed first."""
    settings.RECORDED_COMPLETIONS = tmp_path
    path = tmp_path / "judge.yaml"
    path.write_text(JUDGE, encoding="utf-8")
    answers = {}
    for text in labelables(sets_of(study)):
        for question in judging._questions(text, judge_file.read(path)):
            listed = next(iter(question.options.values()))
            answers[messages_sha256(question.messages)] = [
                {"text": "respect for elders" if "elders" in text.text else listed}
            ]
    (tmp_path / "judge.json").write_text(json.dumps(answers), encoding="utf-8")
    return path


def test_every_text_is_judged_and_undecided_ones_are_counted(study, judge, capsys):
    call_command("judge_candidates", study.slug, judge=judge)
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "judge.json saw 8 texts: 2 labelled, 6 undecided, 0 labelled before.",
        "No text that it decided was labelled by hand: how often it is right is not known.",
    ]
    assert sorted(Label.objects.values_list("value", flat=True)) == ["", "", "", "", "", "", "elders", "elders"]


def test_how_often_it_is_right_is_told_with_its_interval(study, judge, capsys):
    texts = list(labelables(sets_of(study)))
    said = dict.fromkeys((one.sha256 for one in texts if "elders" in one.text), "elders")
    wrong = next(iter(said))
    given = [
        Given(candidate_set_id=one.candidate_set_id, text_sha256=one.sha256, value="reason")
        if one.sha256 == wrong
        else Given(candidate_set_id=one.candidate_set_id, text_sha256=one.sha256, value=said.get(one.sha256, "reason"))
        for one in texts
    ]
    record(given, scheme="map", source=RESEARCHER, now=timezone.now())
    call_command("judge_candidates", study.slug, judge=judge)
    assert capsys.readouterr().out.splitlines()[1] == (
        "Of 8 texts labelled by hand it decided 2 and was right on 1: 50% (95 % interval 9% to 91%)."
    )


def test_started_again_it_goes_on(study, judge, capsys):
    call_command("judge_candidates", study.slug, judge=judge)
    call_command("judge_candidates", study.slug, judge=judge)
    assert capsys.readouterr().out.splitlines()[2] == (
        "judge.json saw 8 texts: 0 labelled, 0 undecided, 8 labelled before."
    )


def test_texts_in_other_languages_are_told(study, judge, capsys):
    ItemFactory(study=study, language="hi")
    call_command("judge_candidates", study.slug, judge=judge)
    assert "4 in a language without words for the values" in capsys.readouterr().out


def test_what_stops_it_is_said_in_one_sentence(study, judge, tmp_path):
    with pytest.raises(CommandError, match="There is no study nowhere"):
        call_command("judge_candidates", "nowhere", judge=judge)
    with pytest.raises(CommandError, match="describes no judge"):
        call_command("judge_candidates", study.slug, judge=tmp_path / "judge.json")
    (tmp_path / "judge.json").unlink()
    with pytest.raises(CommandError, match="The judge cannot answer: there are no recordings"):
        call_command("judge_candidates", study.slug, judge=judge)
