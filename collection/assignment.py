"""Giving an annotator their next task: the open one, one that is held for them, or one drawn at this moment."""

import random
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from annotators import enrolment, recruiting
from annotators.models import Annotator, Panel
from collection import kinds, places, tallies
from collection.drawing import draw
from collection.models import Comparison, Item, Overlap, Prompt, Study, Task, Turn
from collection.models.prompt import OverlapQuerySet
from collection.models.task import without
from collection.orders import balanced_order, drawn_order
from collection.tallies import Tally

PATIENCE_SECONDS = 5
"""How long a task is tried for while others take every place that is drawn."""

MOST_DRAWS = 10
"""Draws within such an attempt."""


SCREENED_OUT = "screened_out"
"""What `NotAdmitted` needs where there is no place for the person."""

STOPPED = "standing"
"""What it needs where a rule or a researcher gives them no new tasks."""


class NoTaskAvailable(Exception):
    """The annotator has done all that is asked of one person, or no open study of their panel wants more."""


class EnoughForToday(NoTaskAvailable):
    """The annotator has done all that a study asks of one person in a day; more comes tomorrow."""


class TooFewTasks(NoTaskAvailable):
    """A study promises whoever starts some tasks, and there are not so many left for this annotator."""


class PlacesAreBusy(NoTaskAvailable):
    """Others were taking the places that are left, again and again. Nothing was changed; asking again will do."""


class HasOverdue(Exception):
    """The person has tasks that are to be ended first: their lease has run out, or their study gives none out."""


class NotAdmitted(Exception):
    """Something comes before tasks: `needs` is consent or survey.

    Or screened_out where there is no place for them, standing where they get no new tasks.
    """

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
    for tally in tallies.of(annotator, now=timezone.now()):
        study, done = tally.study, done + tally.done
        # A closed study asks for nothing more.
        over = study.state == Study.State.CLOSED or annotator.language not in study.asks.languages
        of += tally.done if over else max(tally.done, study.asks.tasks_per_annotator)
    return Progress(done=done, of=of)


def next_task(*, annotator: Annotator, now: datetime) -> Task:
    """Return the annotator's open task, or assign a new one.

    :raises NoTaskAvailable: if no study wants one.
    :raises NotAdmitted: if consent or questions come first.
    """
    _admit(annotator, now=now)
    try:
        return _given_patiently(annotator=annotator, now=now)
    except EnoughForToday:
        raise
    except NoTaskAvailable:
        # What others let expire is wanted again, and what became ready is offered, also before the sweeps come by.
        expire(now=now, panel=annotator.panel, skip_busy=False)
        places.offer_ready(panel=annotator.panel)
    try:
        return _given_patiently(annotator=annotator, now=now)
    except TooFewTasks:
        # Nobody starts who cannot be given what is promised (decision 5).
        recruiting.screen_out(annotator=annotator)
        raise NotAdmitted(SCREENED_OUT) from None


def _admit(annotator: Annotator, *, now: datetime) -> None:
    if annotator.is_stopped or recruiting.has_place(annotator, now=now) or enrolment.needs(annotator):
        return
    try:
        recruiting.admit(annotator=annotator, now=now)
    except recruiting.ScreenedOut:
        raise NotAdmitted(SCREENED_OUT) from None


def _given_patiently(*, annotator: Annotator, now: datetime) -> Task:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return give_task(annotator=annotator, now=now)
        except PlacesAreBusy:
            if time.monotonic() > until:
                raise
            # Everything of this attempt was rolled back, so that nobody waits for us while we wait.
            time.sleep(random.uniform(0.005, 0.05))
        except HasOverdue:
            _end_overdue(annotator, now=now)


def _end_overdue(annotator: Annotator, *, now: datetime) -> None:
    # Transactions of their own: giving one place back and taking another in the same transaction would let two people
    # who swap places wait for each other for ever.
    for task in Task.objects.of(annotator).live().select_related("study"):
        if task.lease_until < now:
            _expire(task=task, now=now)
        elif task.is_held and task.study.state != Study.State.OPEN:
            _let_go_alone(task)


def is_something_left(*, annotator: Annotator) -> bool:
    """Whether the person has an open task or could get one. Looks, and changes nothing.

    :raises NotAdmitted: if consent or questions come first.
    """
    if annotator.is_stopped and not Task.objects.of(annotator).open().exists():
        raise NotAdmitted(STOPPED)
    if Task.objects.of(annotator).live().exists():
        return True
    if needs := enrolment.needs(annotator):
        raise NotAdmitted(needs)
    return any(
        _wants_more_of(annotator, study) and (_own_share(study) > 0 or _could_be_offered(annotator, study))
        for study in Study.objects.open().for_panel(annotator.panel)
    )


