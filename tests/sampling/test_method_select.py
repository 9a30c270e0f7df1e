"""A larger pool from another method, reduced to the answers that differ most."""

from typing import Any

import pytest

from sampling.asking import NoFitSet, Order, Request
from sampling.methods import select
from sampling.methods.lockstep import lockstep
from tests.sampling.methods_at_work import FIFTH_VOICE, VOICES, joined, let_answer, order, replied, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD
from tests.sampling.test_method_verbalized import SIX

NEAR_FIT = [FIT.replace("write down", word) for word in ("record", "keep", "remember", "film")]
POOL = [*NEAR_FIT[:2], FIT, OTHER, NEAR_FIT[2], THIRD, NEAR_FIT[3], FOURTH]


def selecting(method: str = "independent", pool: int = 8, by: str = "k-dpp", **recipe: Any) -> Order:
    return order(method="select", select={"method": method, "pool": pool, "by": by}, **recipe)


@pytest.mark.parametrize("by", ["k-dpp", "max-min"])
def test_of_a_pool_with_many_near_copies_one_is_taken_and_all_that_differ(by: str) -> None:
    drafts, replies, [requests] = run(selecting(by=by), POOL)
    assert len(requests) == 8
    texts = [draft.text for draft in drafts]
    assert len(set(texts) & {FIT, *NEAR_FIT}) == 1
    assert set(texts) > {OTHER, THIRD, FOURTH}
    assert texts == sorted(texts, key=POOL.index)
    assert {draft.method for draft in drafts} == {"independent"}
    drawn = {id(draft.reply) for draft in drafts}
    assert all(reply.rejected == ([] if id(reply) in drawn else reply.parts[0]) for reply in replies)
    assert {reason for reply in replies for reason in reply.rejected} <= {"not-drawn", "alike"}


def test_the_recipe_says_by_what_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(select.CHOOSE, "max-min", lambda _vectors, k: list(range(k))[::-1])
    drafts, _, _ = run(selecting(by="max-min", alike="allow"), POOL)
    assert [draft.text for draft in drafts] == POOL[:4]


def test_a_pool_is_a_whole_number_of_sets() -> None:
    _, _, [requests] = run(selecting(pool=9, alike="allow"), [*POOL, *SIX[:4]])
    assert len(requests) == 12


def test_what_is_alike_may_stand_in_the_pool_and_not_in_the_set() -> None:
    drafts, replies, _ = run(selecting(), [FIT, FIT, FIT, OTHER, OTHER, THIRD, FOURTH, FOURTH])
    assert [draft.text for draft in drafts] == [FIT, OTHER, THIRD, FOURTH]
    assert [reply.rejected for reply in replies] == [[], ["alike"], ["alike"], [], ["alike"], [], [], ["alike"]]
    drafts, _, _ = run(selecting(alike="allow"), [FIT] * 8)
    assert [draft.text for draft in drafts] == [FIT] * 4


def test_a_pool_without_enough_that_differs_is_no_set() -> None:
    with pytest.raises(NoFitSet) as failure:
        run(selecting(), [FIT, FIT, FIT, OTHER, OTHER, THIRD, THIRD, THIRD])
    assert failure.value.reasons == ["alike"]
    assert [draft.text for draft in failure.value.drafts] == [FIT, OTHER, THIRD]


def test_its_fallback_writes_what_the_pool_lacks() -> None:
    asked = selecting(fallback="independent")
    drafts, _, _ = run(asked, [FIT, FIT, FIT, OTHER, OTHER, THIRD, THIRD, THIRD], [FOURTH])
    assert [draft.text for draft in drafts] == [FIT, OTHER, THIRD, FOURTH]


def test_runs_that_find_nothing_make_the_pool_smaller_and_no_more() -> None:
    asked = selecting("negatively-correlated", pool=12, tries=2)
    drafts, _, rounds = run(asked, [joined(*SIX[:4]), "No.", joined(*SIX[2:])], ["No."])
    assert [len(requests) for requests in rounds] == [3, 1]
    assert {draft.method for draft in drafts} == {"negatively-correlated"}
    assert len({draft.text for draft in drafts}) == 4


def test_what_a_run_had_before_it_failed_stays_in_the_pool() -> None:
    asked = selecting("negatively-correlated", pool=8, tries=1)
    drafts, _, _ = run(asked, [joined(FIT, OTHER), joined(THIRD, FOURTH)])
    assert [draft.text for draft in drafts] == [FIT, OTHER, THIRD, FOURTH]


def test_every_run_draws_its_own_voices() -> None:
    heard: list[str] = []

    def listen(request: Request) -> str:
        heard.append(request.condition)
        return SIX[len(heard) % 6]

    let_answer(selecting("value-conditioned", pool=40, voices=[*VOICES, FIFTH_VOICE]), listen, [])
    runs = {tuple(heard[start : start + 4]) for start in range(0, 40, 4)}
    assert len(heard) == 40
    assert len(runs) > 1


def test_the_same_order_selects_the_same_answers() -> None:
    once, again = (
        [draft.text for draft in run(selecting("verbalized", verbalized={"pool": 6}, seed=4), [joined(*SIX)] * 2)[0]]
        for _attempt in range(2)
    )
    assert once == again


# ---- several runs at once --------------------------------------------------------------------------------------------
def asking(name: str, rounds: int, *, ends_well: bool = True) -> Any:
    """Ask so often, once more in every round than in the one before; return or raise what came."""
    said: list[str] = []
    for number in range(rounds):
        replies = yield [Request(messages=[], purpose=name) for _request in range(number + 1)]
        said += [reply.text for reply in replies]
    if not ends_well:
        raise NoFitSet(said)
    return said


def test_every_run_gets_the_replies_to_its_own_requests() -> None:
    together = lockstep([asking("a", 2), asking("b", 0), asking("c", 3, ends_well=False), asking("d", 1)])
    batch, sizes = next(together), []
    while True:
        sizes.append(len(batch))
        replies = [replied(request, f"to {request.purpose}") for request in batch]
        try:
            batch = together.send(replies)
        except StopIteration as end:
            a, b, c, d = end.value
            break
    assert sizes == [3, 4, 3]
    assert (a, b, d) == (["to a"] * 3, [], ["to d"])
    assert isinstance(c, NoFitSet)
    assert c.reasons == ["to c"] * 6


def test_an_error_in_one_run_is_an_error_of_all() -> None:
    def broken() -> Any:
        yield [Request(messages=[], purpose="x")]
        raise ZeroDivisionError

    together = lockstep([asking("a", 2), broken()])
    batch = next(together)
    with pytest.raises(ZeroDivisionError):
        together.send([replied(request, "") for request in batch])
