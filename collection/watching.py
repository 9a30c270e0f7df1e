"""Watching sets being written, in a terminal."""

import time
from collections.abc import Callable

from tqdm import tqdm

from collection.writing_ahead import Progress

LOOK_EVERY_SECONDS = 1
SILENT_SECONDS = 60


def watch(look: Callable[[], Progress], *, complain: Callable[[str], object]) -> None:
    """Show how far sets are, with rate and time left, until none is written any more.

    :param look: Returns how far they are.
    :param complain: Is told when no worker takes them.
    """
    silent_since = time.monotonic()
    now = look()
    with tqdm(total=now.prompts, initial=_ended(now), unit=" sets", disable=None) as bar:
        while now.is_under_way:
            time.sleep(LOOK_EVERY_SECONDS)
            now = look()
            if now.figures.being_written or _ended(now) > bar.n:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > SILENT_SECONDS:
                complain("No worker takes these sets. Is one running, with a beat? The README says how.")
                silent_since = time.monotonic()
            bar.set_postfix(ready=now.figures.ready, failed=now.failed, refresh=False)
            bar.update(_ended(now) - bar.n)


def counted(now: Progress) -> str:
    """Return in one sentence how many sets are in which state."""
    parts = {"ready": now.figures.ready, "waiting": now.figures.waiting, "being written": now.figures.being_written}
    parts |= {"failed": now.failed, "not asked for": now.not_asked}
    return ", ".join(f"{count} {name}" for name, count in parts.items() if count or name == "ready") + "."


def _ended(progress: Progress) -> int:
    return progress.figures.ready + progress.failed
