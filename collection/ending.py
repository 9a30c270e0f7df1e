"""A researcher ends a person's part: no more tasks, what they did stands and is paid."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from annotators import standing
from annotators.models import Annotator
from collection import assignment, conversation
from collection.models import Task


@transaction.atomic
def end(*, annotator: Annotator, by: User, reason: str, now: datetime) -> None:
    """End a person's part, with a reason in their language that they will read. Their work so far stands.

    :raises standing.ReasonMissing: if the person is not told why.
    :raises standing.NotPossible: if they are neither active nor paused.
    """
    # It locks the person first: what they send at this moment comes before all of this, and stands, or after it.
    standing.end(annotator=annotator, by=by, reason=reason, now=now)
    # One item after the other in a fixed order, as everybody who needs several: no two wait for each other.
    live = Task.objects.of(annotator).live().select_related("version").order_by("overlap_id")
    for task in live:
        if task.is_held:
            assignment.let_go(task)
        else:
            conversation.break_off(task, because="ended", now=now)
