"""Independent answers: each asked for by itself, in the same words."""

from tests.sampling.methods_at_work import order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD


def test_each_answer_is_asked_for_by_itself_and_again_where_it_is_unfit() -> None:
    asked = order(method="independent")
    drafts, replies, [first, second] = run(asked, [FIT, FIT, OTHER, (THIRD, "length")], [THIRD, FOURTH])
    assert [draft.text for draft in drafts] == [FIT, THIRD, OTHER, FOURTH]
    assert [reply.rejected for reply in replies] == [[], ["alike"], [], ["cut-off"], [], []]
    assert {request.purpose for request in [*first, *second]} == {"one"}
    assert {(draft.method, draft.condition) for draft in drafts} == {("independent", "")}


def test_all_requests_are_the_same_to_the_last_sign_so_that_they_are_read_once() -> None:
    _, _, rounds = run(order(method="independent"), [FIT, "", OTHER, ""], [THIRD, FOURTH])
    assert len({str(request.messages) for requests in rounds for request in requests}) == 1


def test_baselines_may_say_the_same_four_times() -> None:
    drafts, _, _ = run(order(method="independent", alike="allow"), [FIT] * 4)
    assert [draft.text for draft in drafts] == [FIT] * 4
