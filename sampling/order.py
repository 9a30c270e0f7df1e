"""The one order in which every wide file lists a set. Knows no Django."""

import random


def canonical_order(*, k: int, seed: int) -> list[int]:
    """Return the slots of a set, shuffled with this seed."""
    return random.Random(seed).sample(range(k), k)
