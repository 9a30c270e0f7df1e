"""How often a rule hits people of each stratum, beside all others. Knows no Django."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

FEWEST_PEOPLE = 5
"""A stratum with fewer people than this is shown and not judged."""
FEWEST_HIT = 2
"""One person is no pattern."""
TWICE = 2.0


@dataclass(frozen=True)
class Rate:
    """One stratum under one rule."""

    stratum: str
    people: int
    hit: int
    others: int
    others_hit: int

    @property
    def share(self) -> float:
        """Of its people, how many the rule hit."""
        return self.hit / self.people

    @property
    def others_share(self) -> float | None:
        """Of all others, how many the rule hit; None where there are no others."""
        return self.others_hit / self.others if self.others else None

    @property
    def warns(self) -> bool:
        """Whether the rule hits this stratum twice as often as the others, or more."""
        if self.others_share is None or self.people < FEWEST_PEOPLE or self.hit < FEWEST_HIT:
            return False
        return self.share >= TWICE * self.others_share


def by_stratum(strata: Mapping[int, str], hit: Set[int]) -> list[Rate]:
    """Return the rate of every stratum, by name.

    :param strata: The stratum of every person whom the rule could have hit.
    :param hit: The people whom it did hit; those without a stratum count nowhere.
    """
    known = hit & strata.keys()
    rates = []
    for stratum in sorted(set(strata.values())):
        people = {person for person, name in strata.items() if name == stratum}
        inside = len(people & known)
        rates.append(
            Rate(
                stratum=stratum,
                people=len(people),
                hit=inside,
                others=len(strata) - len(people),
                others_hit=len(known) - inside,
            )
        )
    return rates
