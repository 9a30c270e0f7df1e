"""What the environment says, checked: every setting that an operator can change, with its type and default."""

import ast
import inspect
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from environs import Env, EnvError
from psycopg.conninfo import conninfo_to_dict

from config import embedded
from sampling import endpoints
from sampling.endpoints import Endpoint

ROOT = Path(__file__).resolve().parent.parent


class BadSetting(SystemExit):
    """The environment holds a value that cannot be used; the message is one sentence, without a traceback."""


def setting(name: str, default: str) -> Any:
    """Declare a field that is read from a variable of this name; the default is written as one would in a shell."""
    return field(metadata={"name": name, "default": default})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The settings of one installation. The README's table is written from these docstrings."""

    secret_key: str = setting("SECRET_KEY", "")
    """Signs sessions and links; at least 32 random characters. There is no default: the server does not start without.
    Only the demo makes its own."""
    site_url: str = setting("SITE_URL", "http://127.0.0.1:8000")
    """The address at which people reach the site. With https:// cookies are sent over TLS only."""
    allowed_hosts: list[str] = setting("ALLOWED_HOSTS", "")
    """Host names that are answered, separated by commas. Unset: the host of SITE_URL."""
    web_host: str = setting("WEB_HOST", "127.0.0.1")
    """The address that the web server listens on; 0.0.0.0 is every address of the machine."""
    port: int = setting("PORT", "8000")
    """The port that the web server listens on."""
    web_processes: int = setting("WEB_PROCESSES", "1")
    """How many processes answer requests; about one per core."""
    web_threads: int = setting("WEB_THREADS", "4")
    """In how many threads each of them makes pages; more wait for their turn."""
    database_url: str = setting("DATABASE_URL", "")
    """postgresql://user:password@host/name, version 15 or later. Unset: the embedded server of `make demo`."""
    database_connections: int = setting("DATABASE_CONNECTIONS", "20")
    """The most connections to PostgreSQL that one web process holds. A worker has up to two for each of its threads."""
    redis_url: str = setting("REDIS_URL", "")
    """redis://host:6379/0, version 6.2 or later. Unset: the embedded server of `make demo`."""
    data_dir: Path = setting("DATA_DIR", "data")
    """Where releases are kept, and all the data of `make demo`. A relative path starts at the project's folder."""
    releases_bucket: str = setting("RELEASES_BUCKET", "")
    """s3://bucket/folder: releases are kept in this store that speaks S3 (docs/releases.md). Unset: in DATA_DIR."""
    candidate_lease_seconds: int = setting("CANDIDATE_LEASE_SECONDS", "12")
    """A worker that has not renewed its claim on a candidate set or a release for so long is taken for dead."""
    sweep_seconds: int = setting("SWEEP_SECONDS", "5")
    """How often the beat looks for work whose worker fell silent."""
    generator_device: str = setting("GENERATOR_DEVICE", "auto")
    """Where models run: cpu, cuda, cuda:1 …; auto takes a GPU where there is one."""
    generator_threads: int = setting("GENERATOR_THREADS", "1")
    """How many threads torch computes with on a CPU. More than the cores that are free make it slower, not faster."""
    model_queues: dict[str, str] = setting("MODEL_QUEUES", "")
    """model=queue, separated by commas: sets whose recipe names this model first wait on this queue, for workers that
    are started with `-Q` and its name. All others wait on `gpu`."""
    ahead_at_once: int = setting("AHEAD_AT_ONCE", "16")
    """How many candidate sets that nobody waits for are written at a time, on each queue. Fewer than its workers have
    threads together: the others are kept for people who wait."""
    endpoints: dict[str, Endpoint] = setting("ENDPOINTS", "")
    """The file that lists the servers that may be asked to write (docs/endpoints.md). A relative path starts at the
    project's folder. Unset: none."""
    key_hosts: list[str] = setting("KEY_HOSTS", "api.prolific.com")
    """Hosts from which the public keys of panels may be fetched (docs/recruiting.md), separated by commas. Nothing is
    fetched before somebody comes by a signed link."""
    demo: bool = setting("DEMO", "false")
    """Links that sign anybody on this machine in as a researcher or an annotator. `make demo` sets it."""
    debug: bool = setting("DEBUG", "false")
    """Show Django's error pages; never on a public server."""

    def database(self) -> dict[str, Any]:
        """Return the entry of Django's DATABASES."""
        parts = conninfo_to_dict(self.database_url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", "counterpoint"),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": parts.pop("port", ""),
            # Statements are sent apart from their values, so that the server plans those that come often only once.
            "OPTIONS": {**parts, "server_side_binding": True, "prepare_threshold": 3},
        }


def read() -> Environment:
    """Read the process environment.

    :raises BadSetting: naming the setting, what is wrong with it and what it should be.
    """
    try:
        environment = _read(Env())
        _check(environment)
    except (EnvError, ValueError) as error:
        raise BadSetting(f"Counterpoint cannot start: {error}") from None
    return environment