@transaction.atomic
def give_task(*, annotator: Annotator, now: datetime) -> Task:
    """Do what `next_task` does, in one transaction, which may be the caller's: nothing expires.

    :raises HasOverdue: if something has to.
    :raises NoTaskAvailable: if no study wants one.
    :raises NotAdmitted: if consent or questions come first.
    """
    # A double click waits here for the first click, and then finds the task that it got.
    person = annotator.locked()
    if person.is_stopped:
        return _of_stopped(person)
    if person.standing != Annotator.Standing.ACTIVE:
        raise NoTaskAvailable
    live = list(Task.objects.of(person).live().select_related("study"))
    if any(_is_over(task, now=now) for task in live):
        raise HasOverdue
    if current := next((task for task in live if task.is_open), None):
        return current
    if needs := enrolment.needs(person):
        raise NotAdmitted(needs)
    # The oldest of those that are held.
    held = min(live, key=lambda task: task.pk, default=None)
    return _begun(held, now=now) if held else _assigned(person=person, now=now)


def _is_over(task: Task, *, now: datetime) -> bool:
    return task.lease_until < now or (task.is_held and task.study.state != Study.State.OPEN)


def _of_stopped(person: Annotator) -> Task:
    """Return the task that somebody who is paused may finish."""
    task = Task.objects.of(person).open().first()
    if task is None:
        raise NotAdmitted(STOPPED)
    return task


@transaction.atomic
def hold_next(*, annotator: Annotator, now: datetime) -> Task | None:
    """Keep the task that comes after the open one, so that "next" finds it there; None where there is none to keep.

    Asked again it keeps no more than the study says.
    """
    person = annotator.locked()
    live = list(Task.objects.of(person).live().select_related("study"))
    current = next((task for task in live if task.is_open), None)
    if current is None or person.standing != Annotator.Standing.ACTIVE:
        return None
    kept = sum(task.is_held for task in live)
    if current.study.state != Study.State.OPEN or kept >= current.study.asks.held.ahead or enrolment.needs(person):
        return None
    try:
        return _assigned(person=person, now=now, state=Task.State.HELD)
    except (NoTaskAvailable, NotAdmitted):
        return None


def _begun(task: Task, *, now: datetime) -> Task:
    """Open a task that is held."""
    task.state = Task.State.OPEN
    task.lease_until = now + timedelta(minutes=task.asks.lease_minutes)
    task.recorded_at = now
    task.save(update_fields=["state", "lease_until", "recorded_at"])
    # It happens now: before, nobody has seen it.
    Turn.objects.filter(task=task).update(recorded_at=now)
    return task


def _assigned(*, person: Annotator, now: datetime, state: Task.State = Task.State.OPEN) -> Task:
    why: NoTaskAvailable = NoTaskAvailable()
    for tally in tallies.of(person, now=now):
        if tally.study.state != Study.State.OPEN:
            continue
        tally.study.panel = person.panel
        try:
            return _first_or_next(person=person, tally=tally, now=now, state=state)
        except NoTaskAvailable as refusal:
            why = refusal
    raise why


def _first_or_next(*, person: Annotator, tally: Tally, now: datetime, state: Task.State) -> Task:
    """Draw a task of a study; with a person's first one, hold as many as the study promises whoever starts."""
    asks = tally.study.asks
    if person.language not in asks.languages or tally.counted >= asks.tasks_per_annotator:
        raise NoTaskAvailable
    if asks.tasks_per_day and tally.given_today >= asks.tasks_per_day:
        raise EnoughForToday
    promised = 0 if tally.given else asks.held.reserved
    task = _drawn(person=person, tally=tally, now=now, state=state)
    if task is None:
        raise TooFewTasks if promised else NoTaskAvailable
    recruiting.begin(annotator=person)
    for _each in range(promised - task.is_regular):
        if _drawn(person=person, tally=tally, now=now, state=Task.State.HELD) is None:
            raise TooFewTasks
    return task


def _wants_more_of(person: Annotator, study: Study) -> bool:
    done = Task.objects.of(person).filter(study=study).done()
    return person.language in study.asks.languages and done.count() < study.asks.tasks_per_annotator


def _own_share(study: Study) -> float:
    """Return the share of tasks that open with one's own words: none where nobody could write the answers."""
    return study.asks.prompts.own_share if study.terms.live_recipe(opening=True) else 0.0


def _drawn(*, person: Annotator, tally: Tally, now: datetime, state: Task.State) -> Task | None:
    """Draw, by a seed that is kept, which kind of task comes, and an item or a prompt of one's own."""
    study = tally.study
    seed = secrets.randbits(63)
    rng = random.Random(seed)
    minutes = study.asks.lease_minutes if state == Task.State.OPEN else study.asks.held.minutes
    task = Task(
        annotator=person,
        study=study,
        version=study.terms,
        state=state,
        lease_until=now + timedelta(minutes=minutes),
        draw_seed=seed,
        draw_probability=1.0,
        recorded_at=now,
    )
    if special := kinds.special(person=person, study=study, practises=tally.practises, rng=rng):
        task.kind, task.item, task.repeat_of = special.kind, special.item, special.repeat_of
        task.draw_probability = special.probability
        return _opened(task, special.item, order_index=None, now=now)
    return _regular(task, rng=rng, now=now)


