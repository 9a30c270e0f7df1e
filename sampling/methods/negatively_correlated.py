"""Negatively-correlated sampling: one completion holds several answers that represent diverse values.

Either all k of them, or k less some ordinary answers asked for beside it (the original collection's first turn).
"""

from sampling.asking import Method, Order, Reply, Request
from sampling.methods.gathering import Gathering
from sampling.splitting import split
from sampling.wordings import wording

DIVERSE = "negatively-correlated"
ORDINARY = "ordinary"
MOST_MISSING = 2
"""From how many missing answers on a fresh completion is the better try."""


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts.

    :raises NoFitSet: when the recipe's tries are used up.
    """
    gathered = Gathering(order)
    wanted = {DIVERSE: order.recipe.candidates - order.recipe.ordinary, ORDINARY: order.recipe.ordinary}
    for _round in range(order.recipe.tries):
        missing = {method: number - len(gathered.of(method)) for method, number in wanted.items()}
        if missing[DIVERSE] > MOST_MISSING:
            gathered.drop(DIVERSE)
            missing[DIVERSE] = wanted[DIVERSE]
        replies = yield _requests(order, gathered, missing)
        for reply in replies:
            _take(gathered, reply, wanted)
        if len(gathered.drafts) == order.recipe.candidates:
            return gathered.of(DIVERSE) + gathered.of(ORDINARY)
    raise gathered.failure()


def _requests(order: Order, gathered: Gathering, missing: dict[str, int]) -> list[Request]:
    ordinary = Request(messages=order.instructed(_say(order, ORDINARY, k=1)), purpose="ordinary")
    diverse = [_diverse(order, gathered, missing[DIVERSE])] if missing[DIVERSE] else []
    return diverse + [ordinary] * missing[ORDINARY]


def _diverse(order: Order, gathered: Gathering, missing: int) -> Request:
    good = gathered.of(DIVERSE)
    if not good:
        return Request(messages=order.instructed(_say(order, DIVERSE, k=missing)), purpose="set", answers=missing)
    given = "".join(f"### {draft.text}\n\n" for draft in good)
    instruction = given + _say(order, "missing", k=missing)
    return Request(messages=order.instructed(instruction), purpose="missing", answers=missing)


def _take(gathered: Gathering, reply: Reply, wanted: dict[str, int]) -> None:
    if reply.request.purpose == "ordinary":
        gathered.take(reply, [reply.text], method=ORDINARY, wanted=wanted[ORDINARY], delimited=False)
        return
    parts = split(reply.text, k=wanted[DIVERSE] - len(gathered.of(DIVERSE)))
    if reply.request.purpose == "set" and len(parts) < min(2, wanted[DIVERSE]):
        # Several were asked for and one came: an answer to something else, or several that nothing sets apart.
        reply.parts = [["too-few"] for _part in parts]
        gathered.reject(reply, "too-few")
        return
    gathered.take(reply, parts, method=DIVERSE, wanted=wanted[DIVERSE], delimited=True)


def _say(order: Order, name: str, *, k: int) -> str:
    return wording(name, language=order.language, k=k)
