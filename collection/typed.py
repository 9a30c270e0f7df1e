"""What people type, made fit to be kept. Knows no Django."""

import unicodedata

MAXIMUM = 4_000
"""Characters of a message or an explanation."""
DRAFT_MAXIMUM = 20_000
"""Characters of a draft: too long to be sent is no reason to lose it."""


class TextRefused(Exception):
    """A text cannot be taken: `reason` is empty, too-short or too-long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def storable(text: str) -> str:
    """Return the text without what cannot be stored (NUL, lone surrogates) and with one kind of line end."""
    return text.replace("\0", "").encode(errors="ignore").decode().replace("\r\n", "\n").replace("\r", "\n")


def cleaned(text: str) -> str:
    """Return the storable text, trimmed."""
    return storable(text).strip()


def is_blank(text: str) -> bool:
    """Whether nobody can see anything of a text: spaces, controls and joiners only."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)


def message(text: str) -> str:
    """Return a message as it is kept.

    :raises TextRefused: if it is empty or too long.
    """
    text = cleaned(text)
    if is_blank(text):
        raise TextRefused("empty")
    if len(text) > MAXIMUM:
        raise TextRefused("too-long")
    return text


def explanation(text: str, *, minimum: int) -> str:
    """Return an explanation as it is kept; empty where none was given.

    :raises TextRefused: if something was said, and it is shorter than the minimum or too long.
    """
    text = cleaned(text)
    if is_blank(text):
        return ""
    if len(text) < minimum:
        raise TextRefused("too-short")
    if len(text) > MAXIMUM:
        raise TextRefused("too-long")
    return text
