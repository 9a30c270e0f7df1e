"""A simulated person: what they prefer, how they waver, when they leave. Knows no Django and no HTTP.

Choices follow a multinomial logit (McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974): the
answer of the greatest utility is chosen, and each utility has a Gumbel error. "None of these" is one more alternative.

A text's place on the map of values is made up: every word stands at a place drawn by its letters alone, in any
language. So alike texts lie near each other and people who lie near each other agree more, and nothing else is claimed:
uncalibrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import sqrt
from statistics import fmean, pstdev

from collection.simulation import chance

Place = tuple[float, float]
"""On the map of values: from traditional to secular-rational, from survival to self-expression; 0 is the middle."""


@dataclass(frozen=True, kw_only=True)
class Temper:
    """What holds for a whole crowd. Chances are from 0 to 1."""

    affinity: float = 1.5
    """Weight of how near an answer lies to the person on the map."""
    noise: float = 1.0
    """Scale of the error; at 0 the same person always chooses the best."""
    position_bias: float = 0.3
    """Utility of the first place over the last one, falling evenly in between."""
    length_bias: float = 0.2
    """Utility of an answer that is one standard deviation longer than the others of its set."""
    none: float = -2.0
    """Utility of "none of these", where it is allowed."""
    laziness: float = 0.05
    """Share of people who do not read: their place on the screen alone decides, and they explain nothing."""
    explains: float = 0.6
    """Chance of an explanation where it is optional."""
    goes_on: float = 0.4
    """Chance of another message where the conversation may end."""
    drop_out: float = 0.02
    """Chance, at each task, to close the page in the middle of it."""
    comes_back: float = 0.5
    """Chance of who closed the page to come back by their return link."""
    skips: float = 0.01
    """Chance to leave a task by the link that says so."""
    reloads: float = 0.05
    """Chance to reload a task's page."""
    double_clicks: float = 0.05
    """Chance to press a button twice."""
    drafts: float = 0.3
    """Chance that the page saves a draft before something is sent."""
    declines: float = 0.1
    """Chance to leave an optional box unticked, or to prefer not to say."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who was made up. Every decision follows from the seed, the number and what is decided about."""

    seed: int
    number: int
    language: str
    place: Place = (0.0, 0.0)
    answers: dict[str, str] = field(default_factory=dict)
    """What they say of themselves, by question; to other questions they say something at random."""
    temper: Temper = Temper()

    # ---- chance -----------------------------------------------------------------------------------------------------
    def does(self, likelihood: float, *what: str | int) -> bool:
        """Whether something of this likelihood happens this time; `what` names the time."""
        return self.share(*what) < likelihood

    def share(self, *what: str | int) -> float:
        """Return a number from 0 to 1, drawn for this person and these names."""
        return chance.share(self.seed, self.number, *what)

    def pick(self, options: Sequence[chance.Some], *what: str | int) -> chance.Some:
        """Return one of some options, drawn for this person and these names."""
        return chance.pick(options, self.seed, self.number, *what)

    @property
    def is_lazy(self) -> bool:
        """Whether they choose without reading."""
        return self.does(self.temper.laziness, "lazy")

    # ---- choosing ---------------------------------------------------------------------------------------------------
    def choose(self, texts: Sequence[str], *, none_allowed: bool) -> int | None:
        """Return the place on the screen of the answer they prefer, from 0; None for none of these.

        :param texts: The answers in the order of the screen, at least one.
        """
        utilities = self.utilities(texts)
        best = max(range(len(texts)), key=utilities.__getitem__)
        none = self.temper.none + self._error("none", *sorted(texts))
        return None if none_allowed and not self.is_lazy and none > utilities[best] else best

    def utilities(self, texts: Sequence[str]) -> list[float]:
        """Return what each answer is worth to them at this moment, in the order of the screen."""
        last = max(1, len(texts) - 1)
        by_place = [self.temper.position_bias * (1 - place / last) for place in range(len(texts))]
        if self.is_lazy:
            return [bias + self._error("lazy", place, *sorted(texts)) for place, bias in enumerate(by_place)]
        longer = _standardised([len(text) for text in texts])
        return [
            self.temper.affinity * _nearness(self.place, place_of(text))
            + self.temper.length_bias * length
            + bias
            + self._error("text", text)
            for text, length, bias in zip(texts, longer, by_place, strict=True)
        ]

    def _error(self, *what: str | int) -> float:
        return self.temper.noise * chance.gumbel(self.seed, self.number, *what)


@lru_cache(maxsize=20_000)
def place_of(text: str) -> Place:
    """Return a text's place on the map: the sum of its words' places over the root of their number."""
    words = text.lower().split()
    scale = sqrt(max(1, len(words)))
    return sum(_word(word, "x") for word in words) / scale, sum(_word(word, "y") for word in words) / scale


@lru_cache(maxsize=100_000)
def _word(word: str, axis: str) -> float:
    return 2 * chance.share(word, axis) - 1


def _nearness(one: Place, other: Place) -> float:
    return one[0] * other[0] + one[1] * other[1]


def _standardised(lengths: Sequence[float]) -> list[float]:
    mean, spread = fmean(lengths), pstdev(lengths)
    return [(length - mean) / spread if spread else 0.0 for length in lengths]
