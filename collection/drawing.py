"""Drawing one of the least-filled items, with a number of index look-ups that does not grow with the study.

Items of one level lie on a ring from 0 to 1, each at a key that was drawn when it came to this level. A point of the
ring is drawn, the next WINDOW items from there are taken together, and one of them is drawn with equal chance. Where
the level has fewer items than that, each of them has the same chance. Otherwise an item is in the window if the point
falls between the key of the item WINDOW places before it and its own, so that its chance is that distance / WINDOW.
"""

import random
from dataclasses import dataclass

from collection.models.prompt import OverlapQuerySet

WINDOW = 64


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the draw came to."""

    overlap_id: int
    level: int
    """How many places of the item were taken."""
    probability: float
    """With which this item came, given the keys: above 0, at most 1."""


def draw(eligible: OverlapQuerySet, *, rng: random.Random) -> Drawn | None:
    """Return one of the least-filled of these items, or nothing where there are none.

    :param eligible: items of one study, language and stratum.
    """
    by_level = eligible.order_by("taken").values_list("taken", flat=True)
    while (level := by_level.first()) is not None:
        ring = eligible.filter(taken=level)
        # Empty where others took all items of the level in between.
        if window := _following(ring, rng.random()):
            pk, key = window[rng.randrange(len(window))]
            chance = _distance(ring, key) / WINDOW if len(window) == WINDOW else 1 / len(window)
            return Drawn(overlap_id=pk, level=level, probability=chance)
    return None


def _following(ring: OverlapQuerySet, point: float) -> list[tuple[int, float]]:
    """Return the next WINDOW items from a point on, once round the ring at most."""
    keys = ring.order_by("draw_key").values_list("pk", "draw_key")
    found = list(keys.filter(draw_key__gte=point)[:WINDOW])
    if len(found) < WINDOW:
        found += keys.filter(draw_key__lt=point)[: WINDOW - len(found)]
    return found


def _distance(ring: OverlapQuerySet, key: float) -> float:
    """Return how far behind a key the item WINDOW places before it lies; 1 where that is the item itself."""
    keys = ring.order_by("-draw_key").values_list("draw_key", flat=True)
    before = list(keys.filter(draw_key__lt=key)[:WINDOW])
    if len(before) == WINDOW:
        return key - before[-1]
    left = WINDOW - len(before)
    beyond = list(keys.filter(draw_key__gt=key)[:left])
    return key - beyond[-1] + 1 if len(beyond) == left else 1.0
