"""Giving an annotator their next task, and keeping count of the places that tasks hold."""

import random
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, QuerySet

from annotators import enrolment
from annotators.models import Annotator, Panel
from collection.models import Comparison, Overlap, Prompt, Study, Task, Turn
from collection.orders import balanced_order
from sampling.models import CandidateSet

EVERYBODY = ""
"""The stratum of items that do not tell people apart."""


class NoTaskAvailable(Exception):
    """The annotator has done all that is asked of one person, or no open study of their panel wants more."""


class NotAdmitted(Exception):
    """Something comes before tasks: `needs` is consent or survey."""

    def __init__(self, needs: str) -> None:
        super().__init__(needs)
        self.needs = needs


@dataclass(frozen=True)
class Progress:
    """How far a person is."""

    done: int
    of: int


def progress(annotator: Annotator) -> Progress:
    """Return how many tasks the person has done, of how many that are asked of one person."""
    done = of = 0
    studies = Study.objects.for_panel(annotator.panel).exclude(state=Study.State.DRAFT).select_related("version")
    for study in studies:
        finished = Task.objects.of(annotator).filter(study=study).done().count()
        done += finished
        # A closed study asks for nothing more.
        over = study.state == Study.State.CLOSED or annotator.language not in study.asks.languages
        of += finished if over else max(finished, study.asks.tasks_per_annotator)
    return Progress(done=done, of=of)


def next_task(*, annotator: Annotator, now: datetime) -> Task:
    """Return the annotator's open task, or assign a new one.

    :raises NoTaskAvailable: if no study wants one.
    :raises NotAdmitted: if consent or questions come first.
    """
    # Expiries are transactions of their own: giving one place back and taking another in the same transaction would let
    # two people who swap places wait for each other for ever.
    for task in Task.objects.of(annotator).overdue(now=now):
        _expire(task=task, now=now)
    try:
        return give_task(annotator=annotator, now=now)
    except NoTaskAvailable:
        # What others let expire is wanted again, also before the sweep comes by.
        expire(now=now, panel=annotator.panel, skip_busy=False)
    return give_task(annotator=annotator, now=now)


def is_something_left(*, annotator: Annotator) -> bool:
    """Whether the person has an open task or could get one. Looks, and changes nothing.

    :raises NotAdmitted: if consent or questions come first.
    """
    if Task.objects.of(annotator).open().exists():
        return True
    if needs := enrolment.needs(annotator):
        raise NotAdmitted(needs)
    studies = Study.objects.open().for_panel(annotator.panel).select_related("version__first_recipe")
    return any(
        _wants_more_of(annotator, study) and (_own_share(study) > 0 or _eligible(annotator, study).exists())
        for study in studies.select_related("version__later_recipe")
    )


@transaction.atomic
def give_task(*, annotator: Annotator, now: datetime) -> Task:
    """Do what `next_task` does, in one transaction, which may be the caller's: nothing expires.

    :raises NoTaskAvailable: if no study wants one.
    :raises NotAdmitted: if consent or questions come first.
    """
    # A double click waits here for the first click, and then finds the task that it got.
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if person.standing != Annotator.Standing.ACTIVE:
        raise NoTaskAvailable
    task = Task.objects.of(person).open().select_related("study", "version").first()
    return task or _assigned(person=person, now=now)


def _assigned(*, person: Annotator, now: datetime) -> Task:
    if needs := enrolment.needs(person):
        raise NotAdmitted(needs)
    studies = Study.objects.open().for_panel(person.panel).order_by("pk")
    for study in studies.select_related("version__first_recipe", "version__later_recipe"):
        if _wants_more_of(person, study) and (task := _drawn(person=person, study=study, now=now)):
            return task
    raise NoTaskAvailable


def _wants_more_of(person: Annotator, study: Study) -> bool:
    done = Task.objects.of(person).filter(study=study).done()
    return person.language in study.asks.languages and done.count() < study.asks.tasks_per_annotator


def _own_share(study: Study) -> float:
    """Return the share of tasks that open with one's own words: none where nobody could write the answers."""
    assert study.version is not None
    return study.asks.prompts.own_share if study.version.live_recipe(opening=True) else 0.0


def _drawn(*, person: Annotator, study: Study, now: datetime) -> Task | None:
    """Draw, by a seed that is kept, an item or a prompt of one's own, in the study's mix."""
    assert study.version is not None
    seed = secrets.randbits(63)
    rng = random.Random(seed)
    task = Task(
        annotator=person,
        study=study,
        version=study.version,
        lease_until=now + timedelta(minutes=study.asks.lease_minutes),
        draw_seed=seed,
        recorded_at=now,
    )
    own_share = _own_share(study)
    task.draw_probability = own_share
    if rng.random() >= own_share:
        if item := _place(person=person, study=study, rng=rng):
            overlap, chance = item
            task.draw_probability = (1 - own_share) * chance
            return _opened(task, overlap, now=now)
        if own_share == 0:
            return None
        # With the items used up, one's own words are all that could come.
        task.draw_probability = 1.0
    task.save(force_insert=True)
    return task


