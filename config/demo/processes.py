"""The demo's processes under one manager: all start together and stop together."""

import os
import shlex
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Printer

PATIENCE_SECONDS = 60


class Lines(Printer):
    """Prints what the processes say, and calls back once all of them were started."""

    def __init__(self, *, started: Callable[[], None]) -> None:
        super().__init__(sys.stdout)
        self._started: Callable[[], None] | None = started

    def write(self, message: Any) -> None:
        """Print a process's line; of the manager's own lines only take note."""
        if message.name != SYSTEM_PRINTER_NAME:
            super().write(message)
        elif self._started is not None:
            # The manager forks before it speaks: only from now on may there be another thread.
            threading.Thread(target=self._started, daemon=True).start()
            self._started = None


def run(*, data_dir: Path, queues: list[str], health_url: str, ready: Callable[[], None]) -> bool:
    """Run everything until told to stop (true), or until a process cannot go on (false)."""
    manager = Manager(Lines(started=lambda: _announce(health_url, ready)))
    for name, command in commands(data_dir, queues=queues).items():
        manager.add_process(name, shlex.join(["exec", *command]))
    # A closed terminal stops everything, as Ctrl-C does.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    # Stopped by a signal the manager returns 128 and its number.
    return manager.returncode in {130, 143}


def commands(data_dir: Path, *, queues: list[str]) -> dict[str, list[str]]:
    """Return the command line of each process; one of them writes the sets of all these queues."""
    python = [sys.executable, "-m"]
    # Its warning that root runs it is about messages that carry code; ours are JSON.
    program = [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "config"]
    celery = [*python, "config.demo.restarting", *program]
    worker = ["worker", "--loglevel", "WARNING", "-P", "threads", "--prefetch-multiplier", "1"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return {
        "web": [*python, "config.web"],
        "gpu": [*celery, *worker, *quiet, "-Q", ",".join(queues), "-c", "32", "-n", "gpu@%h"],
        "default": [*celery, *worker, *quiet, "-Q", "default", "-c", "2", "-n", "default@%h"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(data_dir / "beat"), "--pidfile", ""],
    }


def _announce(health_url: str, ready: Callable[[], None]) -> None:
    # A proxy of the environment has no business with this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            opener.open(health_url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return ready()
    sys.stdout.write(f"The web server does not answer at {health_url}; the lines above may say why.\n")
    return None
