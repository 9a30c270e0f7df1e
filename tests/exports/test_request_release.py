"""Asking for a release numbers it and sends a job."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exports import intake, jobs
from exports.formats import DoesNotFit
from exports.models import Release
from tests.concurrency import at_once
from tests.factories import StudyFactory, UserFactory, new_version


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The releases that jobs were sent for."""
    sent = []
    monkeypatch.setattr(jobs, "queue", lambda *, release_id: sent.append(release_id))
    return sent


def ask(study, **wanted):
    return intake.request_release(study=study, by=None, now=timezone.now(), **wanted)


def test_a_release_is_the_next_version_of_its_study(db):
    study, other = StudyFactory(), StudyFactory()
    assert [ask(study).version, ask(study).version, ask(other).version] == [1, 2, 1]


def test_who_asked_and_what_for_is_kept(db):
    user = UserFactory()
    release = intake.request_release(study=StudyFactory(), by=user, now=timezone.now())
    assert (release.requested_by, release.status) == (user, "requested")
    assert (release.formats, release.beside_parquet) == (["community-alignment", "trl-preference"], ["csv"])


def test_the_job_is_sent_once_the_row_is_there(db, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        release = ask(StudyFactory())
        assert sent == []
    for callback in callbacks:
        callback()
    assert sent == [release.pk]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_is_no_error_of_the_person_who_asks(monkeypatch, caplog):
    def away(*, release_id):
        raise ConnectionError

    monkeypatch.setattr(jobs, "queue", away)
    assert ask(StudyFactory()).pk
    assert Release.objects.get().status == "requested"


@pytest.mark.django_db(transaction=True)
def test_two_people_who_ask_at_once_get_two_numbers():
    study = StudyFactory()
    asked = threading.Event()

    def first():
        with transaction.atomic():
            release = ask(study)
            asked.set()
            # The other one asks now, and must wait until this is committed.
            waits_for_lock()
            return release.version

    def second():
        assert asked.wait(timeout=30)
        return ask(study).version

    assert sorted(at_once(first, second)) == [1, 2]


def waits_for_lock():
    """Wait until some other connection waits for a lock; a little later go on anyway."""
    for _ in range(40):
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("select pg_sleep(0.05)")


@pytest.mark.parametrize(
    ("asks", "reason"),
    [
        ({"turns": {"maximum": 5}}, "too-many-turns"),
        ({"recipes": {"first": {"candidates": 3}}}, "not-four-candidates"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(db, asks, reason):
    with pytest.raises(DoesNotFit) as refusal:
        ask(StudyFactory(asks=asks))
    assert refusal.value.reason == reason
    assert Release.objects.count() == 0


def test_an_earlier_configuration_counts_too(db):
    study = StudyFactory(asks={"turns": {"maximum": 6}})
    new_version(study, {**study.asks.canonical(), "turns": {"minimum": 1, "maximum": 2}})
    with pytest.raises(DoesNotFit):
        ask(study)


def test_an_unknown_format_is_refused(db):
    with pytest.raises(DoesNotFit):
        ask(StudyFactory(), formats=["punch-cards"])
    with pytest.raises(DoesNotFit):
        ask(StudyFactory(), beside_parquet=["xlsx"])
