"""python -m config.demo.restarting COMMAND …: run a command, and again when it dies, until told to stop."""

import signal
import subprocess
import sys
import time
from types import FrameType

PAUSE_SECONDS = 2
HEALTHY_SECONDS = 30
SHORT_LIVES = 3
"""A command that dies so often before it was healthy cannot run at all."""


class Stopping:
    """Notes that the process was told to stop. The command is in the same process group and is told as well."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True


def main(command: list[str]) -> int:
    """Run the command until told to stop, or until it cannot run; return its last exit status."""
    stopping = Stopping()
    short_lives = 0
    while True:
        started = time.monotonic()
        status = subprocess.Popen(command).wait()
        short_lives = short_lives + 1 if time.monotonic() - started < HEALTHY_SECONDS else 0
        if stopping.asked or short_lives == SHORT_LIVES:
            return status
        sys.stderr.write(f"It ended with status {status} and is started again.\n")
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
