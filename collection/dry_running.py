"""Dry runs: simulated people work over HTTP in a copy of the study; then what was reached."""

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment, recruiting
from annotators.models import Annotator, Quota
from collection import assignment, dry_run_copying, in_a_loop
from collection.dry_run_copying import NothingToCopy
from collection.models import Comparison, DryRun, Overlap, Study, Task
from collection.simulation import crowd, population, summary
from collection.simulation.crowd import NobodyGetsIn, Work
from collection.simulation.person import Person, Temper
from collection.simulation.population import Stratum
from collection.simulation.visit import Diary, Pace

LEASE = timedelta(seconds=60)
"""How long a claim stands without being renewed."""

QUEUED_AGAIN_AFTER = timedelta(seconds=60)

LATE = 0.1
"""Share of people who come after the leases of those who vanished have run out."""

Progress = Callable[[int], object]
"""Is told how many people are done."""


class ClaimLost(Exception):
    """The dry run was given up while it went on: its worker was silent for too long."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a dry run goes, beside its people and its seed."""

    site: str
    pace: Pace = field(default_factory=Pace)
    temper: Temper = field(default_factory=Temper)
    at_once: int | None = None
    """The most people on the site at a time; None: all."""
    strata: Sequence[Stratum] | None = None
    """From a population table; None: as the panel's quotas say."""


# ---- run -------------------------------------------------------------------------------------------------------------
def take_without_job(*, now: datetime) -> list[DryRun]:
    """Return those whose job was lost, once; what a silent worker left has failed."""
    _give_up_silent(now=now)
    lost = Q(state=DryRun.State.REQUESTED, queued_at__lt=now - QUEUED_AGAIN_AFTER)
    waiting = list(DryRun.objects.filter(lost))
    return [one for one in waiting if DryRun.objects.filter(lost, pk=one.pk).update(queued_at=now)]


@transaction.atomic
def _give_up_silent(*, now: datetime) -> None:
    # Locked, so that a worker that speaks up at this moment comes before or finds its claim gone.
    silent = list(DryRun.objects.silent(now=now).select_for_update(no_key=True).values_list("pk", flat=True))
    DryRun.objects.filter(pk__in=silent).update(
        state=DryRun.State.FAILED, failure="silent", finished_at=now, token=None, lease_until=None
    )
    _close_copies(DryRun.objects.filter(pk__in=silent))


def _close_copies(dry_runs: QuerySet[DryRun]) -> None:
    """Let nobody come into these copies any more."""
    Study.objects.filter(dry_run__in=dry_runs).update(state=Study.State.CLOSED)


def run(*, dry_run_id: int, settings: Settings, told: Progress = lambda done: None) -> DryRun | None:
    """Let the people work, and keep what came of it; None if somebody else runs it or did.

    :raises ClaimLost: if it was given up in the meantime.
    """
    token = uuid.uuid4()
    if not _claim(dry_run_id, token, now=timezone.now()):
        return None
    held = DryRun.objects.select_related("of__panel", "of__version__first_recipe", "of__version__later_recipe").get(
        pk=dry_run_id
    )
    try:
        _end(held, state=DryRun.State.DONE, result=_result(held, settings, told))
    except NothingToCopy:
        _end(held, state=DryRun.State.FAILED, failure="nothing-ready")
    except NobodyGetsIn as refusal:
        _end(held, state=DryRun.State.FAILED, failure=str(refusal))
    except ClaimLost:
        raise
    except BaseException as error:
        _end(held, state=DryRun.State.FAILED, failure=f"stopped {type(error).__name__}")
        raise
    return held


def _claim(dry_run_id: int, token: uuid.UUID, *, now: datetime) -> bool:
    requested = DryRun.objects.filter(pk=dry_run_id, state=DryRun.State.REQUESTED)
    return bool(requested.update(state=DryRun.State.RUNNING, token=token, lease_until=now + LEASE))


def _end(held: DryRun, **changes: Any) -> None:
    """Bring a dry run to its end, and its copy with it: nobody comes in any more."""
    with transaction.atomic():
        standing = DryRun.objects.held_with(str(held.token)).filter(pk=held.pk)
        if not standing.update(finished_at=timezone.now(), token=None, lease_until=None, **changes):
            raise ClaimLost
        _close_copies(DryRun.objects.filter(pk=held.pk))
    held.refresh_from_db()


