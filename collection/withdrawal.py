"""A person leaves: what they did until now is kept, or it is erased here and in sampling, and wanted again."""

from datetime import datetime

from django.db import transaction

from annotators import enrolment
from annotators.models import Annotator
from collection import assignment, conversation, pay, places
from collection.models import Comparison, Draft, Report, Study, Task, Turn
from sampling import intake
from sampling.models import CandidateSet


@transaction.atomic
def withdraw(*, annotator: Annotator, now: datetime) -> None:
    """End a person's part for good. Their rows stay, empty of what they said; no later release holds them.

    Doing it again changes nothing, and who left before and let things be kept can have them erased.
    """
    # It locks the person first: what they still send from another tab comes before all of this, and is erased, or
    # after it, and is refused.
    # What they are owed for is written down before what shows it is gone.
    pay.settle(annotator=annotator, now=now)
    enrolment.withdraw(annotator=annotator, now=now)
    tasks = Task.objects.of(annotator)
    for held in tasks.held().order_by("overlap_id"):
        assignment.let_go(held)
    tasks.open().update(state=Task.State.ABANDONED, left_because="withdrawn", finished_at=now)
    _erase(annotator, now=now)
    # One item after the other in a fixed order, as everybody who needs several: no two wait for each other.
    holding = tasks.filter(overlap__isnull=False).exclude(study__state=Study.State.CLOSED)
    for task in holding.order_by("overlap_id"):
        places.give_back(task)


@transaction.atomic
def stop(*, annotator: Annotator, now: datetime) -> None:
    """End a person's part, and keep what they did until now as they agreed to it. Doing it again changes nothing."""
    if not enrolment.stop(annotator=annotator):
        return
    tasks = Task.objects.of(annotator)
    for held in tasks.held().order_by("overlap_id"):
        assignment.let_go(held)
    for task in tasks.open():
        conversation.break_off(task, because="withdrawn", now=now)
    Draft.objects.filter(task__annotator=annotator).delete()


def _erase(annotator: Annotator, *, now: datetime) -> None:
    turns = Turn.objects.of(annotator)
    # An item's set, and one that somebody else saw, is not theirs alone.
    shared = Turn.objects.exclude(task__annotator=annotator).values("candidate_set")
    theirs = CandidateSet.objects.filter(turns__in=turns, item=None).exclude(pk__in=shared)
    intake.erase(candidate_sets=theirs.distinct(), now=now)
    turns.update(message="")
    Comparison.objects.filter(turn__in=turns).update(explanation="", better="")
    Report.objects.filter(turn__in=turns).update(reason="")
    Draft.objects.filter(task__annotator=annotator).delete()
