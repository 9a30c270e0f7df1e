"""What happens in a task: messages sent, answers compared, the conversation ended, skipped or reported.

Every function that changes something locks the person first and looks at the task afresh behind that lock; the task
that a caller holds may be out of date afterwards.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

from django.db import transaction
from django.db.models import Case, Q, Value, When

from collection import exposure, places, qualifying, typed
from collection.models import Comparison, Draft, Item, Report, Task, Turn
from collection.orders import drawn_order
from sampling import intake
from sampling.models import Candidate

JUST_NOW = timedelta(seconds=30)

NONE: Literal["none"] = "none"
"""The choice of who likes none of the candidates."""
STRENGTHS = (1, 2, 3)
"""How clear a preference is, from slight to clear."""


class Refused(Exception):
    """Something a person sent cannot be done now; `reason` is for programs."""

    reason = "refused"


class TaskIsOver(Refused):
    """The task takes no more work: it was completed, left, or expired while its annotator went on to another one."""

    reason = "task-is-over"


class NotYourTurn(Refused):
    """It is not the moment for this: answers are to be compared first, or to be written, or a message is missing."""

    reason = "not-your-turn"


class NotReady(Refused):
    """The candidates are not there yet, or could not be written."""

    reason = "not-ready"


class AlreadyCompared(Refused):
    """This turn was compared before, by another submission than this one."""

    reason = "already-compared"


class NoneNotAllowed(Refused):
    """The study wants one of the candidates to be chosen."""

    reason = "none-not-allowed"


class ChoiceNotOffered(Refused):
    """There is no such place on the screen."""

    reason = "choice-not-offered"


class ExplanationMissing(Refused):
    """The study wants to know why."""

    reason = "explanation-missing"


class TooFewTurns(Refused):
    """The study wants a longer conversation."""

    reason = "too-few-turns"


@dataclass(frozen=True)
class Measured:
    """What a page can say about how something was done; empty where it has no script."""

    device: str = ""
    """A value of Comparison.Device."""
    seconds_visible: float | None = None
    """For how long the page could be seen with the answers on it."""
    pasted_characters: int | None = None
    """How many characters were pasted into what is sent; never which."""
    exposure: str = ""
    """What was seen of each answer, as `collection.exposure` reads it."""


@dataclass(frozen=True)
class AlsoSaid:
    """What a person says beside their choice. What the study does not ask for is not kept."""

    strength: int | None = None
    """How clear the preference for the chosen answer is: 1 (slight) to 3 (clear)."""
    acceptable: Sequence[str] = ()
    """By place on the screen: "yes", "no", or "" for not said."""
    better: str = ""
    """What would have been better than all of them."""


UNMEASURED = Measured()
NOTHING_ELSE = AlsoSaid()


class Step(Enum):
    """What a task asks of its annotator now."""

    WRITE_OPENING = "write-opening"
    WAIT = "wait"
    FAILED = "failed"
    COMPARE = "compare"
    WRITE_NEXT = "write-next"
    REWORD = "reword"
    DONE = "done"


# What a message is, by the step in which it is sent.
FOLLOWS = {
    Step.WRITE_OPENING: Turn.Follows.START,
    Step.WRITE_NEXT: Turn.Follows.CHOICE,
    Step.REWORD: Turn.Follows.REWORDING,
}


# ---- reading ---------------------------------------------------------------------------------------------------------
def step(task: Task) -> Step:
    """Return what the task asks of its annotator now. The one place that decides this."""
    turn = task.current_turn
    if not task.is_open:
        return Step.DONE
    if turn is None:
        return Step.WRITE_OPENING
    if turn.is_compared:
        return Step.REWORD if turn.comparison.outcome == Comparison.Outcome.NONE else Step.WRITE_NEXT
    if turn.candidate_set.is_ready:
        return Step.COMPARE
    return Step.FAILED if turn.candidate_set.has_failed else Step.WAIT


def is_last_turn(turn: Turn) -> bool:
    """Whether the task is completed once this turn is compared. Checks, repeats and practice have one turn."""
    terms = turn.task.terms
    return not turn.task.is_regular or terms.later_recipe_id is None or turn.number >= terms.asks.turns.maximum


def can_end(task: Task) -> bool:
    """Whether the annotator may end here: nothing is left to compare, and the study's minimum of turns is reached."""
    compared = sum(turn.is_compared for turn in task.turns_so_far)
    return compared >= max(1, task.asks.turns.minimum) and step(task) in {Step.WRITE_NEXT, Step.REWORD, Step.FAILED}


