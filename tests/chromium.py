"""python -m tests.chromium: make sure that browser tests find a Chromium, or say in one sentence what to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MISSING = (
    "The browser tests need Chromium: install it (on Debian and Ubuntu: apt-get install chromium fonts-noto-core), "
    "or name its program with CHROMIUM=…"
)

# As root without a sandbox; and without looking for updates and the like, which tests do not wait for.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]


def find() -> str | None:
    """Return the program named in the environment, or on the PATH, or downloaded by Playwright."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or _downloaded()


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.executable_path
    return program if Path(program).exists() else None


def install() -> None:
    """Try Debian's packages, where that can be done, and then Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-core"]):
            subprocess.run(["apt-get", "-qq", *step], env=environment, stdout=subprocess.DEVNULL, check=False)
        if find():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> None:
    """Install a Chromium if there is none, and none is named."""
    if find():
        return
    if "CHROMIUM" not in os.environ:
        sys.stdout.write("Installing Chromium for the browser tests; this happens once …\n")
        sys.stdout.flush()
        install()
    if not find():
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
