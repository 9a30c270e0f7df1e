"""What goes wrong for a known reason is said in one sentence; the rest is a fault of ours and keeps its traceback."""

import errno
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg
from django.core.management import CommandError

from config.demo.folder import FolderNotUsable
from config.embedded import EmbeddedServerFailed


def explained(act: Callable[[], int], *, data_dir: Path) -> int:
    """Return the exit status of a part of the demo; to be told to stop is no failure."""
    try:
        return act()
    except KeyboardInterrupt:
        return 0
    except (FolderNotUsable, EmbeddedServerFailed, CommandError) as error:
        return refuse(str(error))
    except Exception as error:
        if _is_disk_full(error):
            return refuse(f"The disk that holds the data folder {data_dir} is full; make room and start again.")
        raise


def refuse(sentence: str) -> int:
    """Say why it does not go on, and return the exit status of that."""
    sys.stderr.write(f"{sentence}\n")
    return 1


def leave_on_signals() -> None:
    """Leave by an exception when told to stop: that runs what was registered to stop the servers."""
    for signum in (signal.SIGTERM, signal.SIGHUP):
        # Under nohup, say, closing the terminal is to be ignored.
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _leave)


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _is_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull) or getattr(error, "errno", None) == errno.ENOSPC:
            return True
        error = error.__cause__ or error.__context__
    return False
