"""Chance by name: the same seed and the same names give the same number, whatever was asked before or in between.

People are served in an order that nobody controls. So no draw may depend on how many were made before it.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import log
from typing import TypeVar

Some = TypeVar("Some")

_STEPS = 2**53


def share(*names: str | int) -> float:
    """Return a number from 0 (included) to 1 (not included), drawn for these names."""
    digest = blake2b("\0".join(map(str, names)).encode(errors="surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / _STEPS


def gumbel(*names: str | int) -> float:
    """Return a draw from the standard Gumbel distribution."""
    # The distribution has no value at 0 and 1.
    return -log(-log(min(max(share(*names), 1e-12), 1 - 1e-12)))


def pick(options: Sequence[Some], *names: str | int) -> Some:
    """Return one of some options, each with equal chance."""
    return options[int(share(*names) * len(options))]
