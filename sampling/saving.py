"""Writing what came of an attempt into the database: all of it or nothing, and only while the claim stands."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from sampling import checks
from sampling.asking import Draft, Order, Reply
from sampling.claims import Claim
from sampling.first_tries import Raw
from sampling.models import Candidate, CandidateSet, Completion, Diversity, RawAnswer
from sampling.order import canonical_order
from sampling.tidying import storable
from sampling.wordings import sha256

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Outcome:
    """What came of one attempt to fill a set."""

    order: Order
    replies: list[Reply] = field(default_factory=list)
    rounds: list[list[Reply]] = field(default_factory=list)
    """The same replies, those to requests that were made together in one list."""
    drafts: list[Draft] = field(default_factory=list)
    failure: str = ""
    """A code of sampling.reasons; empty where there are drafts."""
    failure_detail: str = ""
    first_try: list[Raw] = field(default_factory=list)
    measures: list[Diversity] = field(default_factory=list)
    """Rows of this set, not saved yet."""


@transaction.atomic
def save(held: Claim, outcome: Outcome, *, worker: str, now: datetime) -> bool:
    """Write the outcome of an attempt; False, and nothing written, if the set was given to somebody else meanwhile."""
    # This update is the gate: it locks the row, and counts 0 where the claim does not stand any more.
    ended = _fail(held, outcome, now=now) if outcome.failure else _make_ready(held, outcome, now=now)
    if not ended:
        logger.warning("Set %s was written too late and is dropped.", held.candidate_set_id)
        return False
    completions = _completions(held.candidate_set_id, outcome, worker=worker, now=now)
    Completion.objects.bulk_create(completions)
    kept = dict(zip(map(id, outcome.replies), completions, strict=True))
    Candidate.objects.bulk_create(
        Candidate(
            candidate_set_id=held.candidate_set_id,
            slot=slot,
            text=draft.text,
            completion=kept[id(draft.reply)],
            method=draft.method,
            condition=draft.condition,
            stated_probability=draft.stated_probability,
        )
        for slot, draft in enumerate(outcome.drafts)
    )
    _keep_first_try(held.candidate_set_id, outcome, kept)
    Diversity.objects.bulk_create(outcome.measures, ignore_conflicts=True)
    return True


def _keep_first_try(candidate_set_id: int, outcome: Outcome, kept: Mapping[int, Completion]) -> None:
    """Write the answers of the first try; a set that is asked for again has one already."""
    if RawAnswer.objects.filter(candidate_set=candidate_set_id).exists():
        return
    RawAnswer.objects.bulk_create(
        RawAnswer(
            candidate_set_id=candidate_set_id,
            place=place,
            text=raw.text,
            completion=kept[id(raw.reply)],
            method=raw.method,
            condition=raw.condition,
            faults=raw.faults,
        )
        for place, raw in enumerate(outcome.first_try)
    )


def _fail(held: Claim, outcome: Outcome, *, now: datetime) -> int:
    return held.standing().update(
        status=CandidateSet.Status.FAILED,
        failure=outcome.failure,
        failure_detail=storable(outcome.failure_detail)[:2000],
        token=None,
        lease_until=None,
        finished_at=now,
    )


def _make_ready(held: Claim, outcome: Outcome, *, now: datetime) -> int:
    seed = secrets.randbits(63)
    texts = [draft.text for draft in outcome.drafts]
    return held.standing().update(
        status=CandidateSet.Status.READY,
        canonical_seed=seed,
        canonical_order=canonical_order(k=len(texts), seed=seed),
        remarks=checks.remarks(texts, standards=outcome.order.standards),
        token=None,
        lease_until=None,
        finished_at=now,
    )


def _completions(candidate_set_id: int, outcome: Outcome, *, worker: str, now: datetime) -> list[Completion]:
    """Return every completion of the attempt, used or not, numbered after those of earlier attempts."""
    first = Completion.objects.filter(candidate_set=candidate_set_id).count()
    return [
        _completion(reply, candidate_set_id=candidate_set_id, number=number, worker=worker, recorded_at=now)
        for number, reply in enumerate(outcome.replies, start=first)
    ]


def _completion(reply: Reply, **fields: Any) -> Completion:
    writer = reply.writer
    assert writer is not None, "whoever carries a request to a generator notes which one answered"
    return Completion(
        **fields,
        purpose=reply.request.purpose,
        condition=reply.request.condition,
        text=storable(reply.text),
        scores=list(reply.scores),
        rejected=",".join(reply.rejected),
        parts=reply.parts,
        generator=writer.name,
        model=writer.model,
        revision=writer.revision,
        adapter=writer.adapter,
        endpoint=writer.endpoint,
        wording_sha256=sha256(),
        decoding=writer.decoding,
        seed=reply.seed,
        stop_reason=reply.stop_reason,
        prompt_tokens=reply.prompt_tokens,
        new_tokens=reply.new_tokens,
        seconds=reply.seconds,
        cost=reply.cost,
        sent=reply.sent,
    )
