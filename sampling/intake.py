"""Asking for a candidate set, handing in a ready one, and having one forgotten."""

import secrets
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from sampling import batches, checks, jobs
from sampling.models import Batch, Candidate, CandidateSet, Completion, Label, RawAnswer, Recipe
from sampling.order import canonical_order
from sampling.queues import queue_of
from sampling.recipe_document import IMPORTED, RecipeDocument
from sampling.standards import standards_of

Messages = Sequence[dict[str, Any]]
"""A conversation as chat models take it: [{"role": …, "content": …}, …]."""


@dataclass(frozen=True, kw_only=True)
class ImportedCandidate:
    """A ready answer and what its source says about it; empty where it says nothing."""

    text: str
    author_kind: str = ""
    author: str = ""
    labels: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a ready set was read: a file, its checksum and the line."""

    file: str
    sha256: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What somebody who waits for a set can be told."""

    status: str
    position: int
    """Its place among the sets that wait for a worker, from 1; 0 once it does not wait any more."""
    typical_seconds: float | None
    """The median time from request to ready of this recipe's latest sets that somebody waited for."""


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A conversation so far whose candidates will be needed later."""

    messages: Messages
    language: str
    recipe: Recipe
    factual: bool = False
    rank: int = 0
    """The lower, the sooner they will be needed."""


class UnfitSet(Exception):
    """A ready set did not pass the checks."""

    def __init__(self, reasons: list[str], listed_words: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.listed_words = listed_words
        """Words in it that are never shown."""


class NothingToAsk(Exception):
    """The recipe is for imported sets: no generator stands in it."""


def define_recipe(document: RecipeDocument) -> Recipe:
    """Return the recipe with this document, made if it is new."""
    recipe, _made = Recipe.objects.get_or_create(sha256=document.sha256(), defaults={"document": document.canonical()})
    return recipe


def request_candidates(
    *, messages: Messages, language: str, recipe: Recipe, factual: bool = False, now: datetime
) -> CandidateSet:
    """Ask for the candidates of a conversation so far, for somebody who waits; a worker is told once it is committed.

    :raises NothingToAsk: if the recipe is for imported sets.
    """
    if not recipe.says.generates:
        raise NothingToAsk
    candidate_set = CandidateSet.objects.create(
        messages=list(messages),
        language=language,
        recipe=recipe,
        factual=factual,
        urgent=True,
        method_seed=secrets.randbits(62),
        requested_at=now,
        queued_at=now,
    )
    _queue_on_commit(candidate_set)
    return candidate_set


def request_ahead(*, wanted: Sequence[Ahead], batch: Batch, now: datetime) -> list[CandidateSet]:
    """Ask for candidates that nobody waits for yet; return their sets, in the same order.

    Workers are given a few of them at a time (sampling.batches), so that any number can be asked for. Ask in portions
    where there are many.

    :raises NothingToAsk: if a recipe is for imported sets.
    """
    if not all(recipe.says.generates for recipe in {one.recipe for one in wanted}):
        raise NothingToAsk
    sets = CandidateSet.objects.bulk_create(
        CandidateSet(
            messages=list(one.messages),
            language=one.language,
            recipe=one.recipe,
            factual=one.factual,
            batch=batch,
            rank=one.rank,
            method_seed=secrets.randbits(62),
            requested_at=now,
        )
        for one in wanted
    )
    _begin_on_commit()
    return sets


def request_all_again(*, candidate_sets: QuerySet[CandidateSet], batch: Batch, now: datetime) -> int:
    """Ask once more for those of these sets that failed, as part of this batch; return how many."""
    asked = CandidateSet.objects.filter(pk__in=candidate_sets).ask_again(now=now, queued_at=None, batch=batch)
    _begin_on_commit()
    return asked


def resume(*, batch: Batch) -> None:
    """Let the sets of a batch be written again, from where it was held back."""
    batches.resume(batch=batch)
    _begin_on_commit()


def _begin_on_commit() -> None:
    # A broker that is away delays them until the sweep.
    transaction.on_commit(jobs.queue_ahead, robust=True)


def request_again(*, candidate_set: CandidateSet, now: datetime) -> bool:
    """Ask once more for a set that failed; whether this call was the one that did."""
    asked = CandidateSet.objects.filter(pk=candidate_set.pk).ask_again(now=now, queued_at=now)
    if asked:
        _queue_on_commit(candidate_set)
    return bool(asked)


def _queue_on_commit(candidate_set: CandidateSet) -> None:
    def queue() -> None:
        name = queue_of(candidate_set.recipe.says)
        jobs.queue(candidate_set_id=candidate_set.pk, urgent=candidate_set.urgent, name=name)

    # Robust: a broker that is away delays the set until the sweep and is no error of the person who asks.
    transaction.on_commit(queue, robust=True)


@transaction.atomic
def import_set(
    *,
    messages: Messages,
    language: str,
    candidates: Sequence[ImportedCandidate],
    source: Source,
    factual: bool = False,
    recipe: RecipeDocument = IMPORTED,
    now: datetime,
) -> CandidateSet:
    """Keep a set that came ready, after the same checks as a set of this recipe.

    :raises UnfitSet: naming what is wrong with it.
    :raises GeneratorFailed: if the recipe is judged by a model that cannot be had here.
    """
    texts = [checks.tidied(candidate.text) for candidate in candidates]
    standards = standards_of(recipe, language=language, factual=factual)
    if reasons := checks.faults_of_set(texts, standards=standards):
        raise UnfitSet(reasons, checks.listed_words(texts, standards=standards))
    seed = secrets.randbits(63)
    candidate_set = CandidateSet.objects.create(
        recipe=define_recipe(recipe.for_ready_sets()),
        messages=list(messages),
        language=language,
        factual=factual,
        status=CandidateSet.Status.READY,
        requested_at=now,
        finished_at=now,
        canonical_order=canonical_order(k=standards.candidates, seed=seed),
        canonical_seed=seed,
        remarks=checks.remarks(texts, standards=standards),
        source_file=source.file,
        source_sha256=source.sha256,
        source_line=source.line,
    )
    Candidate.objects.bulk_create(
        Candidate(
            candidate_set=candidate_set,
            slot=slot,
            text=text,
            method="imported",
            author_kind=candidate.author_kind,
            author=candidate.author,
            labels=list(candidate.labels),
        )
        for slot, (text, candidate) in enumerate(zip(texts, candidates, strict=True))
    )
    return candidate_set


def have_measured(*, recipe: RecipeDocument) -> None:
    """Have the ready sets of this recipe measured, those that are not yet; a worker is told once this is committed.

    A broker that is away leaves them to `manage.py measure_candidates`.
    """
    row = define_recipe(recipe.for_ready_sets())
    transaction.on_commit(partial(jobs.queue_measuring, recipe_id=row.pk), robust=True)


@transaction.atomic
def erase(*, candidate_sets: QuerySet[CandidateSet], now: datetime) -> None:
    """Empty what these sets say; that they were, how they were made and when stays."""
    chosen = CandidateSet.objects.filter(pk__in=list(candidate_sets.values_list("pk", flat=True)))
    # A worker that still writes one of them loses its claim, so that nothing comes after the erasure.
    chosen.filter(status__in=[CandidateSet.Status.REQUESTED, CandidateSet.Status.GENERATING]).update(
        status=CandidateSet.Status.FAILED, failure="erased", token=None, lease_until=None, finished_at=now
    )
    chosen.update(messages=[], failure_detail="", erased_at=now)
    Candidate.objects.filter(candidate_set__in=chosen).update(text="")
    Completion.objects.filter(candidate_set__in=chosen).update(text="")
    RawAnswer.objects.filter(candidate_set__in=chosen).update(text="")
    # They name texts by their hashes, and texts that are gone cannot be checked against them.
    Label.objects.filter(candidate_set__in=chosen).delete()


def waiting(*, candidate_set: CandidateSet) -> Waiting:
    """Return where a set stands in the queue and how long such sets take."""
    position = 0
    if candidate_set.status == CandidateSet.Status.REQUESTED:
        earlier = Q(urgent=candidate_set.urgent, requested_at__lt=candidate_set.requested_at)
        if not candidate_set.urgent:
            earlier |= Q(urgent=True)
        position = 1 + CandidateSet.objects.requested().filter(earlier).count()
    return Waiting(
        status=candidate_set.status,
        position=position,
        typical_seconds=CandidateSet.objects.ready().typical_seconds(candidate_set.recipe_id),
    )


def where_they_stand(*, candidate_sets: Collection[int]) -> dict[int, tuple[str, int]]:
    """Return status and position, as `waiting` does, of many sets by their ids: two queries for all that are urgent."""
    columns = ("status", "urgent", "requested_at", "recipe")
    found = list(CandidateSet.objects.filter(pk__in=candidate_sets).only(*columns))
    urgent = CandidateSet.objects.requested().filter(urgent=True).order_by("requested_at")
    queue = list(urgent.values_list("requested_at", flat=True)) if any(map(_is_queued, found)) else []
    return {each.pk: (each.status, _position(each, queue)) for each in found}


def _is_queued(candidate_set: CandidateSet) -> bool:
    return candidate_set.status == CandidateSet.Status.REQUESTED


def _position(candidate_set: CandidateSet, queue: list[datetime]) -> int:
    if not _is_queued(candidate_set):
        return 0
    if candidate_set.urgent:
        return 1 + bisect_left(queue, candidate_set.requested_at)
    return waiting(candidate_set=candidate_set).position
