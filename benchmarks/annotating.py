"""python -m benchmarks.annotating: how many comparisons people make on one machine, and whether every one is kept.

The real web server (two processes, production settings), PostgreSQL with `fsync` and `synchronous_commit` on, and the
HTML pages that a browser uses; the people who make the load run on the same cores. A study in the middle of its field
work lies in the database: half of all places are taken. Afterwards the database is audited by SQL of its own.

Reach: 100 pairs (next and submit) per second with 32 annotators without think time at every number of items; p95 of
each request below 100 ms with 200 annotators who think for 10 s; no comparison lost, doubled or in excess.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks import closed_loop
from benchmarks.starting import free_port, seconds_until_up
from config import embedded

ROOT = Path(__file__).resolve().parent.parent
OVERLAP = 10
AUDIT = {
    "lost": "select count(*) from unnest(%(accepted)s::bigint[]) turn "
    "where not exists (select from collection_comparison where turn_id = turn)",
    "doubled": "select count(*) from (select from collection_comparison group by turn_id having count(*) > 1) twice",
    "excess": "select count(*) from (select task.item_id, count(*) from collection_task task "
    "join collection_turn turn on turn.task_id = task.id join collection_comparison on turn_id = turn.id "
    "group by task.item_id having count(*) > %(overlap)s) over",
}
FILLING = """
import django
django.setup()
from benchmarks import crowd
study = crowd.fill(items={items}, overlap={overlap}, people={people}, newcomers={newcomers})
print(*crowd.return_links(study, newcomers={newcomers}))
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one run came to. Times are milliseconds, memory MiB, of processor time all cores together."""

    items: int
    annotators: int
    think_seconds: float
    pairs_per_second: float
    requests_per_second: float
    next_p50: float
    next_p95: float
    next_p99: float
    submit_p50: float
    submit_p95: float
    submit_p99: float
    cpu_web_per_pair: float
    cpu_database_per_pair: float
    cpu_load_per_pair: float
    memory_web: float
    memory_database: float
    lost: int
    doubled: int
    excess: int
    errors: int


def main() -> None:
    """Measure every size; print a table and, where asked, write JSON."""
    asked = _arguments()
    rows = []
    for items in asked.items:
        with _folder(items, asked) as folder:
            rows += _of_size(folder, items, asked)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--annotators", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=30, help="measured, after two seconds of warming up")
    parser.add_argument("--thinking", type=int, default=200, help="annotators who think for 10 s; 0: no such run")
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the database is made; a million items take 19 GB")
    parser.add_argument("--keep", action="store_true", help="leave it there, and use what an earlier run left")
    parser.add_argument("--only-fill", action="store_true", help="make and keep the databases, and measure nothing")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


@contextmanager
def _folder(items: int, asked: argparse.Namespace) -> Iterator[Path]:
    if asked.keep or asked.only_fill:
        folder = (asked.folder or ROOT / "data" / "benchmarks") / f"annotating-{items}"
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="counterpoint-annotating-", dir=asked.folder) as name:
            yield Path(name)


def _of_size(folder: Path, items: int, asked: argparse.Namespace) -> list[Row]:
    with _servers(folder):
        links = _links(folder, items=items, newcomers=max(asked.annotators, asked.thinking))
        if asked.only_fill:
            return []
        with _web(asked.web_processes) as web:
            site = f"http://127.0.0.1:{os.environ['PORT']}"
            runs = [_run(web, site, items, links[: asked.annotators], asked.seconds, think=0.0)]
            if asked.thinking:
                runs.append(_run(web, site, items, links[: asked.thinking], max(asked.seconds, 60), think=10.0))
    for run in runs:
        sys.stdout.write("  ".join(f"{name}={_short(value)}" for name, value in asdict(run).items()) + "\n")
        sys.stdout.flush()
    return runs


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.1f}"


@contextmanager
def _servers(folder: Path) -> Iterator[None]:
    server = embedded.start_postgres(folder / "postgres", configuration=["shared_buffers = 1GB"])
    embedded.create_database(server, "counterpoint")
    broker = embedded.start_redis(folder / "redis")
    os.environ |= {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "for-a-benchmark-" + "x" * 30,
        "DATABASE_URL": embedded.database_url(folder),
        "REDIS_URL": embedded.redis_url(folder),
        "PORT": str(free_port()),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    try:
        yield
    finally:
        broker.kill()
        broker.wait()


def _links(folder: Path, *, items: int, newcomers: int) -> list[str]:
    """Return the newcomers' return links; the database is filled first, unless an earlier run has done it."""
    for command in (["manage.py", "migrate", "--verbosity", "0"], ["manage.py", "collectstatic", "--no-input", "-v0"]):
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    kept = folder / "links.json"
    if not kept.exists():
        kept.write_text(json.dumps(_filled(items=items, newcomers=newcomers)))
    links: list[str] = json.loads(kept.read_text())
    return links


