"""The first answers to a study's prompts, written ahead of time: asked for, held back, asked for again, counted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from collection.models import Item, Overlap, Study
from sampling import batches, intake
from sampling.intake import Ahead, request_ahead, request_all_again
from sampling.models import Batch, CandidateSet, CandidateSetQuerySet
from sampling.reasons import explain, explain_detail

PORTION = 500
"""Sets asked for in one transaction and held in memory at a time."""

_FAILED = Q(candidate_set__status=CandidateSet.Status.FAILED)


class CannotWrite(Exception):
    """Nothing can be written for this study; the message says why."""


def ask(*, study: Study, now: datetime) -> int:
    """Ask for a set for every prompt that has none; return for how many.

    What is asked for stays so, whatever stops this: the next call goes on with the rest.

    :raises CannotWrite: if the study is closed, or nobody writes its sets.
    """
    _check(study)
    return _ask(study, Q(candidate_set=None), now)


def ask_again(*, study: Study, reason: str = "", now: datetime) -> int:
    """Ask once more for the sets that failed, all or those for one reason; return how many.

    Where the study has another recipe by now, that one makes the set.

    :raises CannotWrite: as `ask`.
    """
    _check(study)
    failed = _FAILED & Q(candidate_set__failure=reason) if reason else _FAILED
    with transaction.atomic():
        locked = _locked(study)
        same_recipe = Item.objects.filter(failed, study=study, candidate_set__recipe=_recipe_id(locked))
        sets = CandidateSet.objects.filter(pk__in=same_recipe.values("candidate_set"))
        asked = request_all_again(candidate_sets=sets, batch=_batch(locked, now), now=now)
    return asked + _ask(study, failed, now)


def ask_for_everything(*, study: Study, now: datetime) -> None:
    """Ask for what the prompts of an open study lack, as far as somebody writes it."""
    if study.asks.recipes.first.generates:
        ask(study=study, now=now)
        ask_again(study=study, now=now)


def follow_recipe(*, study: Study) -> None:
    """Let the sets that nobody has begun be made by the recipe that is in force now."""
    waiting = CandidateSet.objects.requested().filter(batch__study=study, item__study=study)
    if study.asks.recipes.first.generates:
        # The status is looked at again once the row is locked: what a worker began meanwhile stays as it is.
        CandidateSet.objects.requested().filter(pk__in=waiting).update(recipe=_recipe_id(study))


def follow_topics(*, study: Study) -> None:
    """Let the sets that are not written hold by the topics that the study marks as ones of fact now."""
    unwritten = CandidateSet.objects.filter(status__in=[CandidateSet.Status.REQUESTED, CandidateSet.Status.FAILED])
    facts = Q(item__prompt__factual=True) | Q(item__prompt__topic__in=study.asks.prompts.factual_topics)
    marked = unwritten.filter(facts, item__study=study)
    # As above, the status is looked at again once the row is locked.
    unwritten.filter(pk__in=marked).update(factual=True)
    unwritten.filter(item__study=study).exclude(pk__in=marked).update(factual=False)


@transaction.atomic
def pause(*, study: Study, now: datetime) -> None:
    """Let no more of its sets be begun, until it is resumed."""
    if (batch := _locked(study).batch) is not None:
        batches.pause(batch=batch, now=now)


@transaction.atomic
def resume(*, study: Study) -> None:
    """Let its sets be written again.

    :raises CannotWrite: if the study is closed.
    """
    locked = _locked(study)
    _check(locked)
    if locked.batch is not None:
        intake.resume(batch=locked.batch)


def _check(study: Study) -> None:
    if study.state == Study.State.CLOSED:
        raise CannotWrite(_("The study is closed: nothing more is written for it."))
    if not study.asks.recipes.first.generates:
        raise CannotWrite(_("The study's first recipe takes ready answers, which are loaded with the prompts."))


def _ask(study: Study, lacking: Q, now: datetime) -> int:
    ranked = _by_need(Item.objects.filter(lacking, study=study))
    return sum(_ask_for(study, dict(portion), lacking, now) for portion in _portions(ranked))


def _by_need(items: QuerySet[Item]) -> Iterator[tuple[int, int]]:
    """Yield items with a rank, by when they will be needed: the least answered first, all languages side by side."""
    taken = Overlap.objects.filter(item=OuterRef("pk")).values("item").values(sum=Sum("taken"))
    place = Window(RowNumber(), partition_by=F("prompt__language"), order_by=[F("taken").asc(), F("pk").asc()])
    ranked = items.annotate(taken=Subquery(taken)).annotate(rank=place).order_by("rank", "pk")
    return ranked.values_list("pk", "rank").iterator(chunk_size=PORTION)


def _portions(ranked: Iterator[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    return iter(lambda: list(islice(ranked, PORTION)), [])


@transaction.atomic
def _ask_for(study: Study, ranks: dict[int, int], lacking: Q, now: datetime) -> int:
    """Ask for the sets of the items with these keys, at these ranks; return how many still lacked one."""
    locked = _locked(study)
    _check(locked)
    assert locked.version is not None
    recipe = locked.version.first_recipe
    items = list(Item.objects.filter(lacking, pk__in=ranks).select_related("prompt").order_by("pk"))
    wanted = [
        Ahead(
            messages=[{"role": "user", "content": item.prompt.text}],
            language=item.prompt.language,
            recipe=recipe,
            factual=item.prompt.is_factual(locked.asks),
            rank=ranks[item.pk],
        )
        for item in items
    ]
    sets = request_ahead(wanted=wanted, batch=_batch(locked, now), now=now)
    _link([item.pk for item in items], [one.pk for one in sets])
    return len(items)


def _link(items: list[int], sets: list[int]) -> None:
    """Give each of these items the set at the same place, in one statement that costs next to nothing to make."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE collection_item SET candidate_set_id = made.candidate_set"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS made(item, candidate_set) WHERE id = made.item",
            [items, sets],
        )


