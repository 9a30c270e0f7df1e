"""The instructions that generators get, in each language: wordings.json, versioned, its hash in every completion.

Knows no Django.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("wordings.json")


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


def wording(name: str, *, language: str, k: int) -> str:
    """Return an instruction for k answers.

    :raises NoWording: if the file lacks it in this language.
    """
    try:
        template = _file()["wordings"][language][name]
    except KeyError:
        raise NoWording(f"{name} in {language}") from None
    return str(template).replace("{k}", str(k))
