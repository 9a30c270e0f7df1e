"""A snapshot holds what was begun before it, nothing that came later, and is read as one."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from collection.models import Comparison, Task
from exports import snapshot
from tests.concurrency import at_once
from tests.exports.conversations import talk
from tests.factories import AnnotatorFactory, ComparisonFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn():
    """A turn that waits for its comparison."""
    study = StudyFactory()
    return talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[None], state="open").turns.get()


def test_a_transaction_that_began_before_the_snapshot_is_waited_for(turn):
    written, settled = threading.Event(), threading.Event()

    def annotator():
        with transaction.atomic():
            ComparisonFactory(turn=turn)
            written.set()
            assert not settled.wait(timeout=0.5)
        return "saved"

    def release():
        assert written.wait(timeout=30)
        snapshot.settle(snapshot_at=timezone.now())
        settled.set()
        with snapshot.reading():
            return Comparison.objects.count()

    assert at_once(annotator, release) == ["saved", 1]


def test_one_that_never_ends_is_given_up_on(turn, monkeypatch):
    monkeypatch.setattr(snapshot, "PATIENCE", timedelta(seconds=0.2))
    written, given_up = threading.Event(), threading.Event()

    def somebody():
        with transaction.atomic():
            ComparisonFactory(turn=turn)
            written.set()
            assert given_up.wait(timeout=30)

    def release():
        assert written.wait(timeout=30)
        try:
            snapshot.settle(snapshot_at=timezone.now())
        finally:
            given_up.set()

    _, refusal = at_once(somebody, release)
    assert isinstance(refusal, snapshot.StillWriting)


def test_who_only_reads_is_not_waited_for(turn):
    reading, settled = threading.Event(), threading.Event()

    def another_release():
        with snapshot.reading():
            Task.objects.count()
            reading.set()
            assert settled.wait(timeout=30)

    def release():
        assert reading.wait(timeout=30)
        snapshot.settle(snapshot_at=timezone.now())
        settled.set()

    assert at_once(another_release, release) == [None, None]


def test_all_of_it_is_read_as_it_was_at_the_beginning(turn):
    def annotator():
        return ComparisonFactory(turn=turn).pk

    with snapshot.reading():
        before = Comparison.objects.count()
        assert all(isinstance(made, int) for made in at_once(annotator))
        assert Comparison.objects.count() == before == 0
    assert Comparison.objects.count() == 1


def test_nothing_can_be_written_meanwhile(turn):
    with snapshot.reading(), connection.cursor() as cursor:
        cursor.execute("show transaction_read_only")
        assert cursor.fetchone() == ("on",)
