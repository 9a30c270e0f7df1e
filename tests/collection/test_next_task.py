"""An annotator presses "next"."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from annotators import enrolment
from collection import assignment, places
from collection.models import Item, Overlap, Task, Turn
from collection.orders import balanced_order
from sampling.models import CandidateSet
from tests import audit
from tests.concurrency import Meeting, at_once
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    RecipeFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)


def next_task(annotator, **kwargs):
    return assignment.next_task(annotator=annotator, now=timezone.now(), **kwargs)


def person(study, **kwargs):
    return AnnotatorFactory(panel=study.panel, **kwargs)


@pytest.mark.django_db
def test_an_item_comes_with_its_prompt_and_its_set_as_the_first_turn():
    item = ItemFactory()

    task = next_task(person(item.study))

    turn = task.current_turn
    assert (task.item, task.study, task.version) == (item, item.study, item.study.version)
    assert (turn.number, turn.follows, turn.message) == (1, "start", item.prompt.text)
    assert turn.candidate_set == item.candidate_set
    assert turn.order == balanced_order(k=4, seed=item.order_seed, index=0)
    assert (turn.order_seed, turn.order_index) == (item.order_seed, 0)


@pytest.mark.django_db
def test_pressing_again_returns_to_the_open_task():
    item = ItemFactory()
    ItemFactory(study=item.study)
    annotator = person(item.study)

    assert next_task(annotator) == next_task(annotator)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_gets_the_same_task(monkeypatch):
    study = StudyFactory()
    for _ in range(3):
        ItemFactory(study=study)
    annotator = person(study)
    Meeting(monkeypatch).before(assignment, "_assigned")

    tasks = at_once(lambda: next_task(annotator), lambda: next_task(annotator))

    assert tasks[0] == tasks[1]
    assert Task.objects.count() == 1
    assert audit.faults() == []


@pytest.mark.django_db
def test_nobody_gets_an_item_twice():
    study = StudyFactory()
    annotator = person(study)
    for _ in range(3):
        ItemFactory(study=study)
    for _ in range(3):
        finish(next_task(annotator))

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(annotator)
    assert len({task.item_id for task in annotator.tasks.all()}) == 3


@pytest.mark.django_db
def test_who_has_seen_a_prompt_has_seen_its_translations():
    study = StudyFactory()
    seen = ItemFactory(study=study, group="rain", language="fr")
    ItemFactory(study=study, group="rain")
    other = ItemFactory(study=study, group="sun")
    annotator = person(study)
    TaskFactory(item=seen, annotator=annotator, state="completed")

    assert next_task(annotator).item == other


@pytest.mark.django_db
def test_who_has_seen_a_text_in_one_study_does_not_get_it_in_another():
    seen = ItemFactory()
    twin = ItemFactory(study=StudyFactory(panel=seen.study.panel), prompt__text=seen.prompt.text)
    annotator = person(seen.study)
    finish(TaskFactory(item=seen, annotator=annotator))

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(annotator)
    assert next_task(person(twin.study)).item in {seen, twin}


@pytest.mark.django_db
def test_groups_are_named_study_by_study():
    seen = ItemFactory(group="1")
    other = ItemFactory(study=StudyFactory(panel=seen.study.panel), group="1")
    annotator = person(seen.study)
    finish(TaskFactory(item=seen, annotator=annotator))

    assert next_task(annotator).item == other


@pytest.mark.django_db
def test_skipped_and_expired_prompts_do_not_come_back():
    study = StudyFactory()
    annotator = person(study)
    for state in ["abandoned", "expired"]:
        TaskFactory(study=study, annotator=annotator, state=state)

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(annotator)


@pytest.mark.django_db
def test_the_least_filled_items_come_first():
    study = StudyFactory()
    ItemFactory(study=study, taken=2)
    least = {ItemFactory(study=study, taken=1).pk for _ in range(3)}

    assert next_task(person(study)).item_id in least


@pytest.mark.django_db
def test_among_the_least_filled_chance_decides_and_its_probability_is_kept():
    study = StudyFactory()
    items = [ItemFactory(study=study, wanted=200) for _ in range(4)]
    drawn = []
    for _ in range(60):
        task = next_task(person(study))
        drawn.append(task.item)
        assert task.draw_probability == 1 / 4
        # The next person finds all four at one level again.
        Overlap.objects.update(taken=0)

    assert {item: drawn.count(item) >= 4 for item in items} == dict.fromkeys(items, True)
    assert Task.objects.values("draw_seed").distinct().count() == 60


@pytest.mark.django_db
def test_items_come_in_the_language_of_the_annotator():
    study = StudyFactory()
    ItemFactory(study=study, language="en")
    hindi = ItemFactory(study=study, language="hi")

    assert next_task(person(study, language="hi")).item == hindi
    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(study, language="it"))


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["requested", "generating", "failed"])
def test_an_item_without_a_ready_set_waits(status):
    item = ItemFactory(candidate_set=CandidateSetFactory(**{status: True}))
    ItemFactory(study=item.study, candidate_set=None)

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study))


@pytest.mark.django_db
def test_a_reported_item_is_not_assigned():
    item = ItemFactory(frozen_at=timezone.now())

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study))


@pytest.mark.django_db
def test_an_item_reported_between_draw_and_assignment_is_not_assigned(monkeypatch):
    item = ItemFactory()
    draw = assignment.draw

    def draw_and_hesitate(eligible, rng):
        drawn = draw(eligible, rng=rng)
        Item.objects.update(frozen_at=timezone.now())
        places.withhold(item)
        return drawn

    monkeypatch.setattr(assignment, "draw", draw_and_hesitate)

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study))
    assert Overlap.objects.get().taken == 0
    assert audit.faults() == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_only_an_open_study_gives_tasks(state):
    item = ItemFactory(study=StudyFactory(state=state))

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study))


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["paused", "closed"])
def test_whoever_is_in_a_task_may_finish_it(state):
    task = TaskFactory()
    type(task.study).objects.update(state=state)

    assert next_task(task.annotator) == task


@pytest.mark.django_db
def test_another_panels_study_gives_nothing():
    ItemFactory()

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(AnnotatorFactory())


@pytest.mark.django_db
def test_consent_and_questions_come_first():
    item = ItemFactory()

    for annotator, needs in [
        (person(item.study, consented=False), "consent"),
        (person(item.study, answers={}), "survey"),
    ]:
        with pytest.raises(assignment.NotAdmitted) as caught:
            next_task(annotator)
        assert caught.value.needs == needs


@pytest.mark.django_db
def test_who_has_withdrawn_gets_nothing():
    item = ItemFactory()
    annotator = person(item.study)
    enrolment.withdraw(annotator=annotator, now=timezone.now())

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(annotator)


@pytest.mark.django_db
def test_one_person_gets_as_many_tasks_as_the_study_says():
    study = StudyFactory(asks={"tasks_per_annotator": 2})
    for _ in range(4):
        ItemFactory(study=study)
    annotator = person(study)
    finish(next_task(annotator))
    assert assignment.progress(annotator) == assignment.Progress(done=1, of=2)
    finish(next_task(annotator))

    with pytest.raises(assignment.NoTaskAvailable):
        next_task(annotator)
    assert assignment.progress(annotator) == assignment.Progress(done=2, of=2)


@pytest.mark.django_db
def test_skipped_tasks_count_towards_nothing_and_expired_ones_if_work_is_in_them():
    study = StudyFactory(asks={"tasks_per_annotator": 3})
    annotator = person(study)
    TaskFactory(study=study, annotator=annotator, state="abandoned")
    TaskFactory(study=study, annotator=annotator, state="expired")
    ComparisonFactory(turn__task=TaskFactory(study=study, annotator=annotator, state="expired"))

    assert assignment.progress(annotator) == assignment.Progress(done=1, of=3)


@pytest.mark.django_db
def test_a_prompt_of_ones_own_waits_for_its_first_message():
    study = StudyFactory(asks={"prompts": {"own_share": 1}})
    ItemFactory(study=study)

    task = next_task(person(study))

    assert (task.item, task.overlap, task.current_turn) == (None, None, None)
    assert task.draw_probability == 1


@pytest.mark.django_db
def test_own_and_given_prompts_are_mixed_as_the_study_says():
    study = StudyFactory(asks={"prompts": {"own_share": 0.5}})
    items = [ItemFactory(study=study, wanted=100) for _ in range(4)]

    tasks = [next_task(person(study)) for _ in range(40)]

    own = [task for task in tasks if task.item is None]
    assert 8 <= len(own) <= 32
    assert {task.draw_probability for task in own} == {0.5}
    assert {task.draw_probability for task in tasks if task.item} <= {0.5 / n for n in range(1, len(items) + 1)}


@pytest.mark.django_db
def test_when_the_items_are_used_up_ones_own_words_remain():
    study = StudyFactory(asks={"prompts": {"own_share": 0.001}})

    task = next_task(person(study))

    assert task.item is None
    assert task.draw_probability == 1


@pytest.mark.django_db
def test_nobody_writes_a_prompt_that_no_recipe_can_answer():
    imported = RecipeFactory(imported=True).document
    study = StudyFactory(
        asks={"prompts": {"own_share": 1}, "turns": {"maximum": 1}, "recipes": {"first": imported, "later": None}}
    )
    item = ItemFactory(study=study)

    assert next_task(person(study)).item == item


@pytest.mark.django_db
def test_a_lease_begins():
    item = ItemFactory(study=StudyFactory(asks={"lease_minutes": 30}))
    now = timezone.now()

    task = assignment.next_task(annotator=person(item.study), now=now)

    assert task.lease_until == now + timedelta(minutes=30)


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_nothing(monkeypatch):
    item = ItemFactory()
    annotator = person(item.study)

    def killed(**kwargs):
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(Turn.objects, "create", killed)
        (result,) = at_once(lambda: next_task(annotator))

    assert isinstance(result, OperationalError)
    assert not Task.objects.exists()
    assert Overlap.objects.get().taken == 0
    assert next_task(annotator).item == item
    assert audit.faults() == []


@pytest.mark.django_db
def test_it_asks_the_database_a_bounded_number_of_times(django_assert_num_queries):
    study = StudyFactory()
    for _ in range(30):
        ItemFactory(study=study)
    annotator = person(study)
    for _ in range(5):
        finish(next_task(annotator))

    with django_assert_num_queries(14):
        next_task(annotator)
    with django_assert_num_queries(4):
        next_task(annotator)


def finish(task):
    turn = task.current_turn or TurnFactory(task=task)
    assert turn.candidate_set.status == CandidateSet.Status.READY
    ComparisonFactory(turn=turn)
    task.state = Task.State.COMPLETED
    task.save()
