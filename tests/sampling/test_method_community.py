"""Modular Pluralism: communities comment, one answer each is made from the comment that reflects them best."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.asking import Draft, NoFitSet, Order, Reply, Request
from sampling.methods import method_of
from sampling.methods.choosing import number_in
from sampling.wordings import NoWording, wording
from tests.sampling.conftest import DEMO_MODEL
from tests.sampling.methods_at_work import GOOD, MESSAGES, order
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

KEYS = ["old", "new", "north", "south"]
COMMENTS = {
    "old": "Ask the elders of the village first, they have seen this before.",
    "new": "Try something that nobody has tried, and see what you learn.",
    "north": "Keep warm, keep a store of food, and trust your own hands.",
    "south": "Sit down with your neighbours and talk about it over dinner.",
    "west": "Walk there and look at it with your own eyes before you decide.",
}
ANSWERS = dict(
    zip([*KEYS, "west"], [*GOOD, "Walk a little every day, and write down what you saw there."], strict=True)
)


def community(key: str) -> dict[str, Any]:
    generator = {"name": "huggingface", "model": DEMO_MODEL, "adapter": f"communities/{key}"}
    return {"key": key, "generator": generator, "attribute": {"en": f"what {key} people care for"}}


def asked(*keys: str, base: dict[str, Any] | None = None, overton: bool = False, **recipe: Any) -> Order:
    fields: dict[str, Any] = {
        "method": "community",
        "communities": {"pool": [community(key) for key in keys or KEYS], "overton": overton},
    }
    if base:
        fields["generator"] = base
    return order(**(fields | recipe))


class World:
    """Communities that say what they always say, and a base model that believes in one comment for each attribute."""

    def __init__(self, **says: Any) -> None:
        self.favourites = {key: key for key in COMMENTS} | says.pop("favourites", {})
        self.says = says
        self.rounds: list[list[Reply]] = []

    def run(self, asked: Order) -> list[Draft]:
        method = method_of(asked)
        requests = next(method)
        while True:
            self.rounds.append([self.reply(request) for request in requests])
            try:
                requests = method.send(self.rounds[-1])
            except StopIteration as end:
                drafts: list[Draft] = end.value
                return drafts

    def reply(self, request: Request) -> Reply:
        if request.options:
            return Reply(request=request, text="", stop_reason="scored", scores=self.scores(request))
        return Reply(request=request, text=self.text(request), stop_reason="stop")

    def scores(self, request: Request) -> tuple[float, ...]:
        # Long comments are less probable, and the first is a cliché; only the attribute tells which one fits.
        prior = [-float(len(option)) - 40 * place for place, option in enumerate(request.options)]
        liked = COMMENTS.get(self.favourites.get(request.condition, ""), "")
        return tuple(
            score + (5 if option == liked else 0) for score, option in zip(prior, request.options, strict=True)
        )

    def text(self, request: Request) -> str:
        if request.purpose in self.says:
            said: Callable[[Request], str] = self.says[request.purpose]
            return said(request)
        if request.purpose == "comment":
            return COMMENTS[request.condition]
        if request.purpose == "overton":
            return "All of them are right, each in a way of their own, so listen to them one by one."
        return ANSWERS[request.condition]

    def requests(self, purpose: str) -> list[Request]:
        return [reply.request for replies in self.rounds for reply in replies if reply.request.purpose == purpose]


def content(request: Request) -> str:
    return str(request.messages[-1]["content"])


def test_every_community_comments_and_the_base_answers_for_each() -> None:
    world = World()
    drafts = world.run(asked())
    assert [(draft.text, draft.method, draft.condition) for draft in drafts] == [
        (ANSWERS[key], "community", key) for key in KEYS
    ]
    comments = world.requests("comment")
    assert [request.generator.adapter for request in comments if request.generator] == [
        f"communities/{key}" for key in KEYS
    ]
    assert {content(request) for request in comments} == {f"And then?\n\n{wording('comment', language='en')}"}
    for key, request in zip(KEYS, world.requests("steered"), strict=True):
        assert request.generator is None
        assert content(request) == f"And then?\n\n### {COMMENTS[key]}\n\n{wording('steered', language='en')}"
        assert request.messages[:2] == MESSAGES[:2]
    assert [len(replies) for replies in world.rounds] == [4, 5, 4]


def test_the_comment_that_reflects_a_community_best_may_be_another_ones() -> None:
    world = World(favourites={"old": "south", "north": "south"})
    world.run(asked())
    used = [content(request) for request in world.requests("steered")]
    assert [COMMENTS["south"] in words for words in used] == [True, False, True, True]


def test_no_comment_is_chosen_for_being_short_or_first() -> None:
    world = World(favourites=dict.fromkeys(KEYS, "north"))
    world.run(asked())
    assert all(COMMENTS["north"] in content(request) for request in world.requests("steered"))
    *under, plain = world.requests("choice")
    assert [request.condition for request in under] == KEYS
    assert all("what " in content(request) for request in under)
    assert content(plain) == f"And then?\n\n{wording('ordinary', language='en')}"
    assert {request.options for request in [*under, plain]} == {tuple(COMMENTS[key] for key in KEYS)}


def test_the_last_answer_may_take_up_all_comments() -> None:
    world = World()
    drafts = world.run(asked(overton=True))
    assert [draft.method for draft in drafts] == ["community"] * 3 + ["community-overton"]
    assert drafts[-1].condition == ""
    [request] = world.requests("overton")
    given = "".join(f"### {COMMENTS[key]}\n\n" for key in KEYS)
    assert content(request) == f"And then?\n\n{given}{wording('overton', language='en')}"


def test_of_a_larger_pool_all_comment_and_some_are_answered_for() -> None:
    drawn = set()
    for seed in range(20):
        world = World()
        drafts = world.run(asked(*KEYS, "west", seed=seed))
        assert len(world.requests("comment")) == 5
        assert len(world.requests("choice")) == 5
        conditions = tuple(draft.condition for draft in drafts)
        assert len(set(conditions)) == 4
        assert list(conditions) == [key for key in [*KEYS, "west"] if key in conditions]
        drawn.add(conditions)
    assert len(drawn) > 2
    again = World().run(asked(*KEYS, "west", seed=3))
    assert [draft.condition for draft in again] == [
        draft.condition for draft in World().run(asked(*KEYS, "west", seed=3))
    ]


def test_a_community_is_added_with_one_line() -> None:
    before = asked("old", "new", "north", candidates=3)
    after = asked("old", "new", "north", "south")
    assert [draft.condition for draft in World().run(before)] == ["old", "new", "north"]
    assert [draft.condition for draft in World().run(after)] == ["old", "new", "north", "south"]
    pools = [list(each.recipe.communities.pool) if each.recipe.communities else [] for each in (before, after)]
    assert pools[1][:3] == pools[0]


def test_comments_may_be_alike_and_answers_may_not() -> None:
    answers = iter([FIT, FIT, OTHER, THIRD, FOURTH])
    world = World(comment=lambda _request: COMMENTS["old"], steered=lambda _request: next(answers))
    drafts = world.run(asked())
    assert [draft.text for draft in drafts] == [FIT, FOURTH, OTHER, THIRD]
    assert len(world.requests("comment")) == 4
    assert [reply.rejected for replies in world.rounds for reply in replies if reply.rejected] == [["alike"]]
    assert world.requests("steered")[-1].condition == "new"


def test_only_the_community_whose_comment_is_not_fit_is_asked_again() -> None:
    said = iter(
        ["", "Parlez-en avec vos parents pendant le dîner, ils seront contents de vous aider.", COMMENTS["new"]]
    )
    world = World(comment=lambda request: next(said) if request.condition == "new" else COMMENTS[request.condition])
    drafts = world.run(asked())
    assert [draft.condition for draft in drafts] == KEYS
    assert [[reply.request.condition for reply in replies] for replies in world.rounds[:3]] == [KEYS, ["new"], ["new"]]
    assert [reply.rejected for replies in world.rounds for reply in replies if reply.rejected] == [
        ["empty"],
        ["language"],
    ]


def test_without_a_comment_from_each_there_is_no_set_and_no_comment_is_taken_for_an_answer() -> None:
    world = World(comment=lambda request: "" if request.condition == "new" else COMMENTS[request.condition])
    with pytest.raises(NoFitSet) as failure:
        world.run(asked(tries=2))
    assert failure.value.reasons == ["empty"]
    assert failure.value.drafts == []
    assert [len(replies) for replies in world.rounds] == [4, 1]


def test_answers_that_stay_unfit_leave_the_others_to_the_fallback() -> None:
    world = World(
        steered=lambda request: "" if request.condition == "new" else ANSWERS[request.condition],
        one=lambda _request: "Take the train and read a book on the way there.",
    )
    drafts = world.run(asked("old", "new", "north", tries=2, overton=True, fallback="independent"))
    assert sorted((draft.method, draft.condition) for draft in drafts) == [
        ("community", "north"),
        ("community", "old"),
        ("community-overton", ""),
        ("independent", ""),
    ]


ENDPOINT = {"name": "openai-compatible", "model": "m", "endpoint": "e"}


def test_a_base_model_that_gives_no_probabilities_is_asked_for_a_number() -> None:
    numbers = {"old": "2", "new": "Comment 1.", "north": "४", "south": "I choose number 3, since it says so."}
    world = World(choice=lambda request: numbers[request.condition])
    drafts = world.run(asked(base=ENDPOINT))
    assert [draft.condition for draft in drafts] == KEYS
    chosen = [
        next(key for key, comment in COMMENTS.items() if comment in content(request))
        for request in world.requests("steered")
    ]
    assert chosen == ["new", "old", "south", "north"]
    first = world.requests("choice")[0]
    assert "### 1. Ask the elders" in content(first)
    assert "### 4. Sit down" in content(first)
    assert "reflects this: what old people care for?" in content(first)
    assert first.options == ()
    assert first.decoding is not None
    assert first.decoding.temperature == 0.1


def test_where_no_number_comes_any_comment_is_taken() -> None:
    world = World(choice=lambda _request: "They are all lovely.")
    assert len(world.run(asked(base=ENDPOINT))) == 4
    assert all(
        any(comment in content(request) for comment in COMMENTS.values()) for request in world.requests("steered")
    )


@given(text=st.text(), most=st.integers(1, 20))
def test_a_number_is_one_of_the_list_or_none(text: str, most: int) -> None:
    number = number_in(text, most=most)
    assert number is None or 1 <= number <= most


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("Comment 2", 2), ("0, or 12? No: 4", 4), ("٢", 2), ("none", None), ("21", None)]
)
def test_the_first_number_on_the_list_counts(text: str, number: int | None) -> None:
    assert number_in(text, most=5) == number


def test_a_community_without_words_in_the_language_is_told() -> None:
    with pytest.raises(NoWording, match="community old in fr"):
        World().run(asked(language="fr"))


def test_to_a_question_of_fact_no_community_is_asked() -> None:
    world = World(one=lambda _request: FIT)
    assert {draft.method for draft in world.run(asked(factual=True))} == {"independent"}
    assert world.requests("comment") == []
