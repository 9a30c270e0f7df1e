"""Several calls at the same time, whose replies belong together. Knows no Django."""

from collections.abc import Sequence
from concurrent.futures import Future

from sampling.asking import Reply
from sampling.generators.interface import GeneratorFailed


def replies_of(calls: "Sequence[Future[list[Reply]]]") -> list[Reply]:
    """Return the replies of calls that have ended, in order.

    :raises GeneratorFailed: if one of them failed; with what the others answered, which is kept all the same.
    """
    failures = [failure for call in calls if (failure := _failure(call))]
    replies = [reply for call in calls for reply in _replies(call)]
    if not failures:
        return replies
    # What nobody foresaw, and the end of the process, come before what a generator says.
    worst = next((failure for failure in failures if not isinstance(failure, GeneratorFailed)), failures[0])
    if isinstance(worst, GeneratorFailed):
        worst.answered = replies
    raise worst


def _failure(call: "Future[list[Reply]]") -> BaseException | None:
    return None if call.cancelled() else call.exception()


def _replies(call: "Future[list[Reply]]") -> list[Reply]:
    failure = _failure(call)
    if isinstance(failure, GeneratorFailed):
        return list(failure.answered)
    return [] if failure or call.cancelled() else call.result()
