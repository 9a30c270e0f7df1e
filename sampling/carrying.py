"""Bringing requests to the generators they name, and the replies back in the same order."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sampling import recipe_document
from sampling.asking import Reply, Request
from sampling.generators import generator_of
from sampling.generators.interface import Generator, Progress
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
            replies = generator.complete(chosen, progress=self.progress)
            for reply in replies:
                reply.writer = generator
            return replies

        if len(together) == 1:
            return of(*together)
        with ThreadPoolExecutor(max_workers=max(1, len(together))) as threads:
            found = dict(zip(together, map(iter, threads.map(of, together)), strict=True))
        return [next(found[self._asked(request)]) for request in requests]

    def _asked(self, request: Request) -> Asked:
        spec = request.generator or self.recipe.generator
        assert spec is not None, "a method without a generator of its own names one with every request"
        return spec, request.decoding or self.recipe.decoding
