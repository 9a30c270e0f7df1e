"""python -m benchmarks.starting: how long the demo and its web process take to start.

Reach: a second `make demo` is up within 15 s; the web process starts in under 3 s.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

PATIENCE_SECONDS = 300


def main() -> None:
    """Start the demo in a new folder, again in the same one, and a web process beside it; print a table."""
    with tempfile.TemporaryDirectory(prefix="counterpoint-starting-") as folder:
        environment = os.environ | {"DATA_DIR": folder, "PORT": str(free_port())}
        rows = [("demo, first start (loads the studies)", *_measured("config.demo", environment))]
        demo = _start("config.demo", environment)
        rows.append(("demo, second start", seconds_until_up(demo, environment["PORT"]), None))
        rows += _web_processes(environment)
        _stop(demo)
    for name, seconds, cpu in rows:
        sys.stdout.write(f"{name:40}{seconds:6.1f} s" + (f"   of which {cpu:.1f} s CPU\n" if cpu is not None else "\n"))


def _web_processes(environment: dict[str, str]) -> list[tuple[str, float, float | None]]:
    # Beside the running demo, on its servers; its secret is in its folder.
    beside = environment | {"PORT": str(free_port())}
    return [(f"web process, start {number}", *_measured("config.web", beside)) for number in (1, 2, 3)]


def _measured(module: str, environment: dict[str, str]) -> tuple[float, float | None]:
    process = _start(module, environment)
    seconds = seconds_until_up(process, environment["PORT"])
    times = psutil.Process(process.pid).cpu_times()
    _stop(process)
    return seconds, times.user + times.system if module == "config.web" else None


def _start(module: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", module],
        env=environment,
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.DEVNULL,
    )


def seconds_until_up(process: "subprocess.Popen[bytes]", port: str) -> float:
    """Return after how many seconds the web server of this process answers; end the program if it does not."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        if process.poll() is not None:
            sys.exit(f"The process ended with status {process.returncode}.")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
        else:
            return time.monotonic() - started
    sys.exit(f"Nothing answered within {PATIENCE_SECONDS} s.")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
