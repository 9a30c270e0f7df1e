"""The broker is away: who asks for candidates does not notice, and what was asked for is sent later."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone

from sampling import jobs, queues
from sampling.intake import request_candidates
from sampling.models import CandidateSet, Recipe

MESSAGES = [{"role": "user", "content": "How do I begin?"}]

PATIENCE = 3
"""Seconds. It is given up after one; the machine may be busy."""


def nobody_listens(stack: ExitStack) -> str:
    bound = stack.enter_context(socket.socket())
    bound.bind(("127.0.0.1", 0))
    return f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def no_packet_comes_through(stack: ExitStack) -> str:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    # Linux drops what comes after its queue is full, as a firewall would.
    for _place in range(3):
        caller = stack.enter_context(socket.socket())
        caller.setblocking(False)
        caller.connect_ex(server.getsockname())
    return f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def somebody_listens_and_never_answers(stack: ExitStack) -> str:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture(params=[nobody_listens, no_packet_comes_through, somebody_listens_and_never_answers])
def broker_away(request: pytest.FixtureRequest) -> Iterator[pytest.MonkeyPatch]:
    """Jobs are sent to a broker that does not take them, until this is undone."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELERY_BROKER_WRITE_URL", request.param(stack))
        # The connections that earlier tests opened.
        patch.setattr(current_app.amqp, "_producer_pool", None)
        yield patch


@pytest.mark.django_db(transaction=True)
def test_the_request_is_committed_at_once_and_the_job_is_sent_by_a_later_sweep(
    recipe: Recipe,
    broker_away: pytest.MonkeyPatch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queues, "DEFAULT", f"away-{uuid4()}")
    begun = time.monotonic()
    candidate_set = request_candidates(
        messages=MESSAGES, language="en", recipe=recipe, now=timezone.now() - timedelta(seconds=10)
    )
    assert time.monotonic() - begun < PATIENCE
    assert CandidateSet.objects.get(pk=candidate_set.pk).status == "requested"
    assert [record.levelno for record in caplog.records if "on_commit" in record.getMessage()] == [logging.ERROR]

    broker_away.undo()
    jobs.sweep()
    assert jobs._jobs_waiting()[queues.DEFAULT] == 1
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(queues.DEFAULT)
