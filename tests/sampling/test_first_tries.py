"""The texts on which a method is judged: what it gave before any repair, fit or not."""

from contextlib import suppress
from itertools import islice, repeat

import pytest

from sampling.asking import NoFitSet, Reply, Request
from sampling.first_tries import Raw, first_try
from sampling.methods.community import OVERTON
from tests.sampling.methods_at_work import GOOD, MODEL, RECIPES, VOICES, Answer, joined, let_answer, order
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

FRENCH = "Demandez d'abord aux anciens, qui ont connu des années dures et savent pourquoi ces usages sont restés."
MORE = "Take a walk first, and let the question rest until tomorrow morning, when it will look smaller."


def raw(answer: Answer, factual: bool = False, **recipe) -> list[Raw]:
    asked = order(factual=factual, **recipe)
    rounds: list[list[Reply]] = []
    with suppress(NoFitSet):
        let_answer(asked, answer, rounds)
    return first_try(rounds, order=asked)


def one_after_the_other(*texts: str) -> Answer:
    answers = iter(texts)
    return lambda request: next(answers)


def said(raws: list[Raw]) -> list[tuple[str, list[str]]]:
    return [(one.text, one.faults) for one in raws]


def test_a_fit_completion_is_its_own_first_try() -> None:
    assert said(raw(one_after_the_other(joined(*GOOD)))) == [(text, []) for text in GOOD]


def test_what_is_repaired_stands_in_it_unrepaired() -> None:
    found = raw(one_after_the_other(joined(FIT, FRENCH, THIRD, FOURTH), joined(OTHER)))
    assert said(found) == [(FIT, []), (FRENCH, ["language"]), (THIRD, []), (FOURTH, [])]


def test_what_was_too_few_stays_too_few() -> None:
    found = raw(one_after_the_other(joined(FIT, OTHER, THIRD), joined(FOURTH)))
    assert [one.text for one in found] == [FIT, OTHER, THIRD]


def test_surplus_answers_are_not_counted() -> None:
    assert [one.text for one in raw(one_after_the_other(joined(*GOOD, MORE)))] == GOOD


def test_a_completion_that_cannot_be_cut_holds_none() -> None:
    found = raw(one_after_the_other("Everything in one paragraph, nothing set apart.", joined(*GOOD)))
    assert found == []


def test_a_set_that_fails_has_a_first_try_all_the_same() -> None:
    found = raw(lambda request: joined(FIT, FRENCH, FRENCH, FRENCH), tries=2)
    assert [one.text for one in found] == [FIT, FRENCH, FRENCH, FRENCH]


def test_ordinary_answers_of_a_set_are_told_apart() -> None:
    found = raw(lambda request: FOURTH if request.purpose == "ordinary" else joined(FIT, OTHER, THIRD), ordinary=1)
    assert [(one.text, one.method) for one in found] == [
        (FIT, "negatively-correlated"),
        (OTHER, "negatively-correlated"),
        (THIRD, "negatively-correlated"),
        (FOURTH, "ordinary"),
    ]


def test_answers_asked_for_at_once_are_judged_at_once() -> None:
    found = raw(one_after_the_other(FIT, OTHER, FRENCH, FOURTH, THIRD), method="independent")
    assert [one.text for one in found] == [FIT, OTHER, FRENCH, FOURTH]


def test_a_sequence_is_judged_by_the_first_answer_at_each_step() -> None:
    found = raw(one_after_the_other(FIT, FRENCH, OTHER, THIRD, FRENCH, FRENCH, FOURTH), method="sequential")
    assert [one.text for one in found] == [FIT, FRENCH, THIRD, FRENCH]


def test_facts_are_judged_by_the_method_that_answered_them() -> None:
    found = raw(one_after_the_other(FIT, FRENCH, THIRD, FOURTH, OTHER), factual=True, method="sequential")
    assert [one.text for one in found] == [FIT, FRENCH, THIRD, FOURTH]
    assert {one.method for one in found} == {"independent"}


def test_comments_of_communities_are_no_answers() -> None:
    pool = [{"key": f"c{place}", "generator": MODEL, "attribute": {"en": text}} for place, text in enumerate(GOOD)]
    comments, answers = iter(GOOD), iter([FIT, FRENCH, THIRD, MORE, OTHER])

    def answer(request: Request) -> str:
        return next(comments) if request.purpose == "comment" else "1" if request.purpose == "choice" else next(answers)

    generator = {"name": "recorded", "model": "m"}
    found = raw(answer, method="community", communities={"pool": pool, "overton": True}, generator=generator)
    assert [one.text for one in found] == [FIT, FRENCH, THIRD, MORE]
    assert [one.method for one in found] == ["community"] * 3 + [OVERTON]


def test_voices_are_known() -> None:
    found = raw(one_after_the_other(*GOOD), method="value-conditioned", voices=VOICES)
    assert [one.condition for one in found] == [voice["key"] for voice in VOICES]


def test_a_draw_from_a_pool_is_judged_by_what_was_drawn() -> None:
    stated = "\n\n".join(f"### (0.0{place}) {text}" for place, text in enumerate([*GOOD, MORE], 1))
    found = raw(one_after_the_other(stated), method="verbalized", verbalized={"pool": 5})
    assert len(found) == 4
    assert all(not one.faults for one in found)


def test_a_pool_that_was_too_small_is_judged_as_it_came() -> None:
    pools = [
        "\n\n".join(f"### (0.05) {text}" for text in texts)
        for texts in ([FIT, FRENCH, FRENCH], [OTHER, THIRD, FOURTH, MORE])
    ]
    found = raw(one_after_the_other(*pools), method="verbalized", verbalized={"pool": 5})
    assert [one.text for one in found] == [FIT, FRENCH, FRENCH]


def answer_anything(texts: list[str]) -> Answer:
    answers = (text for texts in repeat(texts) for text in texts)

    def answer(request: Request) -> str:
        if request.answers == 1:
            return next(answers)
        return "\n\n".join(f"### (0.05) {text}" for text in islice(answers, request.answers))

    return answer


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_method_has_a_whole_first_try_where_all_is_well(recipe: str) -> None:
    texts = [f"{text} So I did it {times} times over, and it went well." for times in range(2, 9) for text in GOOD]
    found = raw(answer_anything(texts), **RECIPES[recipe], alike="allow")
    assert len(found) == 4
    assert all(not one.faults for one in found)
