"""What was seen of each answer, as the page's script says it (decision 37). Knows no Django."""

import re
from collections.abc import Sequence

LONGEST_MILLISECONDS = 24 * 60 * 60 * 1000

_ENTRY = r"[0-8],\d{1,8},(?:\d{1,2}|100)"
_ALL = re.compile(rf"{_ENTRY}(?:;{_ENTRY})*", re.ASCII)

Seen = list[list[int]]
"""By place on the screen: as which one the answer was first seen (0: never), for how many milliseconds some of it was
on the screen, and the percentage of its height that came there."""


def read(text: str, *, places: int) -> Seen | None:
    """Return what a script said; None where it said nothing, or nothing that fits so many answers."""
    if not _ALL.fullmatch(text):
        return None
    seen = [[int(number) for number in entry.split(",")] for entry in text.split(";")]
    orders = sorted(order for order, _milliseconds, _percent in seen if order)
    numbered = orders == list(range(1, len(orders) + 1))
    short_enough = all(milliseconds <= LONGEST_MILLISECONDS for _order, milliseconds, _percent in seen)
    return seen if len(seen) == places and numbered and short_enough else None


def by_slot(seen: Sequence[Sequence[int]], *, order: Sequence[int]) -> Seen:
    """Return the same by the slots of the candidates; order[place] is the slot that stood in a place."""
    places = {slot: place for place, slot in enumerate(order)}
    return [list(seen[places[slot]]) for slot in range(len(order))]