def _regular(task: Task, *, rng: random.Random, now: datetime) -> Task | None:
    own_share = _own_share(task.study)
    task.draw_probability = own_share
    if rng.random() >= own_share:
        if place := _place(person=task.annotator, study=task.study, rng=rng):
            taken, chance = place
            task.overlap_id = taken.overlap_id
            task.draw_probability = (1 - own_share) * chance
            return _opened(task, taken.item, order_index=taken.order_index, now=now)
        if own_share == 0:
            return None
        # With the items used up, one's own words are all that could come.
        task.draw_probability = 1.0
    task.save(force_insert=True)
    return task


def _place(*, person: Annotator, study: Study, rng: random.Random) -> tuple[places.Taken, float] | None:
    """Take a place of an item drawn from the least-filled ones; return it with the probability of that draw.

    :raises PlacesAreBusy: if others were taking every item that was drawn.
    """
    eligible = _eligible(person, study)
    for _draw in range(MOST_DRAWS):
        drawn = draw(eligible, rng=rng)
        if drawn is None:
            return None
        if taken := places.take(drawn.overlap_id, level=drawn.level):
            return taken, drawn.probability
    raise PlacesAreBusy


def _eligible(person: Annotator, study: Study) -> OverlapQuerySet:
    """Items of the person's language and stratum that want people and are offered, but for those they have seen."""
    stratum = places.stratum_of(person, study.asks)
    if stratum is None:
        return Overlap.objects.none()
    wanting = Overlap.objects.wanting().offered().filter(study=study, language=person.language, stratum=stratum)
    # By their keys, so that the draw looks at one table.
    return wanting.but_for(_seen(person, study))


_SEEN = """
    select item.id, prompt.study_id, prompt."group", prompt.text_sha256
    from collection_task task
    join collection_item item on item.id = task.item_id
    join collection_prompt prompt on prompt.id = item.prompt_id
    where task.annotator_id = %s
"""


def _seen(person: Annotator, study: Study) -> list[int]:
    """Return the items of a study whose prompt this person has seen.

    The same words count as seen in every study, translations (a group) within theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [person.pk])
        rows = cursor.fetchall()
    items = [item for item, study_id, *_ in rows if study_id == study.pk]
    prompts = Prompt.objects.filter(study=study, language=person.language)
    if groups := {group for _item, study_id, group, _text in rows if group and study_id == study.pk}:
        items += prompts.exclude(group="").filter(group__in=groups).values_list("item", flat=True)
    if texts := {text for _item, study_id, _group, text in rows if study_id != study.pk}:
        items += prompts.filter(text_sha256__in=texts).values_list("item", flat=True)
    return items


def _could_be_offered(person: Annotator, study: Study) -> bool:
    """Whether an item is left for the person, counting those whose set is ready and that nobody has offered yet."""
    ready = Item.objects.assignable().filter(overlaps__in=Overlap.objects.filter(offered=False, study=study))
    return _eligible(person, study).exists() or ready.exclude(pk__in=_seen(person, study)).exists()


def _opened(task: Task, item: Item, *, order_index: int | None, now: datetime) -> Task:
    """Save an item's task with its first turn: the item's prompt and set, in an order drawn for this person alone."""
    assert item.candidate_set is not None
    assert item.candidate_set.canonical_order is not None
    k = len(item.candidate_set.canonical_order)
    seed = item.order_seed if order_index is not None else secrets.randbits(62)
    task.item = item
    task.save(force_insert=True)
    turn = Turn.objects.create(
        task=task,
        number=1,
        message=item.prompt.text,
        candidate_set=item.candidate_set,
        order=drawn_order(k=k, seed=seed) if order_index is None else balanced_order(k=k, seed=seed, index=order_index),
        order_seed=seed,
        order_index=order_index,
        idempotency_key=uuid.uuid4(),
        recorded_at=now,
    )
    without(task, "draft")
    without(turn, "comparison")
    task.turns_so_far = [turn]
    return task


# ---- ending ----------------------------------------------------------------------------------------------------------
def let_go(task: Task) -> None:
    """Give up a task that is held: nobody has seen it, so nothing of it stays. The caller has locked the person."""
    places.give_back(task)
    Task.objects.held().filter(pk=task.pk).delete()


@transaction.atomic
def _let_go_alone(task: Task) -> None:
    Annotator.objects.one_at_a_time().get(pk=task.annotator_id)
    if held := Task.objects.held().filter(pk=task.pk).first():
        let_go(held)


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
    overdue = Task.objects.overdue(now=now).filter(pk=task.pk)
    if held := overdue.held().first():
        let_go(held)
        return True
    ended = overdue.update(state=Task.State.EXPIRED, finished_at=now)
    if ended and not Comparison.objects.filter(turn__task=task, turn__number=1).exists():
        places.give_back(task)
    return bool(ended)
