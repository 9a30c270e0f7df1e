"""Several methods at work at the same time: what they ask in a round is asked together. Knows no Django."""

from collections.abc import Generator, Sequence

from sampling.asking import Draft, Method, NoFitSet, Reply, Request

Ended = list[Draft] | NoFitSet
"""How a method ended: with its drafts, or with the reason why it has none."""


def lockstep(methods: Sequence[Method]) -> Generator[list[Request], list[Reply], list[Ended]]:
    """Yield the batches of several methods as one until each has ended; return how each did, in their order."""
    ended: dict[int, Ended] = {}
    asking: dict[int, list[Request]] = {}
    replies: dict[int, list[Reply] | None] = dict.fromkeys(range(len(methods)))
    while len(ended) < len(methods):
        for place, answered in replies.items():
            try:
                asking[place] = next(methods[place]) if answered is None else methods[place].send(answered)
            except StopIteration as end:
                ended[place] = end.value
            except NoFitSet as failure:
                ended[place] = failure
        asking = {place: requests for place, requests in asking.items() if place not in ended}
        if asking:
            replies = _shared_out(asking, (yield [request for requests in asking.values() for request in requests]))
    return [ended[place] for place in range(len(methods))]


def _shared_out(asking: dict[int, list[Request]], replies: list[Reply]) -> dict[int, list[Reply] | None]:
    """Return to each method the replies to its own requests."""
    rest = iter(replies)
    return {place: [next(rest) for _request in requests] for place, requests in asking.items()}