def _locked(study: Study) -> Study:
    # Whoever asks for the same prompts at the same moment waits here, and then finds that they were asked for. Nothing
    # is joined: what stands beside the row is read after the wait, not as it was before.
    return Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _recipe_id(study: Study) -> int:
    assert study.version is not None
    return study.version.first_recipe_id


def _batch(locked: Study, now: datetime) -> Batch:
    if locked.batch is None:
        locked.batch = Batch.objects.create(created_at=now)
        locked.save(update_fields=["batch"])
    return locked.batch


# ---- how far it is --------------------------------------------------------------------------------------------------
DETAILS = 20
"""Different details of failures that are told, the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How many sets failed for one reason."""

    code: str
    sets: int
    details: list[str] = field(default_factory=list)
    """What else is known, the most frequent first."""

    @property
    def reason(self) -> str:
        """The reason in words."""
        return str(explain(self.code))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the first answers to a study's prompts are."""

    not_asked: int
    """Prompts without a set."""
    paused: bool
    figures: batches.Figures
    failures: list[Failure]
    at: datetime
    """The moment for which this holds."""

    @property
    def failed(self) -> int:
        """How many sets failed, for whatever reason."""
        return sum(failure.sets for failure in self.failures)

    @property
    def prompts(self) -> int:
        """How many prompts there are."""
        return self.not_asked + self.figures.ready + self.figures.left + self.failed

    @property
    def is_under_way(self) -> bool:
        """Whether the figures will change by themselves."""
        return bool(self.figures.being_written or (self.figures.waiting and not self.paused))

    @property
    def minutes_left(self) -> int | None:
        """How long the rest takes at the present rate, rounded up; None where that is not known."""
        seconds = None if self.paused else self.figures.seconds_left
        return None if seconds is None else math.ceil(seconds / 60)

    @property
    def ends_at(self) -> datetime | None:
        """When the rest will be written at the present rate; None where that is not known."""
        return None if self.minutes_left is None else self.at + timedelta(minutes=self.minutes_left)


def progress(*, study: Study, now: datetime) -> Progress:
    """Return how far a study's sets are; the number of queries does not depend on its size."""
    return progress_of(
        CandidateSet.objects.filter(item__study=study),
        not_asked=Item.objects.filter(study=study, candidate_set=None).count(),
        paused=Batch.objects.filter(study=study).exclude(paused_at=None).exists(),
        now=now,
    )


def progress_of(candidate_sets: CandidateSetQuerySet, *, not_asked: int, paused: bool, now: datetime) -> Progress:
    """Return how far these sets are, and those that are still to be asked for; the number of queries is constant."""
    figures = batches.figures(candidate_sets=candidate_sets, now=now)
    return Progress(
        not_asked=not_asked,
        paused=paused,
        figures=figures,
        failures=_failures(candidate_sets, figures.failed),
        at=now,
    )


def _failures(sets: QuerySet[CandidateSet], failed: dict[str, int]) -> list[Failure]:
    detailed = sets.filter(status=CandidateSet.Status.FAILED).exclude(failure_detail="")
    told = detailed.values_list("failure", "failure_detail").annotate(n=Count("pk")).order_by("-n", "failure_detail")
    details: dict[str, list[str]] = {}
    for code, detail, _n in told[:DETAILS] if failed else []:
        details.setdefault(code, []).append(explain_detail(code, detail))
    most_first = sorted(failed.items(), key=lambda entry: (-entry[1], entry[0]))
    return [Failure(code=code, sets=count, details=details.get(code, [])) for code, count in most_first]
