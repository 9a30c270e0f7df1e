"""python -m benchmarks.exporting: how long a release takes, beside what PostgreSQL itself needs to give the same rows.

The study is that of `benchmarks.crowd`: so many comparisons, with texts of the usual lengths, all different. The floor
is COPY of the builder's own SELECT for the wide table, to nowhere, best of three. The builder writes the shards of that
table as Parquet. Then one worker writes a whole release, and two write one together.

Reach: at most 2.5 times the floor; less than 400 MB of memory in each worker, as much for 5 million as for 200,000; two
workers at least 1.7 times as fast as one where each has a core.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.assigning import ROOT, _folder, _servers

OVERLAP = 10
PEOPLE_PER_COMPARISON = 1 / 65
"""As in Community Alignment."""


def main() -> None:
    """Measure every size; print a line for each figure."""
    asked = _arguments()
    if asked.inside:
        INSIDE[asked.inside](asked)
        return
    for comparisons in asked.comparisons:
        with _folder(asked.folder, comparisons) as folder, _servers(folder):
            _run("fill", comparisons)
            _run("floor", comparisons)
            _run("wide", comparisons)
            for workers in (1, 2):
                _together(comparisons, workers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="keep the databases here, and go on with those that are there")
    parser.add_argument("--inside", choices=sorted(INSIDE), help=argparse.SUPPRESS)
    parser.add_argument("--release", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _command(what: str, comparisons: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.exporting", "--inside", what, "--comparisons", str(comparisons), *more]


def _run(what: str, comparisons: int, *more: str) -> str:
    done = subprocess.run(_command(what, comparisons, *more), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    if what != "ask":
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
    return done.stdout


def _together(comparisons: int, workers: int) -> None:
    """Let so many workers write one release, and tell how long that took and what each needed."""
    release = _run("ask", comparisons).strip()
    started = time.monotonic()
    build = _command("build", comparisons, "--release", release)
    running = [subprocess.Popen(build, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    said = [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]
    seconds = time.monotonic() - started
    memory = ", ".join(f"{each['megabytes']:.0f} MB, {each['cpu']:.0f} s of CPU" for each in said)
    rows = max(each["rows"] for each in said)
    sys.stdout.write(
        f"{comparisons:,} comparisons, {workers} worker(s): {rows:,} rows in {seconds:.1f} s, "
        f"{rows / seconds:,.0f} a second; each: {memory}\n"
    )
    sys.stdout.flush()


# ---- in processes of their own ---------------------------------------------------------------------------------------
def _fill(asked: argparse.Namespace) -> None:
    _set_up()
    from benchmarks import crowd
    from collection.models import Study

    [comparisons] = asked.comparisons
    if Study.objects.exists():
        return
    started = time.monotonic()
    # On average half of the places are taken.
    people = max(40, int(comparisons * PEOPLE_PER_COMPARISON))
    crowd.fill(items=comparisons * 2 // OVERLAP, overlap=OVERLAP, people=people, newcomers=0)
    sys.stdout.write(f"{comparisons:,} comparisons: filled in {time.monotonic() - started:.0f} s\n")


def _floor(asked: argparse.Namespace) -> None:
    """Tell how long COPY of the builder's SELECT takes."""
    connection, scope = _set_up(), _laid_out()
    statement = _select_of(scope)
    best = min(_copied(connection, statement) for _ in range(3))
    sys.stdout.write(f"{asked.comparisons[0]:,} comparisons: COPY of the wide table's SELECT {best:.1f} s\n")


def _select_of(scope: Any) -> str:
    import psycopg
    from django.db import connection

    from exports.formats import FORMATS
    from exports.formats.table import Tally

    sent: list[str] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        sent.append(psycopg.ClientCursor(connection.connection).mogrify(sql, parameters))
        return execute(sql, parameters, many, context)

    [table] = FORMATS["community-alignment"].tables
    with connection.execute_wrapper(note), _reading():
        next(iter(table.rows(scope, Tally())))
    return next(statement for statement in sent if "collection_comparison" in statement.split("WHERE")[0])


def _copied(connection: Any, statement: str) -> float:
    started = time.monotonic()
    with connection.cursor() as cursor, cursor.cursor.copy(f"copy ({statement}) to stdout") as copy:
        for _piece in copy:
            pass
    return time.monotonic() - started


def _wide(asked: argparse.Namespace) -> None:
    """Tell how long the builder takes for the same rows: every shard of the wide table, as Parquet."""
    import tempfile
    from dataclasses import replace

    _set_up()
    scope = _laid_out()
    from exports import parts, shards
    from exports.formats import FORMATS
    from exports.formats.table import Tally

    tables = [replace(table, written_as=("parquet",)) for table in FORMATS["community-alignment"].tables]
    started, rows = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as name:
        for each in parts.of(scope.study, tables):
            with _reading():
                part = scope.in_part(each.part)
                rows += shards.write_rows(
                    each.table, part, Tally(), folder=Path(name), number=each.number, told=lambda written: None
                )
        size = sum(path.stat().st_size for path in Path(name).rglob("*.parquet"))
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"{asked.comparisons[0]:,} comparisons: the builder {seconds:.1f} s for {rows:,} rows "
        f"({size / 1e6:,.0f} MB of Parquet), {rows / seconds:,.0f} a second, {_megabytes():.0f} MB\n"
    )


def _ask(asked: argparse.Namespace) -> None:
    """Ask for a release of a line of its own and lay it out; say its number."""
    _set_up()
    from django.utils import timezone

    from collection.models import Study
    from exports import claims, planning
    from exports.models import Release

    study = Study.objects.get()
    version = study.releases.count() + 1
    formats = ["long-tables", "community-alignment"]
    release = Release.objects.create(study=study, version=version, line=version, formats=formats, beside_parquet=[])
    held = claims.claim_to_plan(release_id=release.pk, now=timezone.now())
    assert held is not None
    planning.plan(held, clock=timezone.now)
    sys.stdout.write(f"{release.pk}\n")


def _build(asked: argparse.Namespace) -> None:
    _set_up()
    from exports import building
    from exports.models import Release

    building.build(release_id=asked.release)
    used = resource.getrusage(resource.RUSAGE_SELF)
    rows = Release.objects.get(pk=asked.release).rows_done
    said = {"rows": rows, "megabytes": _megabytes(), "cpu": used.ru_utime + used.ru_stime}
    sys.stdout.write(json.dumps(said) + "\n")


def _laid_out() -> Any:
    """Return what a release takes in at this moment, numbered."""
    from django.utils import timezone

    from collection.models import Study
    from exports import numbering
    from exports.scope import scope_of

    study, now = Study.objects.select_related("panel", "version").get(), timezone.now()
    numbering.number_new(study=study, snapshot_at=now)
    return scope_of(study=study, snapshot_at=now)


def _reading() -> Any:
    from exports import snapshot

    return snapshot.reading()


def _set_up() -> Any:
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    return connection


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


INSIDE = {"fill": _fill, "floor": _floor, "wide": _wide, "ask": _ask, "build": _build}

if __name__ == "__main__":
    os.chdir(ROOT)
    main()
