"""The next release of a line writes what is new, keeps the rest, and says what changed; a new line has new numbers."""

import os

import numpy as np
import pytest
from django.utils import timezone

from annotators import enrolment
from collection import withdrawal
from exports import building, changes, intake, jobs, parts
from exports.models import Release
from tests.exports.conversations import lines, talk
from tests.factories import AnnotatorFactory, ComparisonFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"conversations": 2, "sets": 2, "people": 3}


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(parts, "NUMBERS_PER_PART", SMALL)


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


def grow(study, people=4, item=None):
    return [talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item) for _ in range(people)]


def released(study, **wanted):
    made = intake.request_release(study=study, by=None, now=timezone.now(), formats=["long-tables"], **wanted)
    building.build(release_id=made.pk)
    made.refresh_from_db()
    assert made.status == Release.Status.DONE, made.failure_detail
    return made


def written(release):
    """Return the shards that were written for it, by table: a list of their numbers."""
    found = {}
    for shard in release.shards.filter(carried=False).order_by("table", "number"):
        found.setdefault(shard.table, []).append(shard.number)
    return found


def numbers(release, table="conversations"):
    return [line["conversation_id"] for line in lines(release.folder, table)]


def test_a_growing_study_writes_only_new_shards_and_keeps_its_numbers(study):
    grow(study)
    first = released(study)
    grow(study, 3)
    second = released(study)
    assert [first.label, second.label] == ["1.0", "1.1"]
    new = written(second)
    assert (new["conversations"], new["turns"], new["candidates"]) == ([2, 3], [2, 3], [2, 3])
    assert numbers(first) == [1, 2, 3, 4]
    assert numbers(second) == [1, 2, 3, 4, 5, 6, 7]
    before, after = lines(first.folder, "turns"), lines(second.folder, "turns")
    assert after[: len(before)] == before
    shas = {file["name"]: file["sha256"] for file in first.files}
    same = [file for file in second.files if shas.get(file["name"]) == file["sha256"]]
    assert {"data/turns-00000.parquet", "data/conversations-00001.parquet"} <= {file["name"] for file in same}
    assert os.path.samefile(first.folder / "data/turns-00000.parquet", second.folder / "data/turns-00000.parquet")


def test_a_shared_set_that_somebody_new_sees_is_not_written_again(study):
    item = ItemFactory(study=study, wanted=50)
    grow(study, 2, item=item)
    released(study)
    grow(study, 2, item=item)
    second = released(study)
    assert "candidates" not in written(second)
    assert [item["people"] for item in lines(second.folder, "items")] == [4]


def test_a_conversation_that_went_on_is_written_again_and_listed(study):
    grow(study)
    waiting = talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1, None], state="open")
    first = released(study)
    number = waiting.published.get().number
    ComparisonFactory(turn=waiting.turns.get(number=2))
    second = released(study)
    assert written(second)["turns"] == [(number - 1) // 2]
    listed = second.manifest["changes"]
    assert listed["conversations"] == {"added": [], "changed": [[number, number]], "withdrawn": []}
    assert (listed["release"], first.manifest["changes"]) == ("1.0", None)


def test_what_was_added_and_withdrawn_is_listed_and_counted(study):
    leaving, *_staying = grow(study)
    released(study)
    gone = leaving.published.get().number
    withdrawal.withdraw(annotator=leaving.annotator, now=timezone.now())
    added = grow(study, 1)[0]
    second = released(study)
    new = added.published.get().number
    assert second.manifest["changes"]["conversations"] == {
        "added": [[new, new]],
        "changed": [],
        "withdrawn": [[gone, gone]],
    }
    assert second.manifest["changes"]["annotators"]["withdrawn"] == [[leaving.annotator.published.get().number] * 2]
    assert (gone in numbers(second), new) == (False, 5)


def test_after_a_withdrawal_every_shard_with_the_person_is_written_again_and_no_other(study):
    leaving, *staying = grow(study)
    first = released(study)
    number = leaving.published.get().number
    enrolment.withdraw(annotator=leaving.annotator, now=timezone.now())
    jobs.sweep()
    assert first.is_withheld
    of_theirs = f"data/turns-{(number - 1) // 2:05d}.parquet"
    of_others = f"data/turns-{1 - (number - 1) // 2:05d}.parquet"
    assert [(first.folder / name).exists() for name in (of_theirs, of_others, "MANIFEST.json")] == [False, True, False]
    assert not (first.folder / "data/annotators-00000.parquet").exists()
    second = released(study)
    assert written(second)["turns"] == [(number - 1) // 2]
    assert sorted(numbers(second)) == sorted(task.published.get().number for task in staying)
    jobs.sweep()
    assert not first.folder.exists()
    assert (second.folder / of_others).exists()


def test_a_new_line_has_fresh_numbers_and_takes_nothing_over(study):
    people = [task.annotator for task in grow(study, 8)]
    first = released(study)
    other = released(study, new_line=True)
    assert (other.label, other.rows_carried) == ("2.0", 0)
    assert other.manifest["rows"] == first.manifest["rows"]
    by_line = [[person.published.get(line=line).number for person in people] for line in (1, 2)]
    assert sorted(by_line[0]) == sorted(by_line[1]) == list(range(1, 9))
    # One in eight factorial that chance gives everybody the same number twice.
    assert by_line[0] != by_line[1]
    third = released(study)
    assert (third.label, numbers(third)) == ("2.1", numbers(other))


@pytest.mark.parametrize(
    ("numbers", "spans"), [([], []), ([3], [[3, 3]]), ([1, 2, 3, 7, 9, 10], [[1, 3], [7, 7], [9, 10]])]
)
def test_numbers_are_told_as_spans(numbers, spans):
    assert changes.spans_of(np.array(numbers, int)) == spans


def test_other_options_or_an_older_program_take_nothing_over(study):
    grow(study)
    first = released(study)
    assert released(study, beside_parquet=["jsonl"]).rows_carried == 0
    first.refresh_from_db()
    Release.objects.filter(version=2).update(manifest={**first.manifest, "schema_version": "0"})
    assert released(study, beside_parquet=["jsonl"]).rows_carried == 0
