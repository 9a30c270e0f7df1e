"""Negatively-correlated sampling: one completion holds several answers that represent diverse values.

Either all k of them, or k less some ordinary answers asked for beside it (the original collection's first turn). Two
other ways to ask: `relevance-first` wants answers that are of use before it wants them to be diverse; with named axes
the researcher's voices stand in place of the bare word "values".
"""

from sampling.asking import Draft, Method, Order, Reply, Request
from sampling.methods.gathering import Gathering, Part
from sampling.methods.given import as_paragraphs
from sampling.methods.singly import ordinary
from sampling.methods.voices import drawn, text_of
from sampling.recipe_document import Voice
from sampling.splitting import split
from sampling.wordings import wording

DIVERSE = "negatively-correlated"
ORDINARY = "ordinary"
MOST_MISSING = 2
"""From how many missing answers on a fresh completion is the better try."""


def candidates(order: Order) -> Method:
    """Yield rounds of requests; return k drafts.

    :raises NoFitSet: when the recipe's tries are used up.
    :raises NoWording: if an axis says nothing in the order's language.
    """
    gathered = Gathering(order)
    wanted = {DIVERSE: order.recipe.candidates - order.recipe.ordinary, ORDINARY: order.recipe.ordinary}
    axes = drawn(order, order.recipe.axes, wanted[DIVERSE])
    for _round in range(order.recipe.tries):
        missing = {method: number - len(gathered.of(method)) for method, number in wanted.items()}
        if missing[DIVERSE] > MOST_MISSING:
            gathered.drop(DIVERSE)
            missing[DIVERSE] = wanted[DIVERSE]
        asked_for = _still_missing(axes, gathered.of(DIVERSE))
        diverse = [_diverse(order, gathered, missing[DIVERSE], asked_for)] if missing[DIVERSE] else []
        replies = yield diverse + [ordinary(order, purpose="ordinary")] * missing[ORDINARY]
        for reply in replies:
            _take(gathered, reply, missing, asked_for)
        if len(gathered.drafts) == order.recipe.candidates:
            return gathered.of(DIVERSE) + gathered.of(ORDINARY)
    raise gathered.failure()


def _diverse(order: Order, gathered: Gathering, number: int, voices: list[Voice]) -> Request:
    """Return the request for so many answers: a fresh set, or what is missing beside the good ones."""
    good = gathered.of(DIVERSE)
    instruction = as_paragraphs(draft.text for draft in good) + _instruction(order, number, voices, more=bool(good))
    purpose = "missing" if good else "set"
    return Request(messages=order.instructed(instruction), purpose=purpose, answers=number)


def _instruction(order: Order, number: int, voices: list[Voice], *, more: bool) -> str:
    if voices:
        name = "missing-axes" if more else "named-axes"
        said = "; ".join(text_of(voice, order.language) for voice in voices)
        return wording(name, language=order.language, k=number, voices=said)
    first = "relevance-first" if order.recipe.variant == "relevance-first" else DIVERSE
    return wording("missing" if more else first, language=order.language, k=number)


def _take(gathered: Gathering, reply: Reply, missing: dict[str, int], voices: list[Voice]) -> None:
    if reply.request.purpose == "ordinary":
        gathered.take_one(reply, method=ORDINARY)
        return
    texts = split(reply.text, k=missing[DIVERSE])
    if reply.request.purpose == "set" and len(texts) < min(2, missing[DIVERSE]):
        # Several were asked for and one came: an answer to something else, or several that nothing sets apart.
        gathered.turn_down(reply, texts)
        return
    # Which answer speaks for which voice is known only where there are as many of the ones as of the others.
    conditions = [voice.key for voice in voices] if len(texts) == len(voices) else [""] * len(texts)
    parts = [Part(text, condition) for text, condition in zip(texts, conditions, strict=True)]
    gathered.take(reply, parts, method=DIVERSE, room=missing[DIVERSE], delimited=True)


def _still_missing(axes: list[Voice], good: list[Draft]) -> list[Voice]:
    """Return the voices to ask for beside the good answers.

    Those that a good answer is known to speak for are not asked for again. Good answers whose voice is not known count
    for the first of the others, in the order of the recipe: models mostly follow the order they are asked in, and what
    is missing of a completion is mostly missing at its end.
    """
    known = {draft.condition for draft in good}
    rest = [voice for voice in axes if voice.key not in known]
    return rest[sum(not draft.condition for draft in good) :]
