"""What methods ask for, and how they repair: at most as many rounds as the recipe says, then a visible failure."""

from typing import Any

import pytest

from sampling.asking import Draft, NoFitSet, Order, Reply, Request
from sampling.methods import METHODS
from sampling.methods.negatively_correlated import candidates
from sampling.wordings import wording
from tests.sampling.conftest import document
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

GOOD = [FIT, OTHER, THIRD, FOURTH]
MESSAGES = [
    {"role": "user", "content": "How do I begin?"},
    {"role": "assistant", "content": "Slowly."},
    {"role": "user", "content": "And then?"},
]


def order(factual: bool = False, messages: list[dict[str, str]] = MESSAGES, **recipe: Any) -> Order:
    return Order(messages=messages, language="en", recipe=document(**recipe), factual=factual)


def joined(*texts: str) -> str:
    return "\n\n".join(f"### {text}" for text in texts)


def run(asked: Order, *rounds: list[str | tuple[str, str]]) -> tuple[list[Draft], list[Reply], list[list[Request]]]:
    """Run a method with these completions, round by round; a pair is a text and why it stopped."""
    method = METHODS[asked.recipe.method](asked)
    replies: list[Reply] = []
    requests = [next(method)]
    for texts in rounds:
        pairs = [(text, "stop") if isinstance(text, str) else text for text in texts]
        batch = [
            Reply(request=request, text=text, stop_reason=reason)
            for request, (text, reason) in zip(requests[-1], pairs, strict=True)
        ]
        replies += batch
        try:
            requests.append(method.send(batch))
        except StopIteration as end:
            return end.value, replies, requests
    raise AssertionError(f"more is asked for: {requests[-1]}")


def test_one_completion_holds_the_whole_set() -> None:
    drafts, replies, [[request]] = run(order(), [joined(*GOOD)])
    assert [draft.text for draft in drafts] == GOOD
    assert replies[0].parts == [[], [], [], []]
    assert replies[0].rejected == []
    assert request.purpose == "set"


def test_the_instruction_ends_the_last_message_and_the_history_comes_first() -> None:
    [request] = next(candidates(order()))
    instruction = wording("negatively-correlated", language="en", k=4)
    assert request.messages == [*MESSAGES[:2], {"role": "user", "content": f"And then?\n\n{instruction}"}]


def test_three_and_one_asks_for_both_at_once() -> None:
    drafts, _, [requests] = run(order(ordinary=1), [joined(*GOOD[:3]), FOURTH])
    assert [request.purpose for request in requests] == ["set", "ordinary"]
    assert [(draft.text, draft.method) for draft in drafts] == [
        (FIT, "negatively-correlated"),
        (OTHER, "negatively-correlated"),
        (THIRD, "negatively-correlated"),
        (FOURTH, "ordinary"),
    ]


@pytest.mark.parametrize("had", [2, 3])
def test_missing_answers_are_asked_for_with_the_good_ones_given(had: int) -> None:
    drafts, _, [_, [repair]] = run(order(), [joined(*GOOD[:had])], [joined(*GOOD[had:])])
    assert [draft.text for draft in drafts] == GOOD
    assert repair.purpose == "missing"
    given = "\n\n".join(f"### {text}" for text in GOOD[:had])
    instruction = wording("missing", language="en", k=4 - had)
    assert repair.messages[-1]["content"] == f"And then?\n\n{given}\n\n{instruction}"


def test_with_fewer_good_ones_a_fresh_completion_is_asked_for() -> None:
    foreign = "Parlez-en avec vos parents pendant le dîner, ils seront contents de vous aider."
    drafts, replies, [_, [again]] = run(order(), [joined(FIT, foreign, foreign, "###")], [joined(*GOOD)])
    assert again.purpose == "set"
    assert [draft.text for draft in drafts] == GOOD
    assert replies[0].rejected == ["too-few", "language"]
    assert {draft.reply.text for draft in drafts} == {joined(*GOOD)}


def test_one_answer_in_place_of_several_is_not_taken_for_one_of_them() -> None:
    _, replies, _ = run(order(), [FIT], [joined(*GOOD)])
    assert replies[0].rejected == ["too-few"]


def test_of_more_than_asked_for_the_first_are_taken_and_the_rest_is_recorded() -> None:
    drafts, replies, _ = run(order(), [joined(*GOOD, "A fifth one, which nobody asked for at all.")])
    assert [draft.text for draft in drafts] == GOOD
    assert replies[0].parts == [[], [], [], [], ["surplus"]]


def test_the_last_answer_of_a_completion_that_ran_out_of_room_is_asked_for_again() -> None:
    drafts, replies, [_, [repair]] = run(order(), [(joined(*GOOD[:3], "Keep three"), "length")], [joined(FOURTH)])
    assert replies[0].parts == [[], [], [], ["cut-off"]]
    assert [draft.text for draft in drafts] == GOOD
    assert repair.purpose == "missing"


def test_an_answer_that_is_alike_to_another_one_is_asked_for_again() -> None:
    drafts, replies, _ = run(order(), [joined(FIT, OTHER, THIRD, FIT.lower())], [joined(FOURTH)])
    assert replies[0].parts[3] == ["alike"]
    assert [draft.text for draft in drafts] == GOOD


@pytest.mark.parametrize("allowing", [{"alike": "allow"}, {"alike": "flag"}, {"factual": True}])
def test_alike_answers_are_let_pass_where_the_recipe_or_the_question_says_so(allowing: dict[str, Any]) -> None:
    drafts, _, _ = run(order(**allowing), [joined(FIT, FIT, FIT, FIT)])
    assert [draft.text for draft in drafts] == [FIT] * 4


def test_the_sign_may_stand_in_an_answer_where_the_conversation_holds_it() -> None:
    answers = [f"{text} Write ### before it." for text in GOOD]
    about = [{"role": "user", "content": "What does ### mean in Markdown?"}]
    drafts, _, _ = run(order(messages=about), [joined(*answers)])
    assert [draft.text for draft in drafts] == answers


@pytest.mark.parametrize("tries", [1, 3])
def test_after_the_last_try_the_set_fails_and_says_why(tries: int) -> None:
    refusals: list[list[str | tuple[str, str]]] = [["I cannot help with that."]] * tries
    with pytest.raises(NoFitSet) as failure:
        run(order(tries=tries), *refusals)
    assert failure.value.reasons == ["too-few"]


def test_independent_asks_for_each_answer_by_itself_and_again_for_the_unfit() -> None:
    asked = order(method="independent")
    drafts, replies, [first, second] = run(asked, [FIT, FIT, OTHER, (THIRD, "length")], [THIRD, FOURTH])
    assert [draft.text for draft in drafts] == [FIT, OTHER, THIRD, FOURTH]
    assert [reply.rejected for reply in replies] == [[], ["alike"], [], ["cut-off"], [], []]
    assert len({str(request.messages) for request in [*first, *second]}) == 1
    assert {request.purpose for request in first} == {"one"}


@pytest.mark.parametrize("method", METHODS)
def test_no_method_asks_more_rounds_than_the_recipe_allows(method: str) -> None:
    asking = METHODS[method](order(method=method, tries=4))
    requests = next(asking)
    for _round in range(3):
        requests = asking.send([nothing(request) for request in requests])
    with pytest.raises(NoFitSet):
        asking.send([nothing(request) for request in requests])


def nothing(request: Request) -> Reply:
    return Reply(request=request, text="", stop_reason="stop")
