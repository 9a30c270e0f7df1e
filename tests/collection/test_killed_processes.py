"""Processes in which people work are killed at any moment: what was told to be saved is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from collection import assignment
from collection.models import Comparison
from tests import audit
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory
from tests.sampling.workers import Workers

PROCESSES, ROUNDS = 3, 3


@pytest.fixture
def started(tmp_path):
    """Start processes in which these people work; whatever is left of them ends with the test."""
    running = []

    def start(seed, people):
        environment = Workers(tmp_path, os.environ["REDIS_URL"]).environment()
        said = tmp_path / f"said-{seed}"
        command = [sys.executable, "-m", "tests.collection.people_at_work", str(seed), *map(str, people)]
        with said.open("w") as output:
            process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=output)
        running.append(process)
        return process, said

    yield start
    for process in running:
        process.kill()
        process.wait()


def lines(said):
    # The last line may be cut off: then nobody was told.
    return [line.split() for line in said.read_text().split("\n")[:-1]]


def work_until_killed(started, people, seed):
    """Let processes share these people, kill all of them once each has saved something; return what they told."""
    together = [started(10 * seed + number, people) for number in range(PROCESSES)]
    deadline = time.monotonic() + 60
    while not all(len(lines(said)) > 2 or process.poll() is not None for process, said in together):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(random.Random(seed).uniform(0, 0.2))
    for process, _said in together:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return [(int(turn), UUID(key)) for _process, said in together for turn, key in lines(said)[1:]]


@pytest.mark.django_db(transaction=True)
def test_people_whose_process_was_killed_lose_nothing_and_go_on(started):
    study = StudyFactory(asks={"overlap": 3, "tasks_per_annotator": 1000, "turns": {"maximum": 1}})
    ItemFactory.create_batch(60, study=study)
    people = [person.pk for person in AnnotatorFactory.create_batch(5, panel=study.panel)]
    told = []
    for seed in range(ROUNDS):
        told += work_until_killed(started, people, seed)
        assert audit.faults() == []
    kept = dict(Comparison.objects.values_list("turn", "idempotency_key"))
    assert len(told) == len(dict(told)) >= ROUNDS * PROCESSES
    assert [turn for turn, key in told if kept.get(turn) != key] == []
    # What was saved in the very moment of the kill was told to nobody: one of each process at most.
    assert len(kept) - len(told) <= ROUNDS * PROCESSES
    for annotator in study.panel.annotators.all():
        assert assignment.next_task(annotator=annotator, now=timezone.now()).is_open
    assert audit.faults() == []
