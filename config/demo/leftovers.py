"""What a demo that was killed could not stop: noted while it runs, stopped by the next start."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

NOTE = "processes.json"
PATIENCE_SECONDS = 5


def note(folder: Path) -> None:
    """Write down the process groups that this process has started, by their leaders."""
    started = psutil.Process().children(recursive=True)
    leaders = {process.pid: process.create_time() for process in started if os.getpgid(process.pid) == process.pid}
    (folder / NOTE).write_text(json.dumps(leaders))


def stop(folder: Path) -> None:
    """Stop what is left of the groups in the note. To be called while no other demo uses the folder."""
    note = folder / NOTE
    if not note.exists():
        return
    leaders = list(_still_there(json.loads(note.read_text())))
    everything = [process for leader in leaders for process in (leader, *leader.children(recursive=True))]
    for signum in (signal.SIGTERM, signal.SIGKILL):
        for leader in leaders:
            with suppress(ProcessLookupError):
                os.killpg(leader.pid, signum)
        psutil.wait_procs(everything, timeout=PATIENCE_SECONDS)
    note.unlink()


def _still_there(noted: dict[str, float]) -> Iterator[psutil.Process]:
    for pid, created in noted.items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            # The number may have gone to another program since.
            if abs(process.create_time() - created) < 1:
                yield process
