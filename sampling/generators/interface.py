"""What every generator is: it is asked for completions and answers in the same order. Knows no Django and no torch."""

import threading
from collections.abc import Sequence
from typing import Protocol

from sampling.asking import Reply, Request, Writer

ENDING = threading.Event()
"""Set once this process is about to end: whoever waits for another machine gives up."""


class GeneratorFailed(Exception):
    """A generator could not answer; `code` is a code of sampling.reasons, the message says more."""

    code = "generator-failed"
    answered: Sequence[Reply] = ()
    """What was answered in the same batch all the same; it is kept."""


class ModelNotLoadable(GeneratorFailed):
    """The model is not there, is not what the recipe says, or cannot be run here."""

    code = "model-not-loadable"


class PromptTooLong(GeneratorFailed):
    """The conversation does not fit into the model."""

    code = "prompt-too-long"


class CannotScore(GeneratorFailed):
    """This generator does not say how probable given answers are."""

    code = "cannot-score"


class TooSlow(GeneratorFailed):
    """The deadline passed."""

    code = "too-slow"


class Stopping(Exception):
    """This process is about to end: what was asked is to be asked of another one. No fault of the request."""


class Counted(Protocol):
    """Something that grows by tokens."""

    decoded: int


class Progress:
    """How far the completions of one set are, for whoever looks from another thread."""

    def __init__(self) -> None:
        self._watched: list[Counted] = []

    def watch(self, counted: Counted) -> None:
        """Count the tokens of this too."""
        self._watched.append(counted)

    def decoded(self) -> int:
        """Return how many tokens were written so far."""
        return sum(counted.decoded for counted in self._watched)


class Generator(Writer, Protocol):
    """Who writes the text: one model with one way of decoding."""

    def complete(self, requests: list[Request], *, progress: Progress) -> list[Reply]:
        """Answer every request, in order; where a request has options, score them.

        :raises GeneratorFailed: if one cannot be answered.
        :raises CannotScore: if options are to be scored, and this generator cannot.
        :raises Stopping: if this process ends before they are.
        """
