"""What is written to the log: lines without the secrets that links carry."""

import logging
import re

_SECRET = re.compile(r"(/(?:join|return)/)[^\s\"']+")


class Line(logging.Formatter):
    """A line, and the traceback below it. Whoever reads the log could else come in by the links that are in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with every invitation and return link left out, and what a panel added to it."""
        return _SECRET.sub(r"\1…", super().format(record))
