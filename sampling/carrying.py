"""Bringing requests to the generators they name, and the replies back in the same order."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter

from sampling import recipe_document
from sampling.asking import Reply, Request
from sampling.generators import generator_of
from sampling.generators.interface import Generator, GeneratorFailed, Progress
from sampling.generators.side_by_side import replies_of
from sampling.recipe_document import Decoding, RecipeDocument

Asked = tuple[recipe_document.Generator, Decoding]


class Carrier:
    """Carries what one attempt at a set asks; every generator is had once, when it is first asked."""

    def __init__(self, recipe: RecipeDocument, *, progress: Progress) -> None:
        self.recipe = recipe
        self.progress = progress
        self._generators: dict[Asked, Generator] = {}

    def answered(self, requests: Sequence[Request]) -> list[Reply]:
        """Return the reply to each request, in order. Several generators write at the same time.

        :raises GeneratorFailed: if one of them cannot answer.
        :raises Stopping: if this process ends before they have.
        """
        together: dict[Asked, list[int]] = {}
        for place, request in enumerate(requests):
            together.setdefault(self._asked(request), []).append(place)
        for asked in together:
            if asked not in self._generators:
                self._generators[asked] = generator_of(*asked)

        def of(asked: Asked) -> list[Reply]:
            generator = self._generators[asked]
            chosen = [requests[place] for place in together[asked]]
            try:
                replies = generator.complete(chosen, progress=self.progress)
            except GeneratorFailed as failure:
                _sign(failure.answered, generator)
                raise
            _sign(replies, generator)
            return replies

        if len(together) == 1:
            return of(*together)
        with ThreadPoolExecutor(max_workers=max(1, len(together))) as threads:
            calls = [threads.submit(of, asked) for asked in together]
        replies = replies_of(calls)
        places = [place for asked in together for place in together[asked]]
        return [reply for _place, reply in sorted(zip(places, replies, strict=True), key=itemgetter(0))]

    def _asked(self, request: Request) -> Asked:
        spec = request.generator or self.recipe.generator
        assert spec is not None, "a method without a generator of its own names one with every request"
        return spec, request.decoding or self.recipe.decoding


def _sign(replies: Sequence[Reply], generator: Generator) -> None:
    """Note who answered, where the generator does not say it itself."""
    for reply in replies:
        reply.writer = reply.writer or generator
