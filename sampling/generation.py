"""Filling a candidate set: claim it, let the method ask the generator, and save what came while the claim stands."""

import logging
import os
import socket
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, DataError, IntegrityError
from django.utils import timezone

from sampling import disks
from sampling.asking import NoFitSet, Order, Refused
from sampling.carrying import Carrier
from sampling.claims import RENEWER, Claim, claim
from sampling.generators.interface import GeneratorFailed, Progress, Stopping
from sampling.measuring import measure
from sampling.methods import method_of
from sampling.models import CandidateSet
from sampling.saving import Outcome, save
from sampling.wordings import NoWording

logger = logging.getLogger(__name__)


def fill(*, candidate_set_id: int, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Write a set that is requested; whether this call brought it to an end (ready or failed)."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    held = claim(candidate_set_id=candidate_set_id, worker=worker, now=clock())
    if held is None:
        return False
    candidate_set = CandidateSet.objects.select_related("recipe").get(pk=candidate_set_id)
    progress = Progress()
    try:
        with RENEWER.keeping(held, decoded=progress.decoded):
            outcome = write(candidate_set, progress=progress)
            measure(outcome, candidate_set_id=candidate_set.pk)
    except Stopping:
        held.hand_back()
        return False
    return _saved(held, outcome, worker=worker, clock=clock)


def _saved(held: Claim, outcome: Outcome, *, worker: str, clock: Callable[[], datetime]) -> bool:
    """Write what came; where the database has no room for it or does not take it, write that."""
    try:
        return save(held, outcome, worker=worker, now=clock())
    except DatabaseError as error:
        if not (disks.is_full(error) or isinstance(error, DataError | IntegrityError)):
            # Whoever claims the set next may find the database well.
            raise
        logger.exception("What was written for set %s could not be stored.", held.candidate_set_id)
        code = "disk-full" if disks.is_full(error) else "not-storable"
        lost = Outcome(order=outcome.order, failure=code, failure_detail=str(error))
        return save(held, lost, worker=worker, now=clock())


def write(candidate_set: CandidateSet, *, progress: Progress) -> Outcome:
    """Run the recipe's method with its generator. A failure is an outcome like another.

    :raises Stopping: if the process ends meanwhile.
    """
    order = Order(
        messages=candidate_set.messages,
        language=candidate_set.language,
        recipe=candidate_set.recipe.says,
        factual=candidate_set.factual,
        seed=candidate_set.method_seed or 0,
    )
    outcome = Outcome(order=order)
    try:
        _run(outcome, progress)
    except Stopping:
        raise
    except NoFitSet as failure:
        outcome.failure, outcome.failure_detail = "unfit", ", ".join(failure.reasons)
    except Refused:
        outcome.failure = "refused"
    except NoWording as failure:
        outcome.failure, outcome.failure_detail = "no-wording", str(failure)
    except GeneratorFailed as failure:
        outcome.failure, outcome.failure_detail = failure.code, str(failure)
        if disks.is_full(failure):
            outcome.failure = "disk-full"
        for reply in failure.answered:
            reply.rejected = [failure.code]
        outcome.replies += failure.answered
    except Exception as error:
        # Whatever else goes wrong with one set is told on the study's page and leaves the others alone.
        logger.exception("Set %s could not be written.", candidate_set.pk)
        outcome.failure, outcome.failure_detail = "generator-failed", f"{type(error).__name__}: {error}"
        if disks.is_full(error):
            outcome.failure = "disk-full"
    return outcome


def _run(outcome: Outcome, progress: Progress) -> None:
    """Carry requests and replies between the method and the generators until the method returns."""
    method = method_of(outcome.order)
    carrier = Carrier(outcome.order.recipe, progress=progress)
    try:
        requests = next(method)
        while True:
            replies = carrier.answered(requests)
            outcome.replies += replies
            outcome.rounds.append(replies)
            requests = method.send(replies)
    except StopIteration as end:
        outcome.drafts = end.value
