"""The whole demo, as `make demo` runs it: started, used, stopped and started again."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from http.cookiejar import CookieJar

import psutil
import pytest

from tests.config.programs import ROOT, bare_environment, command, free_port, refusal, run


def _as_from_a_terminal() -> None:
    # What runs the tests may ignore these signals (nohup, a background job), and a new process would inherit that.
    for signum in (signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, signal.SIG_DFL)


class Demo:
    """A demo of its own data folder, in a process group of its own as in a terminal of its own."""

    def __init__(self, data_dir):
        self.data_dir = data_dir
        self.port = str(free_port())
        self.output = data_dir.with_suffix(".log")

    def start(self):
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command("config.demo"),
                env=bare_environment(PORT=self.port, DATA_DIR=str(self.data_dir)),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_as_from_a_terminal,
            )

    def wait_until_told(self):
        started = time.monotonic()
        while "Ctrl-C" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - started < 120, self.said()
            time.sleep(0.1)
        return time.monotonic() - started

    def said(self):
        return self.output.read_text()

    def links(self):
        return dict(re.findall(r"^  (\S.*?) {2,}(http\S+)$", self.said(), re.MULTILINE))

    def processes(self):
        """Return everything that runs: our descendants, and PostgreSQL, which is nobody's child."""
        mine = psutil.Process(self.process.pid)
        postmaster = psutil.Process(int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))
        return [mine, *mine.children(recursive=True), postmaster, *postmaster.children(recursive=True)]

    def stop(self, stop):
        """Stop it, and return what still runs afterwards."""
        everything = self.processes()
        stop(self.process.pid)
        self.process.wait(30)
        _gone, alive = psutil.wait_procs(everything, timeout=2)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def kill(self):
        if self.process.poll() is None:
            assert self.stop(lambda pid: os.kill(pid, signal.SIGTERM)) == []


@pytest.fixture(scope="module")
def demo(new_folder):
    demo = Demo(new_folder() / "data")
    demo.start()
    demo.wait_until_told()
    yield demo
    demo.kill()


def visit(url):
    """Open a link in a browser without a past; return where it led and what was there."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    with opener.open(url, timeout=20) as answer:
        return answer.url.removeprefix(url.split("/demo")[0]), answer.read().decode()


def test_it_prints_a_link_for_a_researcher_and_an_annotator_in_each_language(demo):
    assert list(demo.links()) == [
        "Researcher",
        *(f"Annotator, {name}" for name in ("English", "French", "Italian", "Hindi", "Portuguese", "Arabic")),
    ]


def test_everything_answers(demo):
    _url, body = visit(f"http://127.0.0.1:{demo.port}/health/")
    assert json.loads(body)["status"] == "ok"


def test_the_researchers_link_signs_in(demo):
    address, page = visit(demo.links()["Researcher"])
    assert address == "/studies/"
    assert "Everyday answers" in page


def test_an_annotators_link_leads_into_the_study_in_their_language(demo):
    address, page = visit(demo.links()["Annotator, French"])
    assert address.startswith("/join/")
    assert 'lang="fr"' in page


def test_commands_find_the_demos_data(demo):
    listed = run(
        "django",
        "shell",
        "--no-imports",
        "-c",
        "from collection.models import Study; print(Study.objects.count())",
        DATA_DIR=str(demo.data_dir),
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    assert listed.stdout.strip() == "2", listed.stderr


def test_another_demo_in_the_same_folder_is_refused(demo):
    assert "Another demo is using" in refusal(run("config.demo", DATA_DIR=str(demo.data_dir), PORT=str(free_port())))


def test_its_port_is_in_use(demo, tmp_path):
    sentence = refusal(run("config.demo", DATA_DIR=str(tmp_path / "other"), PORT=demo.port))
    assert sentence.startswith(f"Port {demo.port} is in use by another program")


def test_it_stops_without_a_rest_and_goes_on_with_the_same_data(demo):
    secret = (demo.data_dir / "secret").read_text()
    # Ctrl-C in a terminal reaches every process of the group.
    assert demo.stop(lambda pid: os.killpg(pid, signal.SIGINT)) == []
    assert demo.process.returncode == 0
    demo.start()
    # Another's work on the same cores takes its share.
    assert demo.wait_until_told() < 15 * max(1, os.getloadavg()[0] / os.cpu_count())
    assert "created" not in demo.said()
    assert (demo.data_dir / "secret").read_text() == secret
    assert visit(demo.links()["Researcher"])[0] == "/studies/"


@pytest.mark.parametrize("signum", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.whole)])
def test_it_stops_without_a_rest_by_another_signal(demo, signum):
    if demo.process.poll() is not None:
        demo.start()
        demo.wait_until_told()
    assert demo.stop(lambda pid: os.kill(pid, signum)) == []
    assert demo.process.returncode == 0


def test_what_a_killed_demo_left_behind_is_stopped_by_the_next(demo):
    demo.start()
    demo.wait_until_told()
    left = [process for process in demo.processes() if process.name() != "postgres"]
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait()
    assert any(process.is_running() for process in left)
    demo.start()
    demo.wait_until_told()
    assert [process for process in left if process.is_running()] == []
    assert demo.stop(lambda pid: os.killpg(pid, signal.SIGINT)) == []


def test_it_can_be_stopped_while_it_starts(demo):
    demo.start()
    while not (demo.data_dir / "postgres" / "postmaster.pid").exists():
        time.sleep(0.05)
    os.killpg(demo.process.pid, signal.SIGINT)
    demo.process.wait(30)
    # PostgreSQL was told to stop too, and may take a moment longer.
    deadline = time.monotonic() + 10
    while left := [
        each for each in psutil.process_iter(["cmdline"]) if str(demo.data_dir) in str(each.info["cmdline"])
    ]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
