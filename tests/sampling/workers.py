"""Real Celery processes on a Redis of their own and the database of the running test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.models import Count, F

from sampling.models import Candidate, CandidateSet, Completion

# Short, and still long enough for a busy machine that keeps a thread from renewing for a second or two.
LEASE_SECONDS = 5


class Workers:
    """Starts workers and ends what is left of them. `settings` are laid over the environment of each."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        self.redis_url = redis_url
        self.settings: dict[str, str] = {"CANDIDATE_LEASE_SECONDS": str(LEASE_SECONDS), "SWEEP_SECONDS": "1"}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `celery -A config …`."""
        process = self.start_program("-m", "celery", "-A", "config", *arguments)
        self._started.append(process)
        return process

    def start_program(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `python …` with the settings of the workers; what it says goes to a file beside the others."""
        log = self.folder / f"celery-{len(list(self.folder.glob('celery-*.log')))}.log"
        with log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start_worker(self) -> "subprocess.Popen[bytes]":
        name = f"worker-{len(self._started)}@%h"
        quiet = ["--without-gossip", "--without-mingle", "-n", name]
        threads = ["-P", "threads", "-c", "32", "--prefetch-multiplier", "1"]
        return self.start("worker", "-Q", "gpu,default", *threads, *quiet)

    def start_beat(self) -> "subprocess.Popen[bytes]":
        return self.start("beat", "--schedule", str(self.folder / "beat"), "--pidfile", "")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process as a power cut would."""
        self._started.remove(process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> None:
        """Look again and again until something is so; fail as soon as a process has ended."""
        deadline = time.monotonic() + seconds
        while not condition():
            ended = [process for process in self._started if process.poll() is not None]
            assert not ended, self.said()[-6000:]
            assert time.monotonic() < deadline, self.said()[-6000:]
            time.sleep(0.02)

    def said(self) -> str:
        """Return everything that the processes said."""
        return "".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("celery-*.log")))

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()

    def environment(self) -> dict[str, str]:
        database = connection.settings_dict
        host = quote(str(database["HOST"]), safe="")
        login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
        port = f"&port={database['PORT']}" if database["PORT"] else ""
        return os.environ | {
            "DATABASE_URL": f"postgresql://{login}@/{database['NAME']}?host={host}{port}",
            "REDIS_URL": self.redis_url,
            "GENERATOR_THREADS": "1",
            "GENERATOR_DEVICE": "cpu",
            **self.settings,
        }


@contextmanager
def workers(folder: Path, redis_url: str) -> Iterator[Workers]:
    """Give a block its workers and end them after it."""
    started = Workers(folder, redis_url)
    try:
        yield started
    finally:
        started.end()


def assert_written_once() -> None:
    """Every ready set has its four candidates, all of them cut from completions of one attempt."""
    sets = CandidateSet.objects.ready().annotate(written=Count("candidates"))
    assert {one.written for one in sets} == {4}
    assert Candidate.objects.filter(completion=None).count() == 0
    assert Candidate.objects.exclude(completion__candidate_set=F("candidate_set")).count() == 0
    attempts = Completion.objects.values("candidate_set").annotate(kinds=Count("recorded_at", distinct=True))
    assert set(attempts.values_list("kinds", flat=True)) == {1}
