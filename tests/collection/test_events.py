"""Pages that wait are told how far their answers are, by a real web server: to whom, for how long, at what cost."""

import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.db import connection
from django.urls import reverse

from collection import following
from sampling.models import CandidateSet
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    TaskFactory,
    TurnFactory,
    make_ready,
)
from tests.serving import served
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db(transaction=True)

IDLE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture(autouse=True)
def _looking_often(monkeypatch):
    monkeypatch.setattr(following, "LOOK_EVERY_SECONDS", 0.05)


@pytest.fixture
def site():
    with served() as address:
        yield address


def waiting_turn(**state):
    task = TaskFactory()
    ComparisonFactory(turn=TurnFactory(task=task))
    return TurnFactory(task=task, candidate_set=CandidateSetFactory(urgent=True, **(state or {"requested": True})))


@contextmanager
def stream(site, turn, annotator=None, language="en"):
    """Open the stream of a turn in a person's browser."""
    cookie = f"sessionid={client_of(annotator or turn.task.annotator).session.session_key}; django_language={language}"
    request = urllib.request.Request(site + reverse("turn_events", args=[turn.pk]), headers={"Cookie": cookie})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        yield answer


def refusal(site, turn, annotator=None):
    try:
        with stream(site, turn, annotator) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def events(answer):
    """Yield the events of a stream: name and data."""
    name, data = "", []
    for line in answer:
        field, _colon, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not field and name:
            yield name, " ".join(data)
            name, data = "", []


# ---- what is told ----------------------------------------------------------------------------------------------------
def test_a_page_is_told_its_place_then_that_it_is_its_turn_then_the_end(site):
    before = CandidateSetFactory(requested=True, urgent=True)
    turn = waiting_turn()
    with stream(site, turn) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        told = events(answer)
        assert "1 other conversation comes first." in next(told)[1]
        make_ready(before)
        _name, words = next(told)
        assert "written soon" in words
        assert "comes first" not in words
        begin(turn.candidate_set)
        assert "are being written" in next(told)[1]
        make_ready(turn.candidate_set)
        assert next(told) == ("over", "ready")
        assert list(told) == []


def begin(candidate_set):
    generating = CandidateSetFactory(generating=True)
    CandidateSet.objects.filter(pk=candidate_set.pk).update(
        status="generating", token=generating.token, lease_until=generating.lease_until
    )


def test_it_is_told_in_the_language_of_the_page(site):
    with stream(site, waiting_turn(), language="fr") as answer:
        assert "Les réponses" in next(events(answer))[1]


def test_a_set_that_failed_ends_the_stream_as_well(site):
    turn = waiting_turn()
    with stream(site, turn) as answer:
        told = events(answer)
        next(told)
        CandidateSet.objects.filter(pk=turn.candidate_set_id).update(status="failed", failure="no-fit-set")
        assert next(told) == ("over", "failed")


def test_where_nothing_is_waited_for_nothing_is_told(site):
    turn = waiting_turn()
    make_ready(turn.candidate_set)
    assert refusal(site, turn) == 204


# ---- to whom ---------------------------------------------------------------------------------------------------------
def test_nobody_else_is_told(site):
    turn = waiting_turn()
    assert refusal(site, turn, AnnotatorFactory(panel=turn.task.annotator.panel)) == 404
    turn.task.annotator.standing = "withdrawn"
    turn.task.annotator.save()
    assert refusal(site, turn) == 404


def test_a_server_that_would_keep_a_thread_for_it_refuses(client):
    turn = waiting_turn()
    assert client_of(turn.task.annotator).get(reverse("turn_events", args=[turn.pk])).status_code == 503


# ---- at what cost ----------------------------------------------------------------------------------------------------
def test_streams_hold_no_connections_and_no_threads_and_are_bounded(site, monkeypatch):
    monkeypatch.setattr(following, "MOST", 12)
    monkeypatch.setattr(following, "MOST_EACH", 5)
    turns = [waiting_turn() for _each in range(3)]
    open_ones = [stream(site, turn) for turn in turns for _tab in range(4)]
    with many(open_ones) as answers:
        for answer in answers:
            next(events(answer))
        assert following.LOOKOUT.followers == 12
        assert refusal(site, turns[0]) == 503
        # The server's own, the shared one, and the one that looks for all.
        assert len([one for one in threading.enumerate() if one.name.startswith(("asyncio", "ThreadPool"))]) <= 3
        assert most_connections() <= 2
    wait_until(lambda: following.LOOKOUT.followers == 0)


def test_one_person_has_a_few_streams_at_most(site, monkeypatch):
    monkeypatch.setattr(following, "MOST_EACH", 1)
    turn, other = waiting_turn(), waiting_turn()
    with stream(site, turn) as answer:
        next(events(answer))
        assert refusal(site, turn) == 503
        with stream(site, other) as another:
            assert next(events(another))


def test_a_stream_ends_by_itself(site, monkeypatch):
    monkeypatch.setattr(following, "LONGEST_SECONDS", 0.2)
    with stream(site, waiting_turn()) as answer:
        assert [name for name, _words in events(answer)] == ["progress"]
    assert following.LOOKOUT.followers == 0


def test_a_page_that_goes_away_is_followed_no_more(site):
    with stream(site, waiting_turn()) as answer:
        next(events(answer))
        assert following.LOOKOUT.followers == 1
    wait_until(lambda: following.LOOKOUT.followers == 0)


@contextmanager
def many(contexts):
    opened = [context.__enter__() for context in contexts]
    try:
        yield opened
    finally:
        for context in contexts:
            context.__exit__(None, None, None)


def most_connections():
    """Return the most connections that the server had to the database within some looks."""
    most = 0
    for _look in range(20):
        with connection.cursor() as cursor:
            cursor.execute(IDLE)
            most = max(most, cursor.fetchone()[0])
        time.sleep(0.01)
    return most


def wait_until(it_is_so):
    until = time.monotonic() + 5
    while not it_is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
