"""Bringing a text into the one form that is stored, compared and shown. Knows no Django."""

import re
import unicodedata

# Zero-width space, word joiner, byte order mark, and the controls that reorder text: they carry nothing a reader sees.
# (Joiners, left-to-right and right-to-left marks stay: Hindi and Arabic are written with them.)
_INVISIBLE = "\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROLS = "".join(chr(code) for code in [*range(32), *range(127, 160)] if chr(code) not in "\n\t")
_DROPPED = str.maketrans("", "", _INVISIBLE + _CONTROLS)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_JOINERS = re.compile("[\u200c\u200d]+")
_LOOSE_JOINER = re.compile("(?<!\\S)[\u200c\u200d]|[\u200c\u200d](?!\\S)")


def storable(text: str) -> str:
    """Return a completion as it came, but for what no database can hold."""
    return _SURROGATES.sub("\ufffd", text.replace("\0", "\ufffd"))


def tidied(text: str) -> str:
    """Return a text composed (NFC), with plain line ends, without invisible characters and outer blanks."""
    text = _LINE_ENDS.sub("\n", storable(text)).translate(_DROPPED)
    text = _LOOSE_JOINER.sub("", _JOINERS.sub(lambda run: run[0][0], text))
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    return "\n".join(lines).strip()
