"""python -m benchmarks.assigning: how long `next_task` takes as a study grows, and what the database does for it.

A study in the middle of its field work (`benchmarks.crowd`): half of all places are taken, the database is vacuumed.
Newcomers ask for one task after the other and skip each. The plans of what is asked are written with `--plans`.

Reach: p95 at a million items at most 1.5 times that at ten thousand; no sequential scan, no sort and no count that
grows with the study.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
OVERLAP = 10
NEWCOMERS = 20
EACH = 25
"""Tasks that each newcomer asks for."""


def main() -> None:
    """Measure every size; print a line for each."""
    asked = _arguments()
    if asked.inside:
        _measure(asked)
        return
    for items in asked.items:
        with _folder(asked.folder, items) as folder, _servers(folder):
            again = [sys.executable, "-m", "benchmarks.assigning", "--inside", "--items", str(items)]
            again += ["--plans", str(asked.plans)] if asked.plans else []
            subprocess.run(again, cwd=ROOT, check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="keep the databases here, and go on with those that are there")
    parser.add_argument("--plans", type=Path, help="write the database's plans to this file")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None, items: int) -> Iterator[Path]:
    if kept:
        yield kept / str(items)
        return
    with tempfile.TemporaryDirectory(prefix="counterpoint-assigning-") as name:
        yield Path(name)


@contextmanager
def _servers(folder: Path) -> Iterator[None]:
    server = embedded.start_postgres(folder / "postgres", configuration=["shared_buffers = 1GB", "max_wal_size = 8GB"])
    embedded.create_database(server, "counterpoint")
    os.environ |= {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "for-a-benchmark-" + "x" * 30,
        "DATABASE_URL": embedded.database_url(folder),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    yield


def _measure(asked: argparse.Namespace) -> None:
    import django

    django.setup()
    from annotators.models import Annotator
    from benchmarks import crowd
    from collection.models import Study

    [items] = asked.items
    if not Study.objects.exists():
        started = time.monotonic()
        crowd.fill(items=items, overlap=OVERLAP, people=max(40, items // 100), newcomers=NEWCOMERS)
        sys.stdout.write(f"{items} items: filled in {time.monotonic() - started:.0f} s\n")
    people = list(Annotator.objects.order_by("-pk")[:NEWCOMERS])
    _timed(people[:2])
    seconds = _timed(people)
    cuts = statistics.quantiles(seconds, n=100)
    sys.stdout.write(
        f"{items} items: {len(seconds)} tasks, p50 {cuts[49] * 1000:.1f} ms, p95 {cuts[94] * 1000:.1f} ms, "
        f"p99 {cuts[98] * 1000:.1f} ms\n"
    )
    if asked.plans:
        _write_plans(asked.plans, people[0], items)


def _timed(people: Sequence[Any]) -> list[float]:
    from django.utils import timezone

    from collection import assignment, conversation

    seconds = []
    for person in people:
        for _each in range(EACH):
            now, started = timezone.now(), time.perf_counter()
            task = assignment.next_task(annotator=person, now=now)
            seconds.append(time.perf_counter() - started)
            conversation.skip(task=task, reason="", now=now)
    return seconds


def _write_plans(path: Path, person: Any, items: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from collection import assignment

    with CaptureQueriesContext(connection) as queries:
        assignment.next_task(annotator=person, now=timezone.now())
    with path.open("a", encoding="utf-8") as file, connection.cursor() as cursor:
        file.write(f"## {items:,} items\n\n")
        for query in queries.captured_queries:
            if query["sql"].lstrip()[:6].lower() == "select":
                cursor.execute(f"explain (analyze, buffers, costs off, format json) {query['sql']}")
                found = cursor.fetchone()[0]
                plan = json.loads(found)[0] if isinstance(found, str) else found[0]
                file.write("\n".join(_lines(plan["Plan"], 0)) + f"\n  ({plan['Execution Time']:.2f} ms)\n\n")


def _lines(node: dict[str, Any], depth: int) -> list[str]:
    what = " ".join(str(node[key]) for key in ("Node Type", "Relation Name", "Index Name") if key in node)
    touched = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    line = f"{'  ' * depth}{what}: {node['Actual Rows']:g} rows x {node['Actual Loops']}, {touched} pages"
    return [line, *(each for child in node.get("Plans", []) for each in _lines(child, depth + 1))]


if __name__ == "__main__":
    main()
