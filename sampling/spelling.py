"""The spelling in which words are looked up: without what writers may leave out or put in. Knows no Django."""

import re
import unicodedata

# Vowel signs and lengthening of Arabic, the dot below of Devanagari, joiners.
_LEFT_OUT = re.compile("[\u064b-\u0652\u0640\u093c\u200c\u200d]")
_SAME = str.maketrans("أإآٱىةँ’‘", "اااايهं''")


def plain(text: str) -> str:
    """Return a text in small letters, in which letters that are written one way or another are written one way."""
    return unified(unicodedata.normalize("NFKC", text).casefold())


def unified(text: str) -> str:
    """Return a text as `plain` does, with its capitals: patterns are brought into the same spelling by this."""
    return _LEFT_OUT.sub("", text).translate(_SAME)
