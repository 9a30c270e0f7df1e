"""Several people, or several clicks of one, at the same moment: threads with database connections of their own."""

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import connections


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start the calls together; return what each returned, or the exception that it raised."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout=30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
    return [future.exception() or future.result() for future in futures]


class Meeting:
    """Where threads wait for each other, for a moment: past it, both are in the middle of something.

    Behind a lock the second cannot come while the first is there, and the first goes on alone.
    """

    def __init__(self, monkeypatch: Any, people: int = 2, seconds: float = 0.5) -> None:
        self.monkeypatch = monkeypatch
        self.barrier = threading.Barrier(people)
        self.seconds = seconds

    def before(self, module: Any, name: str) -> "Meeting":
        """Let everybody who calls this function wait here first."""
        function = getattr(module, name)

        @functools.wraps(function)
        def meet_first(*args, **kwargs):
            with suppress(threading.BrokenBarrierError):
                self.barrier.wait(timeout=self.seconds)
            return function(*args, **kwargs)

        self.monkeypatch.setattr(module, name, meet_first)
        return self
