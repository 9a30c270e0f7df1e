"""What is no regular task is published as what it is, or not at all."""

import pytest
from django.utils import timezone

from collection.models import Task
from exports.formats import long_tables
from exports.formats.table import Tally
from exports.manifest import _excluded
from exports.numbering import number_new
from exports.scope import scope_of
from tests.factories import ComparisonFactory, TaskFactory, TurnFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    over = {"state": "completed", "finished_at": timezone.now()}
    regular = compared(TaskFactory(**over)).task
    beside = {"annotator": regular.annotator, "study": regular.study, "overlap": None, **over}
    compared(TaskFactory(item=regular.item, kind="repeat", repeat_of=regular, **beside))
    for kind in ("attention", "practice"):
        compared(TaskFactory(kind=kind, **beside))
    TurnFactory(task=TaskFactory(study=regular.study, state="held"))
    return regular.study


def compared(task):
    return ComparisonFactory(turn=TurnFactory(task=task)).turn


def scope(study):
    now = timezone.now()
    number_new(study=study, snapshot_at=now)
    return scope_of(study=study, snapshot_at=now)


def test_repeats_and_attention_checks_stand_in_the_long_table_alone(study):
    found = scope(study)
    names = list(long_tables.records.Turn.__dataclass_fields__)
    turns = [dict(zip(names, row, strict=True)) for row in long_tables.turns(found, Tally())]
    assert sorted(turn["kind"] for turn in turns) == ["attention", "regular", "repeat"]
    by_kind = {turn["kind"]: turn for turn in turns}
    assert by_kind["repeat"]["repeat_of"] == by_kind["regular"]["conversation_id"]
    assert found.accepted().count() == 1


def test_practice_is_no_data_and_counted(study):
    excluded = _excluded(scope(study))
    assert excluded["practice conversations"] == 1
    assert excluded["attention checks and repeats (in the long tables only)"] == 2


def test_a_held_task_can_be_let_go_after_a_release(study):
    scope(study)
    Task.objects.held().get().delete()
    assert not Task.objects.held().exists()
