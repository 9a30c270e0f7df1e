"""In which order a person sees the candidates of a set. Knows no Django."""

import random


def drawn_order(*, k: int, seed: int) -> list[int]:
    """Return the slots 0 … k-1, shuffled with this seed: element i stands in place i of the screen."""
    return random.Random(seed).sample(range(k), k)


def balanced_order(*, k: int, seed: int, index: int) -> list[int]:
    """Return the order of the index-th person (from 0) who shares a set.

    Each k people in a row make one block, a Latin square: every candidate stands in every place once. So over any
    number of people, how often two candidates stood in one place differs by at most one. Each block is a square of its
    own, drawn with the seed and the block's number: the cyclic one with rows and columns shuffled and symbols renamed,
    so that neither the start nor who stands beside whom is the same for everybody.
    """
    block, row = divmod(index, k)
    rng = random.Random(f"{seed}:{block}")
    rows, columns, symbols = (rng.sample(range(k), k) for _ in range(3))
    return [symbols[(rows[row] + column) % k] for column in columns]
