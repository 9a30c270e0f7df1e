"""python -m config.demo: everything on this machine, from embedded servers to sign-in links. `make demo` runs it."""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from django.utils.translation import get_language_info

from config import embedded, web
from config.demo import folder, leftovers, processes
from config.demo.explaining import explained, leave_on_signals, refuse
from config.environment import Environment, data_folder, read


def main() -> int:
    """Start everything, tell where it is, and stop everything again; return the exit status."""
    leave_on_signals()
    data_dir = data_folder()
    return explained(lambda: _start(data_dir), data_dir=data_dir)


def _start(data_dir: Path) -> int:
    with folder.kept(data_dir):
        os.environ.update(DEMO="true", DATA_DIR=str(data_dir), PYTHONUNBUFFERED="1")
        os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
        environment = read()
        leftovers.stop(data_dir)
        web.check_address(environment)
        return _run(environment)


def _run(environment: Environment) -> int:
    _say("Counterpoint is starting …")
    _start_servers(environment)
    status, languages = _prepare()
    if status:
        return status

    def ready() -> None:
        leftovers.note(environment.data_dir)
        _say(_welcome(environment, languages))

    health_url = f"http://127.0.0.1:{environment.port}/health/"
    queues = ["gpu", *sorted(set(environment.model_queues.values()) - {"gpu"})]
    if processes.run(data_dir=environment.data_dir, queues=queues, health_url=health_url, ready=ready):
        return 0
    return refuse("The demo stopped because one of its processes ended; the lines above say why.")


def _start_servers(environment: Environment) -> None:
    if "DATABASE_URL" not in os.environ:
        server = embedded.start_postgres(environment.data_dir / "postgres")
        embedded.create_database(server, "counterpoint")
    if "REDIS_URL" not in os.environ:
        redis = embedded.start_redis(environment.data_dir / "redis")
        atexit.register(redis.wait)
        atexit.register(redis.terminate)


def _prepare() -> tuple[int, list[str]]:
    """Have the database and the studies prepared; return the exit status of that, and the languages to be tried."""
    languages = ""
    # In a process of its own: what loading needs is a lot of memory that running does not.
    with subprocess.Popen(
        [sys.executable, "-m", "config.demo.prepare"], stdout=subprocess.PIPE, text=True
    ) as preparing:
        assert preparing.stdout is not None
        try:
            for line in preparing.stdout:
                before, _sign, languages = line.rstrip().partition("Languages: ")
                if before:
                    _say(before)
        except KeyboardInterrupt:
            preparing.terminate()
            raise
    return preparing.returncode, languages.split()


def _welcome(environment: Environment, languages: list[str]) -> str:
    url = f"http://127.0.0.1:{environment.port}"
    links = {"Researcher": f"{url}/demo/researcher/"}
    for language in languages:
        links[f"Annotator, {get_language_info(language)['name']}"] = f"{url}/demo/annotator/{language}/"
    lines = "\n".join(f"  {name:24}{link}" for name, link in links.items())
    return (
        f"\nCounterpoint is at {url}/\n\nSign in with one click, in a browser on this machine:\n{lines}\n\n"
        f"Everything is kept in {environment.data_dir}. Ctrl-C stops the demo; `make demo` goes on where it was.\n"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