def _result(held: DryRun, settings: Settings, told: Progress) -> dict[str, Any]:
    held.study = dry_run_copying.copy(study=held.of, slug=_slug(held), now=timezone.now())
    held.save(update_fields=["study"])
    works: list[Work] = []
    for people in _waves(_people(held, settings)):
        works.append(_worked(people, held, settings, told, before=sum(len(work.diaries) for work in works)))
        _let_leases_run_out(held.study)
    return {**summary.of(works), **reached(held.study), "saved": _saved(held.study)}


def _slug(held: DryRun) -> str:
    return f"{held.of.slug[:30].rstrip('-')}-dry-run-{held.pk}"


def _people(held: DryRun, settings: Settings) -> list[Person]:
    strata = settings.strata
    if strata is None:
        quotas = [(quota.where, quota.wanted) for quota in held.of.panel.quotas.order_by("pk")]
        strata = population.from_quotas(quotas, count=held.people, seed=held.seed)
    return population.draw(
        strata, count=held.people, languages=held.of.asks.languages, seed=held.seed, temper=settings.temper
    )


def _waves(people: Sequence[Person]) -> list[Sequence[Person]]:
    """Return who comes at first, and who comes late: for the places of those who vanished."""
    first = math.ceil(len(people) * (1 - LATE))
    return [wave for wave in (people[:first], people[first:]) if wave]


def _worked(people: Sequence[Person], held: DryRun, settings: Settings, told: Progress, *, before: int) -> Work:
    assert held.study is not None
    ways_in = _ways_in(held.study, {person.language for person in people})
    done: list[Diary] = []
    working = crowd.work(
        people,
        site=settings.site,
        way_in=lambda person: ways_in[person.language],
        pace=settings.pace,
        at_once=settings.at_once,
        told=done.append,
    )

    def look() -> None:
        _renew(held, people_done=before + len(done), now=timezone.now())
        told(before + len(done))

    return in_a_loop.run(working, look=look)


def _renew(held: DryRun, *, people_done: int, now: datetime) -> None:
    standing = DryRun.objects.held_with(str(held.token)).filter(pk=held.pk)
    if not standing.update(lease_until=now + LEASE, people_done=people_done):
        raise ClaimLost


def _ways_in(study: Study, languages: set[str]) -> dict[str, str]:
    """Make an invitation in each language; return the paths of their links."""
    tokens = {
        language: enrolment.invite(panel=study.panel, language=language, label="Simulation", now=timezone.now())[1]
        for language in sorted(languages)
    }
    return {language: reverse("join", args=[token]) for language, token in tokens.items()}


def _let_leases_run_out(study: Study) -> None:
    """Do what time does: who vanished gives back what was kept for them. Nobody is at work at this moment."""
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.live().filter(study=study).update(lease_until=past)
    Annotator.objects.filter(panel=study.panel, place_until__isnull=False).update(place_until=past)
    assignment.expire(now=timezone.now(), panel=study.panel, skip_busy=False)
    recruiting.free_expired(panel=study.panel, now=timezone.now())


# ---- what was reached ------------------------------------------------------------------------------------------------
def reached(study: Study) -> dict[str, Any]:
    """Return how far the overlap and the quotas of a study are filled, fit for JSON."""
    return {"overlap": _overlap(study), "quotas": _quotas(study)}


def _overlap(study: Study) -> list[Mapping[str, Any]]:
    counted = Overlap.objects.filter(study=study).values("language", "stratum")
    full, over = Q(taken__gte=F("wanted")), Q(taken__gt=F("wanted"))
    return list(
        counted.annotate(
            # Before the sums, which take these columns' names.
            full=Count("pk", filter=full),
            over=Count("pk", filter=over),
            items=Count("pk"),
            wanted=Sum("wanted"),
            taken=Sum("taken"),
        ).order_by("language", "stratum")
    )


def _quotas(study: Study) -> list[Mapping[str, Any]]:
    quotas = Quota.objects.filter(panel=study.panel).order_by("pk")
    return list(quotas.values("key", "where", "rule", "wanted", "taken", "turned_away"))


def _saved(study: Study) -> int:
    """Return how many comparisons are in the database: as many as the people were told are saved."""
    return Comparison.objects.filter(turn__task__study=study).count()
