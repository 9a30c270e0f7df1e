"""The web process: light, quick to start, and serving its own static files."""

import gzip
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from tests.config.programs import ROOT, bare_environment, command, free_port, refusal, run, run_code

WORKERS_ONLY = ("aiohttp", "torch", "transformers", "datasets", "sklearn", "scipy")


def env(**more):
    """Return the settings of a web process that works on the tests' own servers."""
    parts = settings.ENVIRONMENT
    return {
        "SECRET_KEY": parts.secret_key,
        "DATABASE_URL": parts.database_url,
        "REDIS_URL": parts.redis_url,
        "DATA_DIR": str(parts.data_dir),
        **more,
    }


@contextmanager
def web_process(**more):
    """Run the web server; give its process and its address once /health/ answers."""
    port = free_port()
    process = subprocess.Popen(
        command("config.web"),
        env=bare_environment(**env(PORT=str(port), **more)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health/", process)
        yield process, address
    finally:
        process.terminate()
        process.said, _nothing = process.communicate(timeout=20)


def wait_for(url, process):
    for _attempt in range(600):
        assert process.poll() is None, process.communicate()
        try:
            return get(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("The web process did not answer.")


def get(url, **headers):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, headers=headers), timeout=20)


def test_it_does_not_load_what_only_workers_need(db):
    asked = (
        "import sys, config.asgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        f"print([name for name in {WORKERS_ONLY} if name in sys.modules])"
    )
    said = run_code(asked, **env())
    assert said.stdout.strip() == "[]", said.stderr


def test_it_starts_in_under_three_seconds(transactional_db):
    with web_process() as (process, _address):
        # Seconds of its own: on the clock others' work on the same cores would count as well.
        times = psutil.Process(process.pid).cpu_times()
        assert times.user + times.system < 3


def test_it_serves_static_files_for_ever_without_a_word_of_warning(transactional_db):
    style = next((ROOT / "static").rglob("*.css"))
    name = staticfiles_storage.url(str(style.relative_to(ROOT / "static")))
    with web_process(PYTHONWARNINGS="error") as (process, address):
        answer = get(address + name, **{"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "immutable" in answer.headers["Cache-Control"]
        part = get(address + name, Range="bytes=0-9")
        assert (part.status, len(part.read())) == (206, 10)
        with pytest.raises(urllib.error.HTTPError, match="304"):
            get(address + name, **{"If-None-Match": answer.headers["ETag"]})
    assert process.said == ""


def test_pages_go_out_compressed(transactional_db):
    with web_process() as (_process, address):
        plain = get(f"{address}/sign-in/").read()
        packed = get(f"{address}/sign-in/", **{"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        sent = packed.read()
        assert len(sent) < len(plain) / 2
        assert gzip.decompress(sent).strip().startswith(b"<!DOCTYPE html>")


def test_two_processes_answer_on_one_port(transactional_db):
    with web_process(WEB_PROCESSES="2") as (process, _address):
        workers = [
            child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(workers) == 2


def test_it_does_not_answer_for_other_hosts(transactional_db):
    with web_process() as (_process, address), pytest.raises(urllib.error.HTTPError, match="400"):
        get(f"{address}/", Host="evil.example.org")


def test_it_does_not_believe_a_stranger_about_where_he_is(transactional_db):
    with web_process(DEMO="true") as (_process, address), pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{address}/demo/researcher/", **{"X-Forwarded-For": "203.0.113.9"})


def test_a_port_in_use_is_told_in_one_sentence(transactional_db):
    with web_process() as (_process, address):
        port = address.rpartition(":")[2]
        assert f"Port {port} is in use by another program" in refusal(run("config.web", **env(PORT=port)))


def test_an_address_of_another_machine_is_told_in_one_sentence():
    sentence = refusal(run("config.web", **env(WEB_HOST="203.0.113.1", PORT=str(free_port()))))
    assert sentence == "The web server cannot listen on 203.0.113.1 port " + sentence.split("port ")[1]
