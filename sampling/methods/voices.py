"""The voices that answers speak for: what they say in a language, and which of them a set takes. Knows no Django."""

from collections.abc import Sequence

from sampling.asking import Order
from sampling.recipe_document import Voice
from sampling.wordings import NoWording


def text_of(voice: Voice, language: str) -> str:
    """Return how a voice is worded in a language.

    :raises NoWording: if it is not.
    """
    try:
        return voice.texts[language]
    except KeyError:
        raise NoWording(f"voice {voice.key} in {language}") from None


def drawn(order: Order, voices: Sequence[Voice], number: int) -> list[Voice]:
    """Return so many of the voices, at random where there are more, in the order in which they are listed."""
    if len(voices) <= number:
        return list(voices)
    return [voices[place] for place in sorted(order.random().sample(range(len(voices)), number))]
