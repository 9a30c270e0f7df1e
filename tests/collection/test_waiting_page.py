"""While candidates are written, and when they could not be."""

import pytest
from django.urls import reverse
from django.utils import timezone

from collection.models import Task, Turn
from sampling.models import CandidateSet
from tests.factories import CandidateSetFactory, ComparisonFactory, TaskFactory, TurnFactory, make_ready
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def waiting_turn(**state):
    task = TaskFactory()
    ComparisonFactory(turn=TurnFactory(task=task))
    return TurnFactory(task=task, candidate_set=CandidateSetFactory(urgent=True, **state))


@pytest.fixture
def turn():
    return waiting_turn(requested=True)


@pytest.fixture
def client(turn):
    return client_of(turn.task.annotator)


def progress(client, turn, headers=HTMX):
    return client.get(reverse("turn_progress", args=[turn.pk]), headers=headers)


def test_the_page_says_how_many_come_first_and_how_long_it_takes(turn, client):
    long_ago = timezone.now() - timezone.timedelta(minutes=3)
    CandidateSetFactory(requested=True, urgent=True, requested_at=long_ago)
    CandidateSetFactory(urgent=True, requested_at=long_ago, finished_at=long_ago + timezone.timedelta(seconds=24))
    page = progress(client, turn).content.decode()
    assert "written soon" in page
    assert "1 other conversation comes first." in page
    assert "about 24 seconds" in page


def test_once_a_worker_has_it_the_page_says_so(turn, client):
    generating = CandidateSetFactory(generating=True)
    turn.candidate_set = generating
    turn.save()
    assert "are being written" in progress(client, turn).content.decode()


def test_nothing_is_shown_in_part_and_all_at_once(turn, client):
    assert progress(client, turn).content.decode().count("candidate") == 0
    make_ready(turn.candidate_set)
    response = progress(client, turn)
    assert response["HX-Retarget"] == "#task"
    assert response.content.decode().count('class="candidate"') == 4
    turn.refresh_from_db()
    assert turn.shown_at is not None


def test_without_scripts_the_page_looks_again_by_itself(turn, client):
    page = client.get(reverse("task", args=[turn.task_id])).content.decode()
    assert '<meta http-equiv="refresh"' in page
    assert progress(client, turn, headers={}).url == reverse("task", args=[turn.task_id])


def test_a_failed_set_is_asked_for_once_more_by_itself():
    turn = waiting_turn(failed=True)
    client = client_of(turn.task.annotator)
    assert "this is another one" in client.get(reverse("task", args=[turn.task_id])).content.decode()
    turn.refresh_from_db()
    assert (turn.asked_again, turn.candidate_set.status) == (1, "requested")


def test_a_set_that_failed_again_offers_another_try_and_another_conversation():
    turn = waiting_turn(failed=True)
    Turn.objects.filter(pk=turn.pk).update(asked_again=1)
    client = client_of(turn.task.annotator)
    page = client.get(reverse("task", args=[turn.task_id])).content.decode()
    assert reverse("retry_turn", args=[turn.pk]) in page
    assert reverse("skip_task", args=[turn.task_id]) in page
    client.post(reverse("retry_turn", args=[turn.pk]))
    assert CandidateSet.objects.get(pk=turn.candidate_set_id).status == "requested"


def test_after_a_failure_the_task_is_left_without_ado():
    turn = waiting_turn(failed=True)
    response = client_of(turn.task.annotator).post(reverse("skip_task", args=[turn.task_id]), {"reason": "failed"})
    assert response.url == reverse("tasks")
    assert Task.objects.get(pk=turn.task_id).left_because == "failed"
