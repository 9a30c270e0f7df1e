"""The voices that answers speak for: what they say in a language, and which of them a set takes. Knows no Django."""

from collections.abc import Sequence
from typing import TypeVar

from sampling.asking import Order
from sampling.recipe_document import Voice
from sampling.wordings import NoWording

T = TypeVar("T")


def text_of(voice: Voice, language: str) -> str:
    """Return how a voice is worded in a language.

    :raises NoWording: if it is not.
    """
    try:
        return voice.texts[language]
    except KeyError:
        raise NoWording(f"voice {voice.key} in {language}") from None


def drawn(order: Order, voices: Sequence[T], number: int) -> list[T]:
    """Return so many voices (or communities), at random where there are more, in the order in which they are listed."""
    if len(voices) <= number:
        return list(voices)
    return [voices[place] for place in sorted(order.random().sample(range(len(voices)), number))]
