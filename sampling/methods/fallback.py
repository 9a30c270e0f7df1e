"""What writes the answers that are still missing when a method has used up its tries, where the recipe says so."""

from sampling.asking import Draft, Method, NoFitSet, Order, Request
from sampling.methods.gathering import Gathering
from sampling.methods.independent import INDEPENDENT
from sampling.methods.singly import one_each, ordinary, spoken_for
from sampling.methods.value_conditioned import VALUE_CONDITIONED
from sampling.methods.voices import drawn
from sampling.recipe_document import Generator


def completed(order: Order, method: Method) -> Method:
    """Run a method; if it finds no set, ask once for each answer that is missing beside its good ones.

    Those answers are recorded as what they are: independent, or value-conditioned under a voice that is not heard yet.

    :raises NoFitSet: if the recipe names no fallback, or the set is not complete after it.
    :raises NoWording: if an instruction or a voice says nothing in the order's language.
    """
    try:
        return (yield from method)
    except NoFitSet as failure:
        good, missing = failure.drafts, order.recipe.candidates - len(failure.drafts)
        if order.recipe.fallback is None or missing < 1:
            raise
    # To a question of fact, what is missing is not made to differ either.
    name = INDEPENDENT if order.factual else order.recipe.fallback
    requests = _under_voices(order, good, missing) if name == VALUE_CONDITIONED else _plain(order, good, missing)
    return good + (yield from one_each(Gathering(order, good), requests, method=name, tries=1))


def _plain(order: Order, good: list[Draft], missing: int) -> list[Request]:
    return [ordinary(order, generator=_writer(order, good))] * missing


def _under_voices(order: Order, good: list[Draft], missing: int) -> list[Request]:
    heard = {draft.condition for draft in good}
    voices = [voice for voice in order.recipe.voices or [] if voice.key not in heard]
    writer = _writer(order, good)
    return [spoken_for(order, voice, generator=writer) for voice in drawn(order, voices, missing)]


def _writer(order: Order, good: list[Draft]) -> Generator | None:
    """Return whom to ask: the recipe's generator; where it lists several, the first that gave a fit answer."""
    if order.recipe.generator is not None:
        return None
    return good[0].reply.request.generator if good else next(order.recipe.writers())
