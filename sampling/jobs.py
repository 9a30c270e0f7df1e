"""What Celery runs: filling a set, measuring ready ones, and finding sets whose job or worker was lost."""

import logging
import threading
from typing import Any

from celery import current_app, shared_task, signals
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu.exceptions import ChannelError

from sampling import batches, embedding, generation, generators, measuring, queues, recovery
from sampling.models import CandidateSet, Recipe

logger = logging.getLogger(__name__)

# Redis gives the lowest number first.
SOMEBODY_WAITS, AHEAD_OF_TIME = 0, 9

MEASURED_AT_ONCE = 100
"""Sets that one job measures: one or two seconds by n-grams."""


def queue(*, candidate_set_id: int, urgent: bool, name: str) -> None:
    """Send the job that fills a set, to the queue of this name (sampling.queues says which)."""
    fill_candidate_set.apply_async(
        kwargs={"candidate_set_id": candidate_set_id},
        queue=name,
        priority=SOMEBODY_WAITS if urgent else AHEAD_OF_TIME,
    )


def queue_ahead() -> None:
    """Send jobs for sets that nobody waits for, as far as there is room for them."""
    _queue(batches.take_next(now=timezone.now()))


@shared_task
def fill_candidate_set(*, candidate_set_id: int) -> None:
    """Write a set, unless somebody else does or did; its place is given to the next one that nobody waits for."""
    if generation.fill(candidate_set_id=candidate_set_id):
        queue_ahead()


def queue_measuring(*, recipe_id: int, after: int = 0) -> None:
    """Send the job that measures sets of a recipe, from the first id after this one: where the model is, if one is."""
    embedder = Recipe.objects.get(pk=recipe_id).says.embedder
    measure_ready_sets.apply_async(
        kwargs={"recipe_id": recipe_id, "after": after},
        queue=queues.DEFAULT if embedder else settings.CELERY_TASK_DEFAULT_QUEUE,
        priority=AHEAD_OF_TIME,
    )


@shared_task
def measure_ready_sets(*, recipe_id: int, after: int) -> None:
    """Measure some sets that came ready; another job does the rest, so that the worker is free for what is urgent."""
    last = measuring.measure_ready(recipe=Recipe.objects.get(pk=recipe_id), after=after, most=MEASURED_AT_ONCE)
    if last is not None:
        queue_measuring(recipe_id=recipe_id, after=last)


@shared_task
def sweep() -> None:
    """Send again what has no job, and what a silent worker left; send more of what is written ahead of time."""
    now = timezone.now()
    recovery.free_silent(now=now)
    _queue(recovery.take_without_job(now=now, jobs_waiting=_jobs_waiting()))
    queue_ahead()


def _queue(candidate_sets: list[CandidateSet]) -> None:
    for candidate_set in candidate_sets:
        name = queues.queue_of(candidate_set.recipe.says)
        queue(candidate_set_id=candidate_set.pk, urgent=candidate_set.urgent, name=name)


def _jobs_waiting() -> dict[str, int]:
    with current_app.connection_for_read() as broker:
        return {name: _messages(broker.default_channel, name) for name in queues.names()}


def _messages(channel: Any, name: str) -> int:
    try:
        return int(channel.queue_declare(name, passive=True).message_count)
    except ChannelError:
        # Redis forgets a queue with its last message.
        return 0


@signals.worker_ready.connect
def _sweep_at_the_start(**_told: Any) -> None:
    sweep()
    connection.close()


@signals.worker_ready.connect
def _prepare_to_measure(**_told: Any) -> None:
    # Beside the first job, which loads a model meanwhile.
    threading.Thread(target=embedding.prepare, name="prepare").start()


@signals.worker_shutting_down.connect
def _stop_writing(**_told: Any) -> None:
    # In a thread of its own: this is called in the middle of a signal. What is being written is handed back, so that
    # the worker ends within seconds however long the completions are.
    threading.Thread(target=generators.stop, name="stop").start()


@signals.worker_shutdown.connect
def _stop_engines(**_told: Any) -> None:
    generators.stop()