def _filled(*, items: int, newcomers: int) -> list[str]:
    """Fill the database, in a process of its own; return the newcomers' return links."""
    filling = FILLING.format(items=items, overlap=OVERLAP, people=max(40, items // 100), newcomers=newcomers)
    done = subprocess.run([sys.executable, "-c", filling], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [f"/return/{token}/" for token in done.stdout.split()]


@contextmanager
def _web(processes: int) -> Iterator[psutil.Process]:
    environment = os.environ | {"WEB_PROCESSES": str(processes)}
    web = subprocess.Popen([sys.executable, "-m", "config.web"], env=environment, cwd=ROOT)
    try:
        seconds_until_up(web, os.environ["PORT"])
        yield psutil.Process(web.pid)
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(timeout=60)


def _run(web: psutil.Process, site: str, items: int, links: Sequence[str], seconds: float, *, think: float) -> Row:
    database = _postmaster()
    before, started = _processor_seconds(web, database), time.monotonic()
    log = asyncio.run(closed_loop.work(site=site, links=links, seconds=seconds, think_seconds=think))
    took = time.monotonic() - started
    used = [after - earlier for after, earlier in zip(_processor_seconds(web, database), before, strict=True)]
    for error in log.errors[:5]:
        sys.stderr.write(f"{error}\n")
    pairs = max(1, len(log.accepted))
    return Row(
        items=items,
        annotators=len(links),
        think_seconds=think,
        pairs_per_second=len(log.submit_seconds) / seconds,
        requests_per_second=log.requests / took,
        **_percentiles("next", log.next_seconds),
        **_percentiles("submit", log.submit_seconds),
        cpu_web_per_pair=used[0] / pairs * 1000,
        cpu_database_per_pair=used[1] / pairs * 1000,
        cpu_load_per_pair=used[2] / pairs * 1000,
        memory_web=_memory(web),
        memory_database=_memory(database),
        errors=len(log.errors),
        **_audited(log.accepted),
    )


def _percentiles(name: str, seconds: Sequence[float]) -> dict[str, Any]:
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else [0.0] * 99
    return {f"{name}_p{percent}": cuts[percent - 1] * 1000 for percent in (50, 95, 99)}


def _processor_seconds(web: psutil.Process, database: psutil.Process) -> list[float]:
    return [
        *(sum(_seconds_of(each) for each in _family(one)) for one in (web, database)),
        _seconds_of(psutil.Process()),
    ]


def _seconds_of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> float:
    return sum(each.memory_full_info().pss for each in _family(process)) / 2**20


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _postmaster() -> psutil.Process:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("select pg_backend_pid()").fetchone()
    assert row is not None
    return next(
        parent for parent in psutil.process_iter() if parent.name().startswith("postgres") and _is_postmaster(parent)
    )


def _is_postmaster(process: psutil.Process) -> bool:
    return any(os.environ["DATA_DIR"] in part for part in process.cmdline())


def _audited(accepted: Sequence[int]) -> dict[str, Any]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = {}
        for name, query in AUDIT.items():
            row = connection.execute(query, {"accepted": list(accepted), "overlap": OVERLAP}).fetchone()
            assert row is not None
            found[name] = row[0]
    return found


if __name__ == "__main__":
    main()