def data_folder() -> Path:
    """Return the folder that DATA_DIR names."""
    return (ROOT / Path(os.environ.get("DATA_DIR") or "data").expanduser()).resolve()


def _read(env: Env) -> Environment:
    data_dir = data_folder()
    site_url = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    database_url = env.str("DATABASE_URL", "")
    # What the demo made for itself is no secret to sign real people's sessions with.
    secret_key = env.str("SECRET_KEY", "") or ("" if database_url else embedded.kept_secret(data_dir))
    return Environment(
        secret_key=secret_key,
        site_url=site_url,
        allowed_hosts=env.list("ALLOWED_HOSTS", [urlsplit(site_url).hostname or ""]),
        web_host=env.str("WEB_HOST", "127.0.0.1"),
        port=_number(env, "PORT", 8000),
        web_processes=_number(env, "WEB_PROCESSES", 1),
        web_threads=_number(env, "WEB_THREADS", 4),
        database_url=database_url or embedded.database_url(data_dir),
        database_connections=_number(env, "DATABASE_CONNECTIONS", 20),
        redis_url=env.str("REDIS_URL", "") or embedded.redis_url(data_dir),
        data_dir=data_dir,
        releases_bucket=env.str("RELEASES_BUCKET", ""),
        candidate_lease_seconds=_number(env, "CANDIDATE_LEASE_SECONDS", 12),
        sweep_seconds=_number(env, "SWEEP_SECONDS", 5),
        generator_device=env.str("GENERATOR_DEVICE", "auto"),
        generator_threads=_number(env, "GENERATOR_THREADS", 1),
        model_queues=_queues(env, "MODEL_QUEUES"),
        ahead_at_once=_number(env, "AHEAD_AT_ONCE", 16),
        endpoints=_endpoints(env.str("ENDPOINTS", "")),
        key_hosts=[host.strip().lower() for host in env.list("KEY_HOSTS", ["api.prolific.com"])],
        demo=_truth(env, "DEMO"),
        debug=_truth(env, "DEBUG"),
    )


def _number(env: Env, name: str, default: int) -> int:
    value = env.str(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")
    return int(value)


def _queues(env: Env, name: str) -> dict[str, str]:
    queues: dict[str, str] = {}
    for entry in (entry for entry in env.str(name, "").split(",") if entry.strip()):
        # A model's path may hold the sign.
        model, _sign, queue = (part.strip() for part in entry.rpartition("="))
        if not model or not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", queue) or queue == "default":
            wanted = "model=queue,model=queue, with queues other than default"
            raise ValueError(f"{name} must look like {wanted}, not {entry!r}.")
        queues[model] = queue
    return queues


def _endpoints(path: str) -> dict[str, Endpoint]:
    return endpoints.read(ROOT / Path(path).expanduser()) if path else {}


def _truth(env: Env, name: str) -> bool:
    try:
        return env.bool(name, False)
    except EnvError:
        raise ValueError(f"{name} must be true or false, not {env.str(name)!r}.") from None


def _check(environment: Environment) -> None:
    if len(environment.secret_key) < 32:
        demo = (
            "" if environment.secret_key else f" (The demo's own is not in {environment.data_dir}: is DATA_DIR right?)"
        )
        raise ValueError(f"SECRET_KEY must be set to at least 32 random characters.{demo}")
    if environment.port > 65535:
        raise ValueError(f"PORT must be at most 65535, not {environment.port}.")
    address = urlsplit(environment.site_url)
    if address.scheme not in {"http", "https"} or not address.hostname or address.path:
        example = "https://study.example.org"
        raise ValueError(
            f"SITE_URL must be an address without a path, such as {example}, not {environment.site_url!r}."
        )
    if not environment.redis_url.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ValueError("REDIS_URL must begin with redis://, rediss:// or redis+socket://.")
    if environment.releases_bucket and not re.fullmatch(r"s3://[^/]+(/.*)?", environment.releases_bucket):
        raise ValueError("RELEASES_BUCKET must look like s3://bucket/folder.")
    _check_database(environment.database_url)


def _check_database(url: str) -> None:
    # The value is not repeated: it may hold a password.
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("DATABASE_URL must begin with postgresql://.")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ValueError("DATABASE_URL must look like postgresql://user:password@host/name.") from None


def table() -> str:
    """Return the README's table of settings: every variable with its default and what it does."""
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {said} |" for name, default, said in _documented()]
    return "\n".join(["| Setting | Default | What it does |", "| --- | --- | --- |", *rows])


def _documented() -> Iterator[tuple[str, str, str]]:
    [declared] = ast.parse(inspect.getsource(Environment)).body
    assert isinstance(declared, ast.ClassDef)
    said = {}
    for entry, below in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name) and isinstance(below, ast.Expr):
            said[entry.target.id] = " ".join(ast.literal_eval(below.value).split())
    for item in fields(Environment):
        yield item.metadata["name"], item.metadata["default"], said[item.name]


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
