"""Writing what came of an attempt into the database: all of it or nothing, and only while the claim stands."""

import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from sampling import checks
from sampling.asking import Draft, Order, Reply
from sampling.claims import Claim
from sampling.models import Candidate, CandidateSet, Completion
from sampling.order import canonical_order
from sampling.tidying import storable
from sampling.wordings import sha256

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Outcome:
    """What came of one attempt to fill a set."""

    order: Order
    replies: list[Reply] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    failure: str = ""
    """A code of sampling.reasons; empty where there are drafts."""
    failure_detail: str = ""


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
    return True


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