# ---- messages --------------------------------------------------------------------------------------------------------
@transaction.atomic
def send_message(
    *, task: Task, message: str, idempotency_key: uuid.UUID, measured: Measured = UNMEASURED, now: datetime
) -> Turn:
    """Send the opening prompt, the next message, or the message in other words, and ask for its candidates.

    The same key again returns the same turn.

    :raises TaskIsOver: if the task takes no more work.
    :raises NotYourTurn: if something else comes first.
    :raises typed.TextRefused: if the message is empty or too long.
    """
    task = _locked(task)
    for turn in task.turns_so_far:
        if turn.idempotency_key == idempotency_key:
            return turn
    _resume(task)
    follows = FOLLOWS.get(step(task))
    if follows is None:
        raise NotYourTurn
    turn = _add_turn(task, message=typed.message(message), follows=follows, idempotency_key=idempotency_key, now=now)
    if measured.pasted_characters is not None:
        turn.pasted_characters = measured.pasted_characters
        turn.save(update_fields=["pasted_characters"])
    Draft.objects.filter(task=task).update(message="")
    return turn


def _add_turn(task: Task, *, message: str, follows: Turn.Follows, idempotency_key: uuid.UUID, now: datetime) -> Turn:
    number = len(task.turns_so_far) + 1
    recipe = task.terms.live_recipe(opening=number == 1)
    assert recipe is not None
    candidate_set = intake.request_candidates(
        messages=[*task.history(), {"role": "user", "content": message}],
        language=task.annotator.language,
        recipe=recipe,
        factual=task.item is not None and task.item.prompt.is_factual(task.asks),
        now=now,
    )
    seed = secrets.randbits(63)
    turn = Turn.objects.create(
        task=task,
        number=number,
        follows=follows,
        message=message,
        candidate_set=candidate_set,
        order=drawn_order(k=recipe.says.candidates, seed=seed),
        order_seed=seed,
        idempotency_key=idempotency_key,
        recorded_at=now,
    )
    task.__dict__.pop("turns_so_far", None)
    _extend_lease(task, now=now)
    return turn


@transaction.atomic
def retry(*, turn: Turn, by_itself: bool = False, now: datetime) -> bool:
    """Ask once more for candidates that could not be written; whether this call was the one that did.

    `by_itself`: nobody asked for it, and it is done once per turn.
    """
    task = _locked(turn.task)
    current = task.current_turn
    if current is None or current != turn or step(task) != Step.FAILED or (by_itself and current.asked_again):
        return False
    _extend_lease(task, now=now)
    if not intake.request_again(candidate_set=current.candidate_set, now=now):
        return False
    current.asked_again += 1
    current.save(update_fields=["asked_again"])
    return True


# ---- comparisons -----------------------------------------------------------------------------------------------------
def mark_shown(*, turn: Turn, now: datetime) -> None:
    """Note when the candidates were first on the screen."""
    if turn.shown_at is None and turn.candidate_set.is_ready:
        Turn.objects.filter(pk=turn.pk, shown_at=None).update(shown_at=now)
        # A task that was just given has all its time still.
        if turn.task.recorded_at + JUST_NOW < now:
            _extend_lease(turn.task, now=now)


@transaction.atomic
def compare(
    *,
    turn: Turn,
    choice: int | Literal["none"],
    explanation: str,
    idempotency_key: uuid.UUID,
    also: AlsoSaid = NOTHING_ELSE,
    measured: Measured = UNMEASURED,
    now: datetime,
) -> Comparison:
    """Keep which candidate the annotator prefers (its place on their screen, from 0), or that it is none of these.

    Exactly once per turn: the same key again returns the same comparison. Work that comes after the task expired is
    kept, in its place if that is free still.

    :raises AlreadyCompared: if another submission came first.
    :raises TaskIsOver: if the task was left.
    :raises NotReady: if there is nothing to compare yet.
    :raises ChoiceNotOffered: if there is no such place.
    :raises NoneNotAllowed: if the study wants a choice.
    :raises ExplanationMissing: if the study wants a reason.
    :raises typed.TextRefused: if the explanation is too short or too long.
    """
    task = _locked(turn.task)
    turn = next(each for each in task.turns_so_far if each.pk == turn.pk)
    if turn.is_compared:
        # What the browser sends twice, because the first answer was lost or slow, is one comparison.
        if turn.comparison.idempotency_key == idempotency_key:
            return turn.comparison
        raise AlreadyCompared
    if not _takes_late_work(task):
        raise TaskIsOver
    candidate = _candidate(turn, choice)
    comparison = Comparison.objects.create(
        turn=turn,
        outcome=Comparison.Outcome.NONE if candidate is None else Comparison.Outcome.CHOSEN,
        candidate=candidate,
        explanation=_explanation(turn, explanation),
        **_also(turn, also, has_chosen=candidate is not None),
        idempotency_key=idempotency_key,
        recorded_at=now,
        device=measured.device,
        seconds_visible=measured.seconds_visible,
        pasted_characters=measured.pasted_characters,
        exposure=exposure.read(measured.exposure, places=len(turn.order)),
    )
    _keep_place(turn)
    qualifying.judge(comparison, now=now)
    _go_on(turn, now=now)
    return comparison


