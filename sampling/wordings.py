"""The instructions that generators get, in each language: wordings.json, versioned, its hash in every completion.

Knows no Django.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("wordings.json")
PLACEHOLDER = re.compile(r"\{(k|voices|voice|below|options)\}")


class NoWording(Exception):
    """There is no such instruction in this language."""


@cache
def _file() -> dict[str, Any]:
    return dict(json.loads(FILE.read_bytes()))


@cache
def sha256() -> str:
    """Return the hash of what the file says, whatever its layout."""
    text = json.dumps(_file(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def wording(
    name: str,
    *,
    language: str,
    k: int = 1,
    voices: str = "",
    voice: str = "",
    below: str = "",
    options: str = "",
) -> str:
    """Return an instruction with its placeholders filled.

    :param name: Which instruction, as in the file.
    :param k: How many answers it asks for.
    :param voices: The viewpoints to speak from, joined by "; ".
    :param voice: What matters most to the person to answer as.
    :param below: The probability that every answer stays below.
    :param options: The values to choose from.
    :raises NoWording: if the file lacks it in this language.
    """
    try:
        template = str(_file()["wordings"][language][name])
    except KeyError:
        raise NoWording(f"{name} in {language}") from None
    texts = {"k": str(k), "voices": voices, "voice": voice, "below": below, "options": options}
    # In one pass, so that a text with braces in it stays as somebody wrote it.
    return PLACEHOLDER.sub(lambda found: texts[found[1]], template)
