"""An answer out of all proportion to the others is let go and asked anew, whichever of them came first."""

import pytest

from sampling.asking import NoFitSet
from tests.sampling.methods_at_work import GOOD, joined, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

LONG = f"{FOURTH} {'It is the safest way that I know of, and the slowest one. ' * 30}"
STUB = "Save first."
WIDE = [f"{text} {'Write it down, and look at it again tomorrow. ' * 12}" for text in GOOD]

OTHERS = [f"{text} {'Ask two people who have been there before you, and compare. ' * 9}" for text in GOOD]


def test_the_one_long_answer_of_a_completion_is_asked_anew() -> None:
    drafts, replies, _ = run(order(), [joined(FIT, LONG, OTHER, THIRD)], [joined(FOURTH)])
    assert sorted(draft.text for draft in drafts) == sorted(GOOD)
    assert replies[0].parts == [[], ["uneven"], [], []]


def test_the_one_short_answer_is_let_go_though_it_came_first() -> None:
    drafts, replies, _ = run(order(method="independent"), [STUB, *WIDE[:3]], [WIDE[3]])
    assert sorted(draft.text for draft in drafts) == sorted(text.strip() for text in WIDE)
    assert [reply.rejected for reply in replies] == [["uneven"], [], [], [], []]


def test_one_after_the_other_an_early_outlier_is_let_go_too() -> None:
    drafts, replies, rounds = run(order(method="sequential"), [STUB], *[[text] for text in WIDE])
    assert [draft.text for draft in drafts] == [text.strip() for text in WIDE]
    assert replies[0].rejected == ["uneven"]
    assert STUB not in rounds[-1][0].messages[-1]["content"]


def test_a_model_that_cannot_keep_the_measure_fails_within_its_tries() -> None:
    with pytest.raises(NoFitSet) as failure:
        run(order(method="sequential", tries=2, candidates=2), [FIT], [LONG], [LONG])
    assert failure.value.reasons == ["uneven"]


def test_runs_that_are_even_by_themselves_are_compared_with_each_other() -> None:
    asked = order(method="select", select={"method": "negatively-correlated", "pool": 12}, lengths={"times": 3})
    short = [f"{text[:60]}." for text in GOOD]
    drafts, replies, _ = run(asked, [joined(*WIDE), joined(*short), joined(*OTHERS)])
    assert min(len(draft.text) for draft in drafts) > 500
    assert replies[1].rejected == ["uneven"]


def test_the_recipe_says_how_uneven_a_set_may_be() -> None:
    drafts, _, _ = run(order(lengths={"times": 50}), [joined(FIT, LONG, OTHER, THIRD)])
    assert LONG.strip() in [draft.text for draft in drafts]
