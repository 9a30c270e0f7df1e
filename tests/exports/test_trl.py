"""Pairs and labelled candidates, as TRL takes them."""

import pytest

from annotators.models import Consent
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ComparisonFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

FORMATS = ["trl-preference", "trl-unpaired"]


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


@pytest.fixture
def item(study):
    return ItemFactory(study=study, candidate_set=CandidateSetFactory(canonical_order=[3, 1, 0, 2]))


def texts_of(turn):
    return [candidate.text for candidate in turn.candidate_set.candidates.order_by("slot")]


def said(text):
    return {"role": "user", "content": text}


def answered(text):
    return {"role": "assistant", "content": text}


def test_a_choice_gives_a_pair_with_each_of_the_others(study, item, tmp_path):
    task = talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[1])
    write(study, tmp_path / "out", formats=FORMATS)
    lines, texts = rows(tmp_path / "out", "trl-preference"), texts_of(task.turns.get())
    assert [line["rejected"] for line in lines] == [[answered(texts[slot])] for slot in (3, 0, 2)]
    assert [line["rejected_response"] for line in lines] == ["a", "c", "d"]
    for line in lines:
        assert line["prompt"] == [said(item.prompt.text)]
        assert line["chosen"] == [answered(texts[1])]
        assert line["chosen_response"] == "b"
        assert line["comparison_id"] == f"{task.published.get().number}-1"
        assert line["item_id"] == item.candidate_set.published.get().number


def test_the_prompt_holds_the_choices_before_and_leaves_out_what_nobody_chose(study, item, tmp_path):
    task = talk(
        study=study,
        annotator=AnnotatorFactory(panel=study.panel),
        item=item,
        choices=[2, "none", 0],
        messages=["", "And now?", "In other words: and now?"],
    )
    first, _, third = task.turns.order_by("number")
    write(study, tmp_path / "out", formats=FORMATS)
    lines = rows(tmp_path / "out", "trl-preference")
    assert {line["comparison_id"][-1] for line in lines} == {"1", "3"}
    for line in lines[3:]:
        assert line["prompt"] == [said(first.message), answered(texts_of(first)[2]), said("In other words: and now?")]
        assert line["chosen"] == [answered(texts_of(third)[0])]
        assert line["item_id"] is None


def test_none_of_these_labels_every_candidate_false_and_gives_no_pair(study, item, tmp_path):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=["none", 3])
    write(study, tmp_path / "out", formats=FORMATS)
    labels = [(line["turn"], line["label"]) for line in rows(tmp_path / "out", "trl-unpaired")]
    assert labels[:4] == [(1, False)] * 4
    assert sorted(labels[4:]) == [(2, False)] * 3 + [(2, True)]
    assert {line["turn"] for line in rows(tmp_path / "out", "trl-preference")} == {2}


def test_who_does_not_agree_to_training_is_not_trained_on(study, item, tmp_path):
    people = AnnotatorFactory.create_batch(2, panel=study.panel)
    for person in people:
        talk(study=study, annotator=person, item=item)
    Consent.objects.filter(annotator=people[0]).update(training=False)
    write(study, tmp_path / "out", formats=FORMATS)
    for table in FORMATS:
        assert {line["annotator_id"] for line in rows(tmp_path / "out", table)} == {people[1].published.get().number}
    assert len(rows(tmp_path / "out", "conversations")) == 2


def test_surplus_work_and_checks_give_no_pairs(study, item, tmp_path):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, surplus=True)
    write(study, tmp_path / "out", formats=FORMATS)
    assert rows(tmp_path / "out", "trl-preference") == rows(tmp_path / "out", "trl-unpaired") == []


def test_any_number_of_candidates_and_turns_fits(tmp_path):
    study = StudyFactory(asks={"turns": {"maximum": 9}, "recipes": {"first": {"candidates": 3}}})
    item = ItemFactory(study=study, candidate_set=CandidateSetFactory(k=3))
    task = talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[None])
    turn = task.turns.get()
    turn.order = [2, 0, 1]
    turn.save()
    ComparisonFactory(turn=turn, slot=2)
    manifest = write(study, tmp_path / "out", formats=["trl-preference", "votes", "arena", "prism"])
    lines = [manifest["rows"][table] for table in ("trl-preference", "arena", "conversations")]
    assert lines == [2, 2, 1]
    assert rows(tmp_path / "out", "items")[0]["votes"] == [0, 0, 1]
