"""python -m config.demo: everything on this machine, from embedded servers to sign-in links. `make demo` runs it."""

import atexit
import errno
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import psycopg

from config import catalogues, embedded, web
from config.demo import folder, processes
from config.environment import Environment, data_folder, read


def main() -> int:
    """Start everything, tell where it is, and stop everything again; return the exit status."""
    for signum in (signal.SIGTERM, signal.SIGHUP):
        # Leaving by an exception runs what was registered to stop the servers.
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _leave)
    data_dir = data_folder()
    try:
        with folder.kept(data_dir):
            return _run(data_dir)
    except KeyboardInterrupt:
        return 0
    except (folder.FolderNotUsable, embedded.EmbeddedServerFailed) as error:
        return _refuse(str(error))
    except Exception as error:
        if _is_disk_full(error):
            return _refuse(f"The disk that holds the data folder {data_dir} is full; make room and start again.")
        raise


def _run(data_dir: Path) -> int:
    os.environ.update(DEMO="true", DATA_DIR=str(data_dir), PYTHONUNBUFFERED="1")
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
    environment = read()
    web.check_address(environment)
    _say("Counterpoint is starting …")
    _start_servers(environment)
    languages = _prepare()
    well = processes.run(
        data_dir=data_dir,
        health_url=f"http://127.0.0.1:{environment.port}/health/",
        ready=lambda: _say(_welcome(environment, languages)),
    )
    return 0 if well else _refuse("The demo stopped because one of its processes ended; the lines above say why.")


def _start_servers(environment: Environment) -> None:
    if "DATABASE_URL" not in os.environ:
        server = embedded.start_postgres(environment.data_dir / "postgres")
        embedded.create_database(server, "counterpoint")
    if "REDIS_URL" not in os.environ:
        redis = embedded.start_redis(environment.data_dir / "redis")
        atexit.register(redis.wait)
        atexit.register(redis.terminate)


def _prepare() -> list[str]:
    """Prepare the database, the files and the studies; return the languages that can be tried."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    catalogues.compile_all()
    django.setup()

    from django.core.management import CommandError, call_command
    from django.db import connection

    from config.demo import loading

    try:
        loading.prepare_database()
        call_command("collectstatic", verbosity=0, interactive=False)
        loading.load_studies(model=os.environ.get("MODEL", ""))
        return loading.languages()
    except CommandError as error:
        raise folder.FolderNotUsable(str(error)) from None
    finally:
        # The manager of processes forks: no connection is to be open then.
        connection.close()


def _welcome(environment: Environment, languages: list[str]) -> str:
    from django.utils.translation import get_language_info

    url = f"http://127.0.0.1:{environment.port}"
    links = {"Researcher": f"{url}/demo/researcher/"}
    for language in languages:
        links[f"Annotator, {get_language_info(language)['name']}"] = f"{url}/demo/annotator/{language}/"
    lines = "\n".join(f"  {name:24}{link}" for name, link in links.items())
    return (
        f"\nCounterpoint is at {url}/\n\nSign in with one click, in a browser on this machine:\n{lines}\n\n"
        f"Everything is kept in {environment.data_dir}. Ctrl-C stops the demo; `make demo` goes on where it was.\n"
    )


def _is_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull) or getattr(error, "errno", None) == errno.ENOSPC:
            return True
        error = error.__cause__ or error.__context__
    return False


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
