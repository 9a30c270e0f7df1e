"""Our programs as processes of their own, as an operator starts them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

OF_THE_TESTS = {
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_DIR", "DEMO", "SITE_URL", "ALLOWED_HOSTS", "PORT", "MODEL"),
    *("ENDPOINTS", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "PYTEST_XDIST_WORKER"),
}


def bare_environment(**settings):
    """Return the environment without what the tests set in it, and with these settings."""
    return {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS} | settings


def command(*arguments):
    """Return the command line of a module of ours, or of another one."""
    return [sys.executable, "-m", *arguments]


def run(*arguments, **settings):
    """Run a module to its end with nothing in the environment but these settings."""
    return _finished(command(*arguments), settings)


def run_code(code, *arguments, **settings):
    """Run some lines of Python to their end, likewise."""
    return _finished([sys.executable, "-c", code, *arguments], settings)


def _finished(line, settings):
    environment = bare_environment(**settings)
    return subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def refusal(process):
    """Return the one sentence with which a program refused to go on."""
    assert process.returncode == 1, (process.stdout, process.stderr)
    [sentence] = process.stderr.splitlines()
    return sentence
