"""python -m docs.screenshots (make pictures): the pictures of the documents, taken of the real demo.

Starts a demo of its own with nothing in it, lets one person in each language work through it, and a researcher look on.
`make screenshots` is another thing: every page, into a gallery.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tqdm import tqdm

from docs import walks
from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PATIENCE_SECONDS = 600
DESKTOP = {"viewport": {"width": 1280, "height": 1120}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

# What the documents show: a page in a language, and the name of its file.
PICTURES = {
    "en/task": "comparing",
    "hi/task": "comparing-in-hindi-on-a-phone",
    "ar/task": "comparing-in-arabic",
    "en/study": "study",
    "en/release": "release",
    "ar/study": "study-in-arabic",
}


@dataclass
class Camera:
    """Takes the pictures that are wanted."""

    folder: Path
    bar: tqdm
    taken: set[str] = field(default_factory=set)

    def take(self, page: Page, name: str) -> None:
        """Take a page, if nobody has yet and it is wanted."""
        if name in self.taken or name not in PICTURES:
            return
        self.taken.add(name)
        page.mouse.move(0, 0)
        page.screenshot(path=self.folder / f"{PICTURES[name]}.png", animations="disabled", caret="hide")
        self.bar.update()


# ---- the demo -------------------------------------------------------------------------------------------------------
@contextmanager
def demo() -> Iterator[str]:
    """Run a demo without a past, and stop it again; yields its address."""
    with tempfile.TemporaryDirectory(prefix="counterpoint-screenshots-") as folder:
        port = _free_port()
        kept = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SITE_URL"}
        }
        environment = kept | {"DATA_DIR": f"{folder}/data", "PORT": str(port)}
        with (Path(folder) / "log").open("w+") as log:
            command = [sys.executable, "-m", "config.demo"]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                _wait_until_ready(process, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], log: IO[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "Sign in with one click" not in Path(log.name).read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The demo did not start:\n{Path(log.name).read_text()}")
        time.sleep(0.5)


# ---- all of it ------------------------------------------------------------------------------------------------------
def context_for(browser: Browser, language: str) -> BrowserContext:
    """Return a browser of somebody: Hindi is read on a phone."""
    context = browser.new_context(**(PHONE if language == "hi" else DESKTOP), locale=language, color_scheme="light")
    context.set_default_timeout(60_000)
    return context


def walk(browser: Browser, site: str, camera: Camera) -> None:
    """Let everybody do their part, one after the other."""
    for steps, language in product((walks.annotate, walks.manage), walks.WORDS):
        camera.bar.set_description(f"{steps.__name__} ({language})")
        context = context_for(browser, language)
        steps(context.new_page(), site, language, camera)
        context.close()


def main() -> None:
    """Take the pictures."""
    # Told to stop, it stops the demo as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    program = chromium.find() or sys.exit(chromium.MISSING)
    with demo() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        with tqdm(total=len(PICTURES), unit="picture") as bar:
            walk(browser, site, Camera(folder=IMAGES, bar=bar))
        browser.close()


if __name__ == "__main__":
    main()
