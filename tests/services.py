"""A real PostgreSQL and a real Redis for the tests, unless the environment names some.

Loaded as a pytest plugin before Django reads its settings; the processes of pytest-xdist inherit what it sets, and each
gets a data folder and a Redis database of its own.
"""

import atexit
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from config import catalogues, embedded

PREFIX = "counterpoint-tests-"
STARTED = "COUNTERPOINT_TEST_FOLDER"

# The data of tests need not survive a power cut.
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


def _start() -> None:
    _remove_what_dead_runs_left()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    # Registered first, so that it runs last: after the servers have stopped.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[STARTED] = str(folder)
    os.environ.setdefault("SECRET_KEY", "for-the-tests-alone-" + "x" * 30)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = embedded.start_postgres(folder / "postgres", configuration=FAST)
    if "REDIS_URL" not in os.environ:
        redis = embedded.start_redis(folder / "redis")
        atexit.register(redis.wait)
        atexit.register(redis.kill)
        os.environ["REDIS_URL"] = embedded.redis_url(folder)
    catalogues.compile_all()


def _keep_apart() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["DATA_DIR"] = str(Path(os.environ[STARTED]) / "data" / worker)
    if worker:
        os.environ["REDIS_URL"] = _with_database(os.environ["REDIS_URL"], 1 + int(worker.removeprefix("gw")))


def _with_database(redis_url: str, number: int) -> str:
    if redis_url.startswith("redis+socket://"):
        return f"{redis_url}?virtual_host={number}"
    return urlsplit(redis_url)._replace(path=f"/{number}").geturl()


def _remove_what_dead_runs_left() -> None:
    """Stop the servers of runs that were killed: each run's process id is in the name of its folder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        run = folder.name.removeprefix(PREFIX).split("-")[0]
        if not run.isdecimal() or psutil.pid_exists(int(run)):
            continue
        for pid_file in (folder / "postgres" / "postmaster.pid", folder / "redis" / "redis.pid"):
            with suppress(OSError, ValueError, IndexError):
                os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


if STARTED not in os.environ:
    _start()
_keep_apart()
