"""A study's life: opened, paused, resumed, closed."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from collection import studies
from collection.models import Study
from collection.studies import NotPossible
from sampling import batches
from sampling.models import CandidateSet
from sampling.recipe_document import IMPORTED
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory


@pytest.fixture
def draft(db):
    return StudyFactory(state=Study.State.DRAFT)


def test_opening_asks_for_the_sets_that_items_lack(draft):
    ready = ItemFactory(study=draft)
    lacking = ItemFactory(study=draft, candidate_set=None)
    studies.open_study(study=draft, now=timezone.now())
    lacking.refresh_from_db()
    assert lacking.candidate_set.status == CandidateSet.Status.REQUESTED
    assert lacking.candidate_set.messages == [{"role": "user", "content": lacking.prompt.text}]
    assert not lacking.candidate_set.urgent
    assert ready.candidate_set.status == CandidateSet.Status.READY
    draft.refresh_from_db()
    assert draft.state == Study.State.OPEN


def test_opening_again_asks_anew_for_sets_that_failed(draft):
    item = ItemFactory(study=draft, candidate_set=CandidateSetFactory(failed=True))
    studies.open_study(study=draft, now=timezone.now())
    item.candidate_set.refresh_from_db()
    assert item.candidate_set.status == CandidateSet.Status.REQUESTED


def test_opening_asks_nobody_where_sets_come_ready(db):
    study = StudyFactory(state=Study.State.DRAFT, asks={"recipes": {"first": IMPORTED.canonical()}})
    ItemFactory(study=study, candidate_set=None)
    studies.open_study(study=study, now=timezone.now())
    assert not CandidateSet.objects.exists()


def test_after_closing_nothing_is_begun_any_more(draft):
    ItemFactory(study=draft, candidate_set=None)
    studies.open_study(study=draft, now=timezone.now())
    studies.close(study=draft, now=timezone.now())
    assert batches.take_next(now=timezone.now()) == []


def test_a_study_without_anything_to_ask_stays_a_draft(draft):
    with pytest.raises(NotPossible, match="Load prompts first"):
        studies.open_study(study=draft, now=timezone.now())


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (Study.State.DRAFT, {"open"}),
        (Study.State.OPEN, {"pause", "close"}),
        (Study.State.PAUSED, {"open", "close"}),
        (Study.State.CLOSED, set()),
    ],
)
def test_only_some_steps_lead_on_from_a_state(db, state, possible):
    for step, action in {
        "open": lambda study: studies.open_study(study=study, now=timezone.now()),
        "pause": lambda study: studies.pause(study=study),
        "close": lambda study: studies.close(study=study, now=timezone.now()),
    }.items():
        study = StudyFactory(state=state)
        ItemFactory(study=study)
        if step in possible:
            action(study)
        else:
            with pytest.raises(NotPossible):
                action(study)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_ask_for_one_set():
    study = StudyFactory(state=Study.State.DRAFT)
    ItemFactory(study=study, candidate_set=None)
    together = threading.Barrier(2)

    def click():
        together.wait()
        try:
            studies.open_study(study=study, now=timezone.now())
        except NotPossible:
            pass
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert CandidateSet.objects.filter(status=CandidateSet.Status.REQUESTED).count() == 1
