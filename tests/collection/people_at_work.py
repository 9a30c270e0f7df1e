"""python -m tests.collection.people_at_work SEED PK…: people take tasks and compare until this process is killed.

What was saved is told on the standard output, once the transaction is over: the turn, and the key it was sent with.
"""

import random
import sys
from contextlib import suppress
from uuid import uuid4

import django


def main(seed: str, *people: str) -> None:
    """Work for these annotators."""
    django.setup()
    from django.utils import timezone

    from annotators.models import Annotator
    from collection import assignment, conversation

    rng = random.Random(seed)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        person = Annotator.objects.get(pk=rng.choice(people))
        try:
            task = assignment.next_task(annotator=person, now=timezone.now())
        except assignment.NoTaskAvailable:
            return
        if rng.random() < 0.3:
            assignment.hold_next(annotator=person, now=timezone.now())
        turn, key = task.turns.get(number=1), uuid4()
        # Another process may be a second tab of this person, and be faster.
        with suppress(conversation.Refused):
            conversation.compare(
                turn=turn, choice=rng.randrange(4), explanation="", idempotency_key=key, now=timezone.now()
            )
            sys.stdout.write(f"{turn.pk} {key}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
