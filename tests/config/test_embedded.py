"""PostgreSQL and Redis from wheels."""

import pytest
import redis as redis_client

from config import embedded
from tests.config.programs import run_code


@pytest.fixture
def redis():
    started = []

    def start(folder):
        started.append(embedded.start_redis(folder))
        return embedded.redis_url(folder.parent).removeprefix("redis+socket://")

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("depth", [0, 30])
def test_redis_answers_whatever_the_length_of_the_path(tmp_path, redis, depth):
    folder = tmp_path.joinpath(*["abc"] * depth, "redis")
    client = redis_client.Redis(unix_socket_path=redis(folder))
    assert client.ping()
    assert client.info("server")["tcp_port"] == 0
    client.close()


def test_a_redis_that_cannot_start_is_told_in_a_sentence(tmp_path):
    (tmp_path / "redis.sock").mkdir()
    with pytest.raises(embedded.EmbeddedServerFailed, match=r"The embedded Redis in .* did not start"):
        embedded.start_redis(tmp_path)


POSTGRES = """
import sys
from pathlib import Path
import psycopg
from config import embedded
folder = Path(sys.argv[1])
embedded.create_database(embedded.start_postgres(folder / "postgres"), "counterpoint")
with psycopg.connect(embedded.database_url(folder)) as connection:
    print(connection.execute("show server_version_num").fetchone()[0])
"""


@pytest.mark.parametrize("depth", [0, 30])
def test_postgresql_answers_whatever_the_length_of_the_path(new_folder, depth):
    folder = new_folder().joinpath(*["abc"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    said = started(folder)
    assert int(said.stdout) >= 150000, said.stderr


def test_a_folder_that_was_being_made_when_the_power_failed_is_made_anew(new_folder):
    folder = new_folder()
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("18\n")
    (folder / "postgres.making").touch()
    said = started(folder)
    assert said.returncode == 0, said.stderr
    assert not (folder / "postgres.making").exists()


def started(folder):
    """Start PostgreSQL in a process of its own, which stops it again."""
    return run_code(POSTGRES, str(folder))
