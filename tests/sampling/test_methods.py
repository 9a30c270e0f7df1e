"""What holds for every method, whatever the generator answers."""

from itertools import cycle
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.asking import Draft, NoFitSet, Order, Reply, Request
from sampling.checks import faults_of_set
from sampling.methods import METHODS
from sampling.recipe_document import MethodName
from tests.sampling.methods_at_work import RECIPES, Answer, Completion, Recipe, joined, let_answer, order
from tests.sampling.test_method_verbalized import SIX

FALLBACK: Recipe = {"fallback": "independent"}
ENGLISH = [
    *SIX,
    "Rent a small place near the sea, and come home when you have had enough of the wind.",
    "Tell the two of them the truth at the same table, because rumours travel faster than you.",
    "My advice is to read the contract aloud to a friend who likes to find holes in things.",
    "Cook a large pot of soup, invite the neighbours, and let the question answer itself.",
]


def test_there_is_a_method_for_every_name_that_a_recipe_can_give() -> None:
    assert set(METHODS) == set(get_args(MethodName)) - {"imported"}


def test_there_is_a_recipe_here_for_every_method() -> None:
    assert {order(**recipe).recipe.method for recipe in RECIPES.values()} >= set(METHODS)


# ---- whatever comes --------------------------------------------------------------------------------------------------
good = st.sampled_from(ENGLISH)
answers = st.one_of(
    *[good] * 6,
    st.sampled_from(["", "No.", "Assistant: Yes.", "(0.3)", "Demande à tes parents, ils sauront quoi faire ce soir."]),
    st.text(max_size=30),
)
headed = st.builds(lambda number, text: f"({number}) {text}", st.sampled_from(["0.02", "0,5", "7 %", "2019"]), answers)
texts = st.one_of(answers, st.lists(st.one_of(answers, headed), min_size=2, max_size=8).map(lambda all: joined(*all)))
completions = st.tuples(texts, st.sampled_from(["stop", "stop", "stop", "length"]))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("alike", ["repair", "allow"])
@given(st.lists(completions, min_size=1, max_size=24), st.integers(0, 2**62), st.integers(1, 3), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_method_ends_in_time_with_a_fit_set_or_says_why_there_is_none(
    recipe: Recipe, alike: str, script: list[Completion], seed: int, tries: int, falls_back: bool
) -> None:
    asked = order(seed=seed, tries=tries, alike=alike, **recipe, **(FALLBACK if falls_back else {}))
    rounds: list[list[Reply]] = []
    said = cycle(script)
    ended = let_end(asked, lambda _request: next(said), rounds)
    if isinstance(ended, NoFitSet):
        assert ended.reasons
        assert len(ended.drafts) < 4
    else:
        assert faults_of_set([draft.text for draft in ended], standards=asked.standards) == []
        assert_every_part_is_used_or_has_a_reason(ended, rounds)
    assert len(rounds) <= most_rounds(asked)


def let_end(asked: Order, answer: Answer, rounds: list[list[Reply]]) -> list[Draft] | NoFitSet:
    """Run the method of an order and return how it ended."""
    try:
        return let_answer(asked, answer, rounds)
    except NoFitSet as failure:
        return failure


def most_rounds(asked: Order) -> int:
    """Return how often a method may ask: as the recipe says; so often for each of several sequential answers, and for
    the comments and the answers of communities, with a choice between.
    """
    selection = asked.recipe.select
    name = selection.method if selection else asked.recipe.method
    rounds = {"sequential": 4 * asked.recipe.tries, "community": 2 * asked.recipe.tries + 1}
    return rounds.get(name, asked.recipe.tries) + (asked.recipe.fallback is not None)


def assert_every_part_is_used_or_has_a_reason(drafts: list[Draft], rounds: list[list[Reply]]) -> None:
    """Compare what replies say of themselves with the drafts that were cut from them."""
    used = {(id(draft.reply), draft.part) for draft in drafts}
    replies = [reply for batch in rounds for reply in batch if reply.request.purpose not in {"comment", "choice"}]
    unblamed = {(id(reply), place) for reply in replies for place, reasons in enumerate(reply.parts) if not reasons}
    assert used == unblamed
    assert {id(reply) for reply in replies if not reply.rejected} == {id(draft.reply) for draft in drafts}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@given(st.permutations(ENGLISH), st.integers(0, 2**62))
@settings(max_examples=10, deadline=None)
def test_a_model_that_does_as_it_is_told_is_asked_once(recipe: Recipe, said: list[str], seed: int) -> None:
    asked = order(seed=seed, alike="allow", **recipe)
    rest = cycle(said)

    def obey(request: Request) -> str:
        if request.answers == 1:
            return next(rest)
        return "\n\n".join(f"### ({0.1 / (place + 2):.2f}) {next(rest)}" for place in range(request.answers))

    rounds: list[list[Reply]] = []
    assert len(let_answer(asked, obey, rounds)) == 4
    assert len(rounds) == (4 if "sequential" in str(recipe) else 3 if "communities" in recipe else 1)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_same_order_and_the_same_answers_give_the_same_set(recipe: Recipe) -> None:
    def again() -> list[tuple[str, str]]:
        rest = cycle(ENGLISH)
        drafts = let_answer(
            order(seed=11, alike="allow", **recipe),
            lambda request: joined(*(next(rest) for _answer in range(request.answers))),
            [],
        )
        return [(draft.text, draft.condition) for draft in drafts]

    assert again() == again()
