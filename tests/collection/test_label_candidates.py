"""Labels by hand: every row of the table is accounted for, and reaches the text that it means."""

import json

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collection.labelling import read_labels
from collection.models import ComparedRecipe, Item, RecipeComparison, Trial
from sampling.labelling import RESEARCHER, text_sha256
from sampling.models import Batch, Completion, Label, RawAnswer
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, TurnFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    made: Item = ItemFactory()
    return made


def set_of(item):
    assert item.candidate_set is not None
    return item.candidate_set


def table(tmp_path, *rows, name="labels.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(study, path):
    return read_labels(study=study, path=path, now=timezone.now())


def labels(candidate_set):
    found = Label.objects.filter(candidate_set=candidate_set, source=RESEARCHER, scheme="map")
    return dict(found.values_list("text_sha256", "value"))


def text_of(candidate_set, slot):
    return candidate_set.candidates.get(slot=slot).text


def test_a_candidate_is_named_by_its_set_and_slot(item, tmp_path):
    one = set_of(item)
    report = read(item.study, table(tmp_path, {"set": one.pk, "slot": 2, "scheme": "map", "value": "safety"}))
    assert (report.read, report.added, report.duplicate, report.blank, report.refused) == (1, 1, 0, 0, [])
    assert labels(one) == {text_sha256(text_of(one, 2)): "safety"}


def test_a_text_is_named_by_its_hash_or_by_itself_as_it_may_come_back_from_a_spreadsheet(item, tmp_path):
    one = set_of(item)
    first, second = text_of(one, 0), text_of(one, 1)
    by_hash = {"set": one.pk, "text_sha256": text_sha256(first), "text": "'= mangled", "scheme": "map", "value": "a"}
    by_itself = {"set": one.pk, "text": f"  {second}\r\n", "scheme": "map", "value": "b"}
    assert read(item.study, table(tmp_path, by_hash, by_itself)).added == 2
    assert labels(one) == {text_sha256(first): "a", text_sha256(second): "b"}


def test_a_text_without_a_set_is_labelled_wherever_it_stands(tmp_path):
    study = StudyFactory()
    texts = ["One that many sets hold.", "Two.", "Three.", "Four."]
    sets = [CandidateSetFactory(texts=texts), CandidateSetFactory(texts=texts)]
    for one in sets:
        ItemFactory(study=study, candidate_set=one)
    report = read(study, table(tmp_path, {"text": texts[0], "scheme": "map", "value": "a"}))
    assert (report.read, report.added) == (1, 2)
    assert [labels(one) for one in sets] == [{text_sha256(texts[0]): "a"}] * 2


def test_answers_of_first_tries_can_be_labelled(item, tmp_path):
    one = set_of(item)
    completion = Completion.objects.create(candidate_set=one, number=0, purpose="set", generator="g", model="m")
    RawAnswer.objects.create(candidate_set=one, place=0, text="Cut off in the", completion=completion, method="m")
    row = {"set": one.pk, "text": "Cut off in the", "scheme": "map", "value": "a"}
    assert read(item.study, table(tmp_path, row)).added == 1


def test_sets_of_recipe_comparisons_belong_to_the_study(item, tmp_path):
    one = CandidateSetFactory()
    comparison = RecipeComparison.objects.create(
        study=item.study, seed=1, prompts_wanted=1, sets_per_prompt=2, batch=Batch.objects.create()
    )
    compared = ComparedRecipe.objects.create(comparison=comparison, place=0, name="a", recipe=one.recipe)
    Trial.objects.create(compared=compared, prompt=item.prompt, number=0, candidate_set=one)
    row = {"set": one.pk, "slot": 0, "scheme": "map", "value": "a"}
    assert read(item.study, table(tmp_path, row)).added == 1


def test_what_was_said_first_stays_and_is_counted(item, tmp_path):
    one = set_of(item)
    rows = [{"set": one.pk, "slot": 0, "scheme": "map", "value": value} for value in ("a", "b")]
    report = read(item.study, table(tmp_path, *rows))
    assert (report.added, report.duplicate) == (1, 1)
    assert list(labels(one).values()) == ["a"]


def test_a_text_whose_value_cannot_be_told_is_told_from_one_nobody_looked_at(item, tmp_path):
    one = set_of(item)
    rows = [{"set": one.pk, "slot": slot, "scheme": "map", "value": value} for slot, value in enumerate(["-", " "])]
    report = read(item.study, table(tmp_path, *rows))
    assert (report.added, report.blank) == (1, 1)
    assert labels(one) == {text_sha256(text_of(one, 0)): ""}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"set": 999999, "slot": 0}, "no set 999999 with a slot 0"),
        ({"slot": 0}, "a slot needs its set"),
        ({}, "names no text"),
        ({"text": "Nobody wrote this."}, "no set of the study has this text"),
        ({"set": 999999, "text": "Nobody wrote this."}, "set 999999 has no such text"),
        ({"text_sha256": "abc"}, "text_sha256"),
        ({"set": "one", "slot": 0}, "set"),
        ({"text": "x", "valu": "a"}, "valu"),
        ({"text": "x", "scheme": ""}, "has a value without a scheme"),
        (["no object"], "is not a JSON object"),
    ],
)
def test_a_row_that_is_refused_says_why_and_stops_no_other(item, tmp_path, row, reason):
    bad = {"scheme": "map", "value": "a"} | row if isinstance(row, dict) else row
    good = {"set": set_of(item).pk, "slot": 1, "scheme": "map", "value": "a"}
    report = read(item.study, table(tmp_path, bad, good))
    [(number, said)] = report.refused
    assert (number, report.added) == (1, 1)
    assert reason in said


def test_texts_of_another_study_and_of_annotators_are_not_the_researchers_to_label(item, tmp_path):
    other = set_of(ItemFactory())
    own = TurnFactory(task__own=True, task__study=item.study).candidate_set
    rows = [{"set": one.pk, "slot": 0, "scheme": "map", "value": "a"} for one in (other, own)]
    report = read(item.study, table(tmp_path, *rows))
    assert (report.added, len(report.refused)) == (0, 2)


def test_the_command_tells_what_it_read_so_that_a_misspelt_value_shows(item, tmp_path, capsys):
    path = tmp_path / "labels.csv"
    values = ["safety", "safety", "safty", "-"]
    rows = [
        {"set": set_of(item).pk, "slot": slot, "scheme": "map", "value": value} for slot, value in enumerate(values)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    call_command("label_candidates", item.study.slug, path)
    assert capsys.readouterr().out == (
        "Read 4, added 4 labels, duplicate 0, without a value 0, refused 0.\nmap: - 1\nmap: safety 2\nmap: safty 1\n"
    )


def test_the_command_shows_refused_rows_and_fails_where_nothing_is_fit(item, tmp_path, capsys):
    path = table(tmp_path, *[{"text": "?", "scheme": "map", "value": "a"}] * 22)
    with pytest.raises(CommandError, match="No row was fit"):
        call_command("label_candidates", item.study.slug, path)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "Row 1: no set of the study has this text"
    assert told[-1] == "… and 2 more refused rows."


@pytest.mark.parametrize(
    ("slug", "name", "sentence"),
    [
        ("nowhere", "labels.csv", "There is no study nowhere"),
        ("", "nothing.csv", "is not a file"),
        ("", "labels.txt", "is no prompt table"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(item, tmp_path, slug, name, sentence):
    for existing in ("labels.csv", "labels.txt"):
        (tmp_path / existing).write_text("x")
    with pytest.raises(CommandError, match=sentence):
        call_command("label_candidates", slug or item.study.slug, tmp_path / name)
