"""python -m benchmarks.queueing: what it takes to ask for many candidate sets ahead of time.

Reach: 10,000 prompts are queued in bounded memory. The command needs within 32 MiB what it needs for a hundred, Redis
holds a handful of jobs, and finding what comes next takes as long with a million that wait.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from config import embedded

ROOT = Path(__file__).resolve().parent.parent

# As long as the prompts of the original collection are on average, and none like another.
PROMPTS = """
WITH made AS (
  INSERT INTO collection_prompt
    (study_id, key, "group", language, text, text_sha256, topic, factual, source_file, recorded_at)
  SELECT study.id, '', '', (ARRAY['en', 'fr', 'it', 'hi', 'pt'])[1 + number %% 5],
         'Question ' || number || ': ' || repeat(md5(number::text) || ' ', 4), md5(number::text) || md5(number::text),
         'life', false, '', now()
  FROM collection_study AS study, generate_series(1, %(prompts)s) AS number RETURNING id, study_id, language
), items AS (
  INSERT INTO collection_item (study_id, prompt_id, order_seed) SELECT study_id, id, id FROM made
  RETURNING id, study_id, prompt_id
)
INSERT INTO collection_overlap (item_id, study_id, language, stratum, wanted, taken, orders_drawn)
SELECT items.id, items.study_id, made.language, '', 5, 0, 0 FROM items JOIN made ON made.id = items.prompt_id
"""

WAITING = """
INSERT INTO sampling_candidateset (recipe_id, batch_id, rank, messages, language, factual, status, urgent, worker,
  claims, decoded_tokens, failure, failure_detail, requested_at, remarks, source_file, source_sha256)
SELECT first_recipe_id, study.batch_id, place, '[]', 'en', false, 'requested', false, '',
  0, 0, '', '', now(), '[]', '', ''
FROM collection_study AS study JOIN collection_studyversion AS version ON version.id = study.version_id,
  generate_series(1, %(sets)s) AS place
"""


def main() -> None:
    """Ask for a hundred and for ten thousand sets, then look for the next of a million; print a table."""
    with tempfile.TemporaryDirectory(prefix="counterpoint-queueing-") as name:
        folder = Path(name)
        server = embedded.start_postgres(folder / "postgres")
        embedded.create_database(server, "counterpoint")
        process = embedded.start_redis(folder / "redis")
        os.environ |= {"DATA_DIR": name, "SECRET_KEY": "for-a-benchmark-" + "x" * 30}
        os.environ["DATABASE_URL"] = embedded.database_url(folder)
        os.environ["REDIS_URL"] = embedded.redis_url(folder)
        try:
            _measure(redis.Redis(unix_socket_path=os.environ["REDIS_URL"].removeprefix("redis+socket://")))
        finally:
            process.kill()
            process.wait()


def _measure(broker: "redis.Redis") -> None:
    _run("migrate", "--verbosity", "0")
    _run("load_study", "examples/everyday/study.yaml")
    _add(PROMPTS, prompts=100)
    _report("100 prompts", broker)
    _sql("DELETE FROM collection_overlap; DELETE FROM collection_item; DELETE FROM collection_prompt")
    _sql("DELETE FROM sampling_candidateset")
    broker.flushall()
    _add(PROMPTS, prompts=10_000)
    _report("10,000 prompts", broker)
    _report("10,000 prompts, asked for again", broker)
    _next_of("10,000")
    _add(WAITING, sets=1_000_000)
    _sql("VACUUM ANALYZE sampling_candidateset")
    _next_of("a million")


def _report(what: str, broker: "redis.Redis") -> None:
    begun = time.monotonic()
    mebibytes = _run("generate_candidates", "everyday", "--no-wait")
    seconds = time.monotonic() - begun
    jobs = sum(broker.llen(key) for key in broker.keys("gpu*"))
    kibibytes = broker.info("memory")["used_memory"] / 2**10
    _say(f"{what:32}{seconds:6.1f} s   command {mebibytes:5.0f} MiB   Redis {kibibytes:5.0f} KiB with {jobs} jobs")


def _next_of(what: str) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.utils import timezone

    from sampling import batches, recovery
    from sampling.models import CandidateSet

    taking, sweeping = [], []
    for _ in range(20):
        CandidateSet.objects.exclude(queued_at=None).update(queued_at=None)
        taking.append(_milliseconds(lambda: batches.take_next(now=timezone.now())))
        sweeping.append(_milliseconds(lambda: recovery.take_without_job(now=timezone.now(), jobs_waiting={})))
    next_of, lost = statistics.median(taking), statistics.median(sweeping)
    _say(f"the next 16 of {what:18}{next_of:6.1f} ms   looking for lost jobs {lost:.1f} ms")


def _milliseconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun)


def _run(*arguments: str) -> float:
    """Run a command of manage.py; return the most memory that it held, in MiB."""
    process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"manage.py {arguments[0]} failed.")
    return used.ru_maxrss / 1024


def _add(statement: str, **numbers: int) -> None:
    _sql(statement, numbers)


def _sql(statement: str, numbers: dict[str, int] | None = None) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement, numbers)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
