"""Drawing one of the least-filled items, with a number of index look-ups that does not grow with the study.

Items of one level lie on a ring from 0 to 1, each at a key that was drawn when it came to this level. A point of the
ring is drawn, the next WINDOW items from there are taken together, and one of them is drawn with equal chance. Where
the level has fewer items than that, each of them has the same chance. Otherwise an item is in the window if the point
falls between the key of the item WINDOW places before it and its own, so that its chance is that distance / WINDOW.
"""

import random
from dataclasses import dataclass

from django.db.models import Subquery

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
    ring = eligible.filter(taken=Subquery(eligible.order_by("taken").values("taken")[:1]))
    # An item that others take between the two looks round the ring may be seen by neither, at its old key or its new.
    while not (window := _following(ring, rng.random())):
        if not eligible.exists():
            return None
    pk, level, key = window[rng.randrange(len(window))]
    chance = _distance(eligible.filter(taken=level), key) / WINDOW if len(window) == WINDOW else 1 / len(window)
    return Drawn(overlap_id=pk, level=level, probability=chance)


def _following(ring: OverlapQuerySet, point: float) -> list[tuple[int, int, float]]:
    """Return the next WINDOW items from a point on, once round the ring at most: their keys, level and places."""
    there = ring.order_by("draw_key").values_list("pk", "taken", "draw_key")
    found = list(there.filter(draw_key__gte=point)[:WINDOW])
    if len(found) < WINDOW:
        # The level may have changed in between; items of two levels are never drawn together.
        more = there.filter(draw_key__lt=point)[: WINDOW - len(found)]
        found += [each for each in more if not found or each[1] == found[0][1]]
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
