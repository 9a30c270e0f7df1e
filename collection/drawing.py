"""Drawing one of the least-filled items, with a number of index look-ups that does not grow with the study.

Items of one level lie on a ring from 0 to 1, each at a key that was drawn when it came to this level. A point of the
ring is drawn, the next WINDOW items from there are taken together, and one of them is drawn with equal chance. Where
the level has fewer items than that, each of them has the same chance. Otherwise an item is in the window if the point
falls between the key of the item WINDOW places before it and its own, so that its chance is that distance / WINDOW.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

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
    if eligible.query.is_empty():
        return None
    ring = _Ring(eligible)
    # An item that others take between the two looks round the ring may be seen by neither, at its old key or its new.
    while not (window := ring.following(rng.random())):
        if not eligible.exists():
            return None
    pk, level, key = window[rng.randrange(len(window))]
    chance = ring.distance(key, level=level) / WINDOW if len(window) == WINDOW else 1 / len(window)
    return Drawn(overlap_id=pk, level=level, probability=chance)


class _Ring:
    """The eligible items. Their SQL is put together once and looked into several times."""

    def __init__(self, eligible: OverlapQuerySet) -> None:
        self.these, self.values = eligible.order_by().values_list("pk", "taken", "draw_key").query.sql_with_params()

    def following(self, point: float) -> list[tuple[int, int, float]]:
        """Return the next WINDOW items of the lowest level from a point on, once round the ring at most."""
        least = f"taken = (select taken from ({self.these}) every order by taken limit 1)"  # noqa: S608 (Django's own SQL)
        found = self._look(f"{least} and draw_key >= %s order by draw_key", [*self.values, point], WINDOW)
        if left := WINDOW - len(found):
            more = self._look(f"{least} and draw_key < %s order by draw_key", [*self.values, point], left)
            # The level may have changed in between; items of two levels are never drawn together.
            found += [each for each in more if not found or each[1] == found[0][1]]
        return found

    def distance(self, key: float, *, level: int) -> float:
        """Return how far behind a key the item WINDOW places before it lies; 1 where that is the item itself."""
        before = self._look("taken = %s and draw_key < %s order by draw_key desc", [level, key], WINDOW)
        if len(before) == WINDOW:
            return key - before[-1][2]
        left = WINDOW - len(before)
        beyond = self._look("taken = %s and draw_key > %s order by draw_key desc", [level, key], left)
        return key - beyond[-1][2] + 1 if len(beyond) == left else 1.0

    def _look(self, where: str, values: Sequence[Any], most: int) -> list[tuple[int, int, float]]:
        with connection.cursor() as cursor:
            sql = f"select pk, taken, draw_key from ({self.these}) these where {where} limit %s"  # noqa: S608 (likewise)
            cursor.execute(sql, [*self.values, *values, most])
            return cursor.fetchall()
