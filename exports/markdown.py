"""Text that others wrote, in Markdown that we write: it stays text. Knows no Django."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

# Everywhere, or only at the beginning of a line.
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$^]|\A[-+=]|(?<=\A\d)[.)])")
_TURNS_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
# Code points that are no characters: YAML cannot be read where one of them stands.
_NO_CHARACTER = re.compile("[\ufffe\uffff]")


def one_line(text: str) -> str:
    """Return a text without line breaks, control characters, and characters that turn the direction of what follows."""
    plain = " ".join(_NO_CHARACTER.sub("", _TURNS_DIRECTION.sub("", text)).split())
    return "".join(character for character in plain if unicodedata.category(character) != "Cc")


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", plain)


def code(text: str) -> str:
    """Return a name or setting as code, also inside a table."""
    return f"`{one_line(text).replace('`', chr(39)).replace('|', '¦')}`"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