def _candidate(turn: Turn, choice: int | Literal["none"]) -> Candidate | None:
    if not turn.candidate_set.is_ready:
        raise NotReady
    if choice == NONE:
        if not turn.task.asks.none_of_these.allowed:
            raise NoneNotAllowed
        return None
    if choice not in range(len(turn.order)):
        raise ChoiceNotOffered
    return turn.candidate_set.candidates.get(slot=turn.order[choice])


def _explanation(turn: Turn, text: str) -> str:
    policy = turn.task.asks.explanations
    if not policy.is_asked_in(turn.pk):
        return ""
    kept = typed.explanation(text, minimum=policy.minimum(turn.task.annotator.language))
    if policy.asked == "required" and not kept:
        raise ExplanationMissing
    return kept


def _also(turn: Turn, also: AlsoSaid, *, has_chosen: bool) -> dict[str, Any]:
    asked, acceptable = turn.task.asks.also_ask, list(also.acceptable)
    fits = len(acceptable) == len(turn.order) and set(acceptable) <= {"yes", "no", ""} and any(acceptable)
    return {
        "strength": also.strength if asked.strength and has_chosen and also.strength in STRENGTHS else None,
        "acceptable": acceptable if asked.acceptable and fits else None,
        "better": typed.explanation(also.better, minimum=0) if asked.better and not has_chosen else "",
    }


def _keep_place(turn: Turn) -> None:
    """Hold the item's place for a first comparison that came after its task had given the place back."""
    task = turn.task
    holds = task.overlap_id is not None or not task.item_id or not task.is_regular
    if turn.number == 1 and not holds and not places.take_again(task):
        task.surplus = True
        task.save(update_fields=["surplus"])


def _go_on(turn: Turn, *, now: datetime) -> None:
    """Do what the study wants after this comparison."""
    task = turn.task
    was_none = turn.comparison.outcome == Comparison.Outcome.NONE
    then = task.asks.none_of_these.then
    if is_last_turn(turn) or (was_none and then == "end"):
        _finish(task, state=Task.State.COMPLETED, now=now)
        return
    Draft.objects.filter(task=task).update(explanation="", choice="", more=None)
    try:
        _resume(task)
    except TaskIsOver:
        # The annotator is in another task by now; this comparison stands, and this conversation goes no further.
        return
    _extend_lease(task, now=now)
    if was_none and then == "fresh" and turn.follows != Turn.Follows.FRESH_SET:
        _add_turn(task, message=turn.message, follows=Turn.Follows.FRESH_SET, idempotency_key=uuid.uuid4(), now=now)


# ---- ending ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def end(*, task: Task, now: datetime) -> None:
    """End a conversation that is long enough, before its maximum. Ending it again changes nothing.

    :raises TaskIsOver: if it was left.
    :raises TooFewTurns: if the study wants more turns.
    :raises NotYourTurn: if answers wait to be compared.
    """
    task = _locked(task)
    if task.state == Task.State.COMPLETED:
        return
    _resume(task)
    if not can_end(task):
        waits = step(task) in {Step.WAIT, Step.COMPARE}
        raise NotYourTurn if waits else TooFewTurns
    _finish(task, state=Task.State.COMPLETED, now=now)


@transaction.atomic
def skip(*, task: Task, reason: str, now: datetime) -> None:
    """Leave a task without penalty. Leaving it again changes nothing.

    :raises TaskIsOver: if it was completed or expired.
    """
    task = _locked(task)
    if task.state == Task.State.ABANDONED:
        return
    if not task.is_open:
        raise TaskIsOver
    _leave(task, because=typed.cleaned(reason)[:40] or "skipped", now=now)


