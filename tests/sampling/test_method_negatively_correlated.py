"""Negatively-correlated sampling: what it asks for, and how it repairs a completion that is not a whole set."""

import pytest

from sampling.asking import NoFitSet, Request
from sampling.methods.negatively_correlated import candidates
from sampling.wordings import NoWording, wording
from tests.sampling.methods_at_work import FIFTH_VOICE, GOOD, MESSAGES, VOICES, Recipe, joined, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD


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


@pytest.mark.parametrize("alike", ["allow", "flag"])
def test_alike_answers_are_let_pass_where_the_recipe_says_so(alike: str) -> None:
    drafts, _, _ = run(order(alike=alike), [joined(FIT, FIT, FIT, FIT)])
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
    assert failure.value.reasons == ["refusal"]


# ---- other ways to ask -----------------------------------------------------------------------------------------------
def asked_of(request: Request) -> str:
    """Return the instruction, without the conversation before it."""
    return str(request.messages[-1]["content"]).rpartition("\n\n")[2]


def test_relevance_first_asks_in_other_words_and_repairs_as_usual() -> None:
    drafts, _, [[first], [repair]] = run(order(variant="relevance-first"), [joined(*GOOD[:3])], [joined(FOURTH)])
    assert asked_of(first) == wording("relevance-first", language="en", k=4)
    assert asked_of(repair) == wording("missing", language="en", k=1)
    assert {draft.method for draft in drafts} == {"negatively-correlated"}


def test_named_axes_are_spanned_in_the_order_given() -> None:
    drafts, _, [[request]] = run(order(voices=VOICES), [joined(*GOOD)])
    said = "Customs that were handed down; Reasons and evidence; Being safe; Being free to choose"
    assert asked_of(request) == wording("named-axes", language="en", k=4, voices=said)
    assert [draft.condition for draft in drafts] == ["tradition", "reason", "safety", "freedom"]


def test_the_axes_are_named_in_the_language_of_the_task() -> None:
    [request] = next(candidates(order(voices=VOICES, language="hi")))
    assert "परंपरा; तर्क; सुरक्षा; आज़ादी" in asked_of(request)


def test_an_axis_that_says_nothing_in_the_language_is_said_so() -> None:
    with pytest.raises(NoWording, match="voice tradition in fr"):
        next(candidates(order(voices=VOICES, language="fr")))


def test_where_there_are_more_or_fewer_answers_than_axes_nobody_knows_which_is_which() -> None:
    drafts, _, _ = run(order(voices=VOICES), [joined(*GOOD, "A fifth one, which nobody asked for at all.")])
    assert [draft.condition for draft in drafts] == [""] * 4


def test_an_unfit_answer_of_a_known_axis_is_asked_for_under_that_axis() -> None:
    broken = joined(FIT, "Assistant: Yes. User: No.", THIRD, FOURTH)
    drafts, _, [_, [repair]] = run(order(voices=VOICES), [broken], [OTHER])
    assert asked_of(repair) == wording("missing-axes", language="en", k=1, voices="Reasons and evidence")
    assert {draft.condition: draft.text for draft in drafts} == {
        "tradition": FIT,
        "safety": THIRD,
        "freedom": FOURTH,
        "reason": OTHER,
    }


def test_where_the_axes_of_the_good_answers_are_not_known_the_last_ones_are_asked_for() -> None:
    drafts, _, [_, [repair]] = run(order(voices=VOICES), [joined(*GOOD[:2])], [joined(*GOOD[2:])])
    assert asked_of(repair) == wording("missing-axes", language="en", k=2, voices="Being safe; Being free to choose")
    assert [draft.condition for draft in drafts] == ["", "", "safety", "freedom"]


def test_of_more_axes_than_answers_some_are_drawn_and_stay_the_same_at_the_next_try() -> None:
    five = [*VOICES, FIFTH_VOICE]
    asked = {asked_of(next(candidates(order(voices=five, seed=seed)))[0]) for seed in range(30)}
    assert len(asked) == 5
    _, _, [[first], [again]] = run(order(voices=five, seed=7), ["No."], [joined(*GOOD)])
    assert first.messages == again.messages


def test_three_and_one_takes_an_axis_for_each_of_the_three() -> None:
    drafts, _, _ = run(order(voices=VOICES[:3], ordinary=1), [joined(*GOOD[:3]), FOURTH])
    assert [draft.condition for draft in drafts] == ["tradition", "reason", "safety", ""]


def test_voices_that_are_there_for_the_fallback_are_no_axes() -> None:
    recipe: Recipe = {"voices": VOICES, "variant": "plain", "fallback": "value-conditioned"}
    [request] = next(candidates(order(**recipe)))
    assert asked_of(request) == wording("negatively-correlated", language="en", k=4)
