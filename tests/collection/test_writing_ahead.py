"""The first answers to a study's prompts, written ahead of time: asked for, held back, asked for again, counted."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from collection import study_editing, writing_ahead
from collection.models import Item, Study
from collection.writing_ahead import CannotWrite
from sampling import batches
from sampling.models import Batch, CandidateSet
from sampling.recipe_document import IMPORTED
from tests.factories import CandidateSetFactory, ItemFactory, RecipeFactory, StudyFactory, new_version

NOW = timezone.now()


@pytest.fixture
def study(db):
    return StudyFactory(state=Study.State.DRAFT)


def lacking(study, **fields):
    return ItemFactory(study=study, candidate_set=None, **fields)


def failed(study, reason="unfit", **fields):
    candidate_set = CandidateSetFactory(failed=True, failure=reason, recipe=study.version.first_recipe, **fields)
    return ItemFactory(study=study, candidate_set=candidate_set)


# ---- asked for -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["draft", "open", "paused"])
def test_every_prompt_without_a_set_gets_one(db, state):
    study = StudyFactory(state=state)
    ready, item = ItemFactory(study=study), lacking(study, language="hi")
    assert writing_ahead.ask(study=study, now=NOW) == 1
    item.refresh_from_db()
    asked = item.candidate_set
    assert asked.messages == [{"role": "user", "content": item.prompt.text}]
    assert (asked.status, asked.language, asked.urgent, asked.queued_at) == ("requested", "hi", False, None)
    assert asked.recipe == study.version.first_recipe
    study.refresh_from_db()
    assert asked.batch == study.batch
    ready.refresh_from_db()
    assert ready.candidate_set.status == "ready"


def test_more_prompts_than_a_portion_are_asked_for_once_each(study, monkeypatch):
    monkeypatch.setattr(writing_ahead, "PORTION", 2)
    for _ in range(5):
        lacking(study)
    assert writing_ahead.ask(study=study, now=NOW) == 5
    assert writing_ahead.ask(study=study, now=NOW) == 0
    assert Item.objects.filter(study=study, candidate_set__status="requested").count() == 5
    assert Batch.objects.count() == 1


def test_what_was_asked_for_before_it_was_killed_stays_and_the_rest_follows(study, monkeypatch):
    monkeypatch.setattr(writing_ahead, "PORTION", 2)
    for _ in range(5):
        lacking(study)
    asked = writing_ahead.request_ahead

    def killed_in_the_second_portion(**kwargs):
        if CandidateSet.objects.exists():
            raise SystemExit
        return asked(**kwargs)

    monkeypatch.setattr(writing_ahead, "request_ahead", killed_in_the_second_portion)
    with pytest.raises(SystemExit):
        writing_ahead.ask(study=study, now=NOW)
    monkeypatch.setattr(writing_ahead, "request_ahead", asked)
    assert CandidateSet.objects.count() == 2
    assert writing_ahead.ask(study=study, now=NOW) == 3
    assert CandidateSet.objects.count() == 5


def test_languages_advance_together_and_the_least_answered_come_first(study):
    for language, taken in [("en", 2), ("en", 0), ("en", 1), ("fr", 0), ("fr", 0)]:
        lacking(study, language=language, taken=taken)
    writing_ahead.ask(study=study, now=NOW)
    ranks = Item.objects.order_by("pk").values_list("prompt__language", "candidate_set__rank")
    assert list(ranks) == [("en", 3), ("en", 1), ("en", 2), ("fr", 1), ("fr", 2)]
    first = batches.take_next(now=NOW)[:2]
    assert {one.language for one in first} == {"en", "fr"}


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_ask_once():
    study = StudyFactory(state=Study.State.DRAFT)
    for _ in range(3):
        lacking(study)
    together = threading.Barrier(2)
    asked = []

    def ask():
        together.wait()
        try:
            asked.append(writing_ahead.ask(study=study, now=NOW))
        finally:
            connection.close()

    clicks = [threading.Thread(target=ask) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert sum(asked) == 3
    assert CandidateSet.objects.count() == 3
    assert Batch.objects.count() == 1


def test_nothing_is_written_for_a_closed_study(db):
    study = StudyFactory(state=Study.State.CLOSED)
    lacking(study)
    for act in (writing_ahead.ask, writing_ahead.ask_again):
        with pytest.raises(CannotWrite, match="closed"):
            act(study=study, now=NOW)
    with pytest.raises(CannotWrite, match="closed"):
        writing_ahead.resume(study=study)


def test_where_answers_come_ready_nobody_writes_any(db):
    study = StudyFactory(asks={"recipes": {"first": IMPORTED.canonical()}})
    lacking(study)
    with pytest.raises(CannotWrite, match="loaded with the prompts"):
        writing_ahead.ask(study=study, now=NOW)


# ---- asked for again -------------------------------------------------------------------------------------------------
def test_failures_are_asked_for_again_by_reason(study):
    unfit, slow = failed(study), failed(study, "too-slow")
    ItemFactory(study=study)
    assert writing_ahead.ask_again(study=study, reason="too-slow", now=NOW) == 1
    for item in (unfit, slow):
        item.candidate_set.refresh_from_db()
    assert (unfit.candidate_set.status, slow.candidate_set.status) == ("failed", "requested")
    assert writing_ahead.ask_again(study=study, now=NOW) == 1
    assert writing_ahead.ask_again(study=study, now=NOW) == 0


def test_what_a_former_recipe_failed_at_is_written_by_the_one_in_force(study):
    former = RecipeFactory(document=study.asks.recipes.first.model_copy(update={"tries": 9}).canonical())
    item = ItemFactory(study=study, candidate_set=CandidateSetFactory(failed=True, recipe=former))
    assert writing_ahead.ask_again(study=study, now=NOW) == 1
    before = item.candidate_set
    item.refresh_from_db()
    assert item.candidate_set != before
    assert item.candidate_set.recipe == study.version.first_recipe
    before.refresh_from_db()
    assert before.status == "failed"


def test_what_nobody_has_begun_follows_a_changed_recipe(study):
    item = lacking(study)
    ready = ItemFactory(study=study)
    writing_ahead.ask(study=study, now=NOW)
    former = study.version.first_recipe
    changed = study.asks.canonical()
    changed["recipes"]["first"]["tries"] = 9
    new_version(study, changed)
    writing_ahead.follow_recipe(study=study)
    for one in (item, ready):
        one.refresh_from_db()
    assert item.candidate_set.recipe == study.version.first_recipe != former
    assert ready.candidate_set.recipe == former


def test_changing_the_study_file_brings_its_waiting_sets_along(study, monkeypatch):
    lacking(study)
    writing_ahead.ask(study=study, now=NOW)
    changed = study.asks.model_copy(deep=True)
    recipes = changed.recipes.model_copy(update={"first": changed.recipes.first.model_copy(update={"tries": 9})})
    study_editing._update(study, changed.model_copy(update={"recipes": recipes}), now=NOW)
    assert CandidateSet.objects.get().recipe.says.tries == 9


# ---- held back -------------------------------------------------------------------------------------------------------
def test_pausing_holds_back_what_is_not_begun_and_resuming_lets_it_go_on(study):
    lacking(study)
    writing_ahead.ask(study=study, now=NOW)
    writing_ahead.pause(study=study, now=NOW)
    assert batches.take_next(now=NOW) == []
    assert writing_ahead.progress(study=study, now=NOW).paused
    writing_ahead.resume(study=study)
    assert len(batches.take_next(now=NOW)) == 1


def test_pausing_before_anything_was_asked_for_is_no_error(study):
    writing_ahead.pause(study=study, now=NOW)
    writing_ahead.resume(study=study)
    assert not writing_ahead.progress(study=study, now=NOW).paused


# ---- counted ---------------------------------------------------------------------------------------------------------
def test_prompts_are_counted_by_what_became_of_their_sets(study):
    lacking(study)
    ItemFactory(study=study)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    ItemFactory(study=study, candidate_set=CandidateSetFactory(generating=True))
    failed(study)
    found = writing_ahead.progress(study=study, now=NOW)
    counted = (found.not_asked, found.figures.ready, found.figures.waiting, found.figures.being_written, found.failed)
    assert counted == (1, 1, 1, 1, 1)
    assert found.prompts == 5
    assert found.is_under_way


def test_the_most_frequent_reason_comes_first_with_what_else_is_known(study):
    failed(study, "model-not-loadable", failure_detail="there is no folder /srv/model")
    for detail in ("cut-off", "too-few, language", "too-few, language"):
        failed(study, "unfit", failure_detail=detail)
    unfit, missing = writing_ahead.progress(study=study, now=NOW).failures
    assert (unfit.code, unfit.sets) == ("unfit", 3)
    assert unfit.reason == "The model wrote no complete set of answers that could be shown."
    assert unfit.details == [
        "There are fewer answers than the study wants. An answer is in another language than the task.",
        "An answer is cut off.",
    ]
    assert missing.details == ["there is no folder /srv/model"]


@pytest.mark.parametrize(
    ("state", "paused", "under_way"),
    [("requested", False, True), ("requested", True, False), ("generating", True, True)],
)
def test_while_it_is_paused_only_what_was_begun_goes_on(study, state, paused, under_way):
    study.batch = Batch.objects.create(paused_at=NOW if paused else None)
    study.save()
    ItemFactory(study=study, candidate_set=CandidateSetFactory(batch=study.batch, **{state: True}))
    assert writing_ahead.progress(study=study, now=NOW).is_under_way == under_way


def test_the_time_left_is_said_as_long_as_it_goes_on(study):
    begun = {"claimed_at": NOW - timedelta(minutes=1), "finished_at": NOW}
    for _ in range(2):
        failed(study, **begun)
    for _ in range(5):
        ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    assert writing_ahead.progress(study=study, now=NOW).minutes_left == 3
    study.batch = Batch.objects.create(paused_at=NOW)
    study.save()
    assert writing_ahead.progress(study=study, now=NOW).minutes_left is None


def test_the_number_of_queries_does_not_grow_with_the_study(study, django_assert_num_queries):
    for number in range(6):
        failed(study, f"reason-{number}", failure_detail=f"detail {number}")
        lacking(study)
    with django_assert_num_queries(5):
        writing_ahead.progress(study=study, now=NOW)