@transaction.atomic
def report(*, turn: Turn, place: int, reason: str, now: datetime) -> Report:
    """Take a report of a harmful candidate: the task is left without penalty, the item frozen until somebody looks.

    :raises ChoiceNotOffered: if there is no such place.
    :raises TaskIsOver: if the person has withdrawn in the meantime.
    """
    task = _locked(turn.task)
    if not task.annotator.may_finish:
        raise TaskIsOver
    if not turn.candidate_set.is_ready or place not in range(len(turn.order)):
        raise ChoiceNotOffered
    candidate = turn.candidate_set.candidates.get(slot=turn.order[place])
    # Locked also where it is frozen already: a researcher who settles another report on it now would not see this one.
    item = Item.objects.select_for_update(no_key=True).filter(tasks=task, candidate_set=turn.candidate_set).first()
    made, _created = Report.objects.get_or_create(
        turn=turn,
        candidate=candidate,
        defaults={"reason": typed.cleaned(reason)[: typed.MAXIMUM], "recorded_at": now},
    )
    if item is not None and item.frozen_at is None:
        item.frozen_at = now
        item.save(update_fields=["frozen_at"])
        places.withhold(item)
    if task.is_open:
        _leave(task, because="reported", now=now)
    return made


def break_off(task: Task, *, because: str, now: datetime) -> None:
    """End an open task for its annotator. The caller has locked the person."""
    _leave(task, because=because, now=now)


def _leave(task: Task, *, because: str, now: datetime) -> None:
    task.left_because = because
    # An accepted first comparison keeps its place.
    if not (task.turns_so_far and task.turns_so_far[0].is_compared):
        places.give_back(task)
    _finish(task, state=Task.State.ABANDONED, now=now)


def _finish(task: Task, *, state: Task.State, now: datetime) -> None:
    task.state = state
    task.finished_at = now
    task.save(update_fields=["state", "finished_at", "left_because"])
    Draft.objects.filter(task=task).delete()


# ---- drafts ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def save_draft(
    *,
    task: Task,
    now: datetime,
    message: str | None = None,
    explanation: str | None = None,
    choice: str | None = None,
    more: dict[str, str] | None = None,
    turn_number: int | None = None,
) -> bool:
    """Keep what was typed and picked so far, and return whether it was kept; None leaves a part as it is.

    `turn_number` is the turn that the page showed (0 before the first): a draft that comes late, when what it drafted
    has been sent, is dropped.
    """
    task = _locked(task)
    turn = task.current_turn
    if not _takes_late_work(task) or turn_number not in {None, turn.number if turn else 0}:
        return False
    parts = {"message": message}
    if turn is not None and not turn.is_compared:
        parts |= {"explanation": explanation, "choice": choice}
    kept: dict[str, Any] = {name: _drafted(text) for name, text in parts.items() if text is not None}
    kept |= {"choice": _drafted_choice(turn, kept["choice"])} if "choice" in kept else {}
    if more is not None and "explanation" in parts:
        kept["more"] = {name: _drafted(text) for name, text in more.items()}
    Draft.objects.update_or_create(task=task, defaults={**kept, "updated_at": now})
    _extend_lease(task, now=now)
    return True


def _drafted(text: str) -> str:
    return typed.storable(text)[: typed.DRAFT_MAXIMUM]


def _drafted_choice(turn: Turn | None, choice: str) -> str:
    places = {str(place) for place in range(len(turn.order))} if turn else set()
    return choice if choice in places | {NONE} else ""


# ---- behind every change ---------------------------------------------------------------------------------------------
def _locked(task: Task) -> Task:
    """Return the task as it is, after locking its annotator: what one person sends is handled one after the other."""
    person = task.annotator.locked()
    fresh = Task.objects.get(pk=task.pk)
    fresh.annotator = person
    return fresh


def _takes_late_work(task: Task) -> bool:
    return task.annotator.may_finish and task.state in {Task.State.OPEN, Task.State.EXPIRED}


def _resume(task: Task) -> None:
    """Open an expired task again for who comes back to it, unless they are in another one."""
    if task.is_open:
        return
    elsewhere = Task.objects.of(task.annotator).open().exists()
    if elsewhere or not _takes_late_work(task):
        raise TaskIsOver
    task.state, task.finished_at = Task.State.OPEN, None
    task.save(update_fields=["state", "finished_at"])


def _extend_lease(task: Task, *, now: datetime) -> None:
    # Only of an open task: a lease that ran out is judged elsewhere.
    until = now + timedelta(minutes=task.asks.lease_minutes)
    held = now + timedelta(minutes=task.asks.held.minutes)
    these = Task.objects.of(task.annotator).filter(Q(state=Task.State.HELD) | Q(state=Task.State.OPEN, pk=task.pk))
    these.update(lease_until=Case(When(state=Task.State.OPEN, then=Value(until)), default=Value(held)))