def _place(*, person: Annotator, study: Study, rng: random.Random) -> tuple[Overlap, float] | None:
    """Take a place of an item drawn from the least-filled ones; return it with the probability of that draw."""
    eligible = _eligible(person, study)
    while level := eligible.values("taken").annotate(items=Count("pk")).order_by("taken").first():
        at_level = eligible.filter(taken=level["taken"]).order_by("pk")
        pick = rng.randrange(level["items"])
        for pk in at_level.values_list("pk", flat=True)[pick : pick + 1]:
            # A conditional update, alone on the row that it changes: of all who want the last place, whoever comes
            # second waits for the first, sees it taken, and draws again.
            if Overlap.objects.wanting().filter(pk=pk).update(taken=F("taken") + 1, orders_drawn=F("orders_drawn") + 1):
                overlap = Overlap.objects.select_related("item__prompt", "item__candidate_set").get(pk=pk)
                if overlap.item.frozen_at is None:
                    return overlap, 1 / level["items"]
                # Reported between the draw and now.
                Overlap.objects.filter(pk=pk).update(taken=F("taken") - 1)
    return None


def _eligible(person: Annotator, study: Study) -> QuerySet[Overlap]:
    """Items in the person's language that want people and are fit to be shown, but for prompts they have seen."""
    seen = list(Prompt.objects.filter(item__tasks__annotator=person).values_list("study_id", "group", "text_sha256"))
    groups = {group for study_id, group, _text in seen if group and study_id == study.pk}
    wanting = Overlap.objects.wanting().filter(
        study=study,
        language=person.language,
        stratum=EVERYBODY,
        item__frozen_at=None,
        item__candidate_set__status=CandidateSet.Status.READY,
    )
    # The same words count as seen in every study, translations (a group) within theirs.
    return wanting.exclude(item__prompt__text_sha256__in={text for *_, text in seen}).exclude(
        item__prompt__group__in=groups
    )


def _opened(task: Task, overlap: Overlap, *, now: datetime) -> Task:
    """Save an item's task with its first turn: the item's prompt and set, in an order drawn for this person alone."""
    item = overlap.item
    assert item.candidate_set is not None
    assert item.candidate_set.canonical_order is not None
    index = overlap.orders_drawn - 1
    task.item, task.overlap = item, overlap
    task.save(force_insert=True)
    Turn.objects.create(
        task=task,
        number=1,
        message=item.prompt.text,
        candidate_set=item.candidate_set,
        order=balanced_order(k=len(item.candidate_set.canonical_order), seed=item.order_seed, index=index),
        order_seed=item.order_seed,
        order_index=index,
        idempotency_key=uuid.uuid4(),
        recorded_at=now,
    )
    return task


# ---- places ----------------------------------------------------------------------------------------------------------
def give_back(task: Task) -> None:
    """Let somebody else have the place that this task holds, if it holds one. The caller has locked the person."""
    held = task.overlap_id
    task.overlap = None
    # Conditional, so that no place is given back twice.
    if held and Task.objects.filter(pk=task.pk, overlap=held).update(overlap=None):
        Overlap.objects.filter(pk=held).update(taken=F("taken") - 1)


def take_again(task: Task) -> bool:
    """Take the place that this task gave back, if nobody else has it by now. The caller has locked the person."""
    overlap = Overlap.objects.filter(item=task.item_id, stratum=EVERYBODY).first()
    if overlap is None or not Overlap.objects.wanting().filter(pk=overlap.pk).update(taken=F("taken") + 1):
        return False
    task.overlap = overlap
    task.save(update_fields=["overlap"])
    return True


def expire(*, now: datetime, panel: Panel | None = None, skip_busy: bool = True) -> int:
    """End the tasks whose lease has run out; return how many. Each is a transaction of its own.

    Who is busy at this moment is not gone: a sweep goes past them.
    """
    overdue = Task.objects.overdue(now=now).order_by("lease_until")
    if panel is not None:
        overdue = overdue.filter(annotator__panel=panel)
    return sum(_expire(task=task, now=now, skip_busy=skip_busy) for task in overdue)


@transaction.atomic
def _expire(*, task: Task, now: datetime, skip_busy: bool = False) -> bool:
    person = Annotator.objects.filter(pk=task.annotator_id)
    if person.one_at_a_time(skip_busy=skip_busy).first() is None:
        return False
    ended = Task.objects.overdue(now=now).filter(pk=task.pk).update(state=Task.State.EXPIRED, finished_at=now)
    if ended and not Comparison.objects.filter(turn__task=task, turn__number=1).exists():
        give_back(task)
    return bool(ended)
