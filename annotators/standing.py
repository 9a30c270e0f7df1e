"""A person's standing: rules flag or pause, researchers look, let go on or end, and the person can appeal.

Agreement with other people is no part of any rule: it would punish the minorities whose answers are asked for.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotators import qualification
from annotators.judgements import Appeal, StandingChange
from annotators.models import Annotator

Kind = StandingChange.Kind
Rule = StandingChange.Rule
Standing = Annotator.Standing

ENOUGH_REPEATS = 5
"""Repeats from which on the share of equal choices is looked at; before, one change of mind would decide."""

MAXIMUM = 4000
"""Characters of a reason, an appeal or an answer to it."""


class NotPossible(Exception):
    """The person is not in a standing for this: withdrawn, never let in, or there already."""


class ReasonMissing(Exception):
    """Whoever stops a person has to tell them why."""


# ---- rules -----------------------------------------------------------------------------------------------------------
def judge_attention(*, annotator: Annotator, flag_after: int | None, pause_after: int | None, now: datetime) -> None:
    """Flag or pause a person who has missed so many attention checks. The caller has locked the person."""
    found = qualification.tally(annotator=annotator, kind=qualification.Kind.ATTENTION)
    numbers = {"missed": found.missed, "of": found.of}
    if flag_after is not None and found.missed >= flag_after:
        _note(annotator, Kind.FLAGGED, rule=Rule.ATTENTION, numbers=numbers, now=now)
    if pause_after is not None and found.missed >= pause_after:
        _note(annotator, Kind.PAUSED, rule=Rule.ATTENTION, numbers=numbers, now=now)


def judge_repeats(*, annotator: Annotator, flag_below: float | None, now: datetime) -> None:
    """Flag a person who chooses otherwise when asked again, too often. The caller has locked the person."""
    found = qualification.tally(annotator=annotator, kind=qualification.Kind.REPEAT)
    if flag_below is not None and found.of >= ENOUGH_REPEATS and found.passed < flag_below * found.of:
        numbers = {"missed": found.missed, "of": found.of}
        _note(annotator, Kind.FLAGGED, rule=Rule.REPEAT, numbers=numbers, now=now)


@transaction.atomic
def flag(*, annotator: Annotator, rule: str, numbers: dict[str, Any], now: datetime) -> bool:
    """Flag a person by a rule that looks at many of their turns; whether this call did."""
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    return _note(person, Kind.FLAGGED, rule=rule, numbers=numbers, now=now)


def _note(person: Annotator, kind: str, *, rule: str, numbers: dict[str, Any], now: datetime) -> bool:
    """Note that a rule was hit: once, until a researcher has looked."""
    known = person.standing_changes.filter(pk__gt=_last_look(person), kind=kind, rule=rule)
    if person.standing not in {Standing.ACTIVE, Standing.PAUSED} or known.exists():
        return False
    StandingChange.objects.create(annotator=person, kind=kind, rule=rule, numbers=numbers, recorded_at=now)
    if kind == Kind.PAUSED:
        _move(person, Standing.PAUSED)
    return True


def _last_look(person: Annotator) -> int:
    looked = person.standing_changes.filter(kind=Kind.RESUMED).order_by("-pk").values_list("pk", flat=True).first()
    return looked or 0


# ---- researchers -----------------------------------------------------------------------------------------------------
@transaction.atomic
def pause(*, annotator: Annotator, by: User, reason: str, now: datetime) -> None:
    """Give a person no new tasks until further notice. What they are in, they may finish.

    :raises ReasonMissing: if the person is not told why.
    :raises NotPossible: if they are not active.
    """
    _decide(annotator, Kind.PAUSED, become=Standing.PAUSED, coming={Standing.ACTIVE}, by=by, reason=reason, now=now)


@transaction.atomic
def resume(*, annotator: Annotator, by: User, reason: str = "", now: datetime) -> None:
    """Let a person go on, or note that what was flagged has been looked at; what was missed before counts no more.

    :raises NotPossible: if they have withdrawn or were never let in.
    """
    coming = {Standing.ACTIVE, Standing.PAUSED, Standing.ENDED}
    _decide(annotator, Kind.RESUMED, become=Standing.ACTIVE, coming=coming, by=by, reason=reason, now=now)


@transaction.atomic
def end(*, annotator: Annotator, by: User, reason: str, now: datetime) -> None:
    """End a person's part. Their open task is the caller's to end; what they did stands and is paid.

    :raises ReasonMissing: if the person is not told why.
    :raises NotPossible: if they are neither active nor paused.
    """
    coming = {Standing.ACTIVE, Standing.PAUSED}
    _decide(annotator, Kind.ENDED, become=Standing.ENDED, coming=coming, by=by, reason=reason, now=now)


def _decide(
    annotator: Annotator, kind: str, *, become: str, coming: set[Standing], by: User, reason: str, now: datetime
) -> None:
    told = reason.strip()[:MAXIMUM]
    if not told and kind != Kind.RESUMED:
        raise ReasonMissing
    # What the person sends at this moment comes before all of this or after it.
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if person.standing not in coming:
        raise NotPossible
    StandingChange.objects.create(annotator=person, kind=kind, by=by, reason=told, recorded_at=now)
    _move(person, become)


def _move(person: Annotator, standing: str) -> None:
    person.standing = standing
    person.save(update_fields=["standing"])


# ---- the person ------------------------------------------------------------------------------------------------------
def last_stop(annotator: Annotator) -> StandingChange | None:
    """Return what stopped the person, if they are stopped now."""
    if not annotator.is_stopped:
        return None
    return annotator.standing_changes.filter(kind__in=[Kind.PAUSED, Kind.ENDED]).order_by("-pk").first()


@transaction.atomic
def appeal(*, annotator: Annotator, text: str, now: datetime) -> Appeal:
    """Keep what a person says to being stopped; until it is answered, another text takes the place of the first.

    :raises NotPossible: if they are not stopped.
    """
    # A double click waits here for the first click.
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if not person.is_stopped:
        raise NotPossible
    said = {"text": text.strip()[:MAXIMUM], "recorded_at": now}
    made, _created = Appeal.objects.update_or_create(annotator=person, answered_at=None, defaults=said)
    return made


@transaction.atomic
def answer_appeal(*, annotator: Annotator, by: User, answer: str, now: datetime) -> None:
    """Answer a person's open appeal; whether they go on is said by `resume`.

    :raises ReasonMissing: if nothing is answered.
    :raises NotPossible: if there is no open appeal.
    """
    if not answer.strip():
        raise ReasonMissing
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    answered = {"answer": answer.strip()[:MAXIMUM], "answered_by": by, "answered_at": now}
    if not person.appeals.filter(answered_at=None).update(**answered):
        raise NotPossible
