"""What tests of methods share: recipes for every method, and running one on completions that a test writes."""

from collections.abc import Callable, Sequence
from typing import Any

from sampling.asking import Draft, Order, Reply, Request
from sampling.methods import method_of
from tests.sampling.conftest import DEMO_MODEL, document
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

GOOD = [FIT, OTHER, THIRD, FOURTH]
MESSAGES = [
    {"role": "user", "content": "How do I begin?"},
    {"role": "assistant", "content": "Slowly."},
    {"role": "user", "content": "And then?"},
]
VOICES = [
    {"key": "tradition", "texts": {"en": "Customs that were handed down", "hi": "परंपरा"}},
    {"key": "reason", "texts": {"en": "Reasons and evidence", "hi": "तर्क"}},
    {"key": "safety", "texts": {"en": "Being safe", "hi": "सुरक्षा"}},
    {"key": "freedom", "texts": {"en": "Being free to choose", "hi": "आज़ादी"}},
]
FIFTH_VOICE = {"key": "joy", "texts": {"en": "Enjoying life", "hi": "आनंद"}}
MODEL = {"name": "huggingface", "model": DEMO_MODEL}

Recipe = dict[str, Any]
"""Changes of the usual recipe."""

RECIPES: dict[str, Recipe] = {
    "negatively-correlated": {},
    "three and one": {"ordinary": 1},
    "relevance-first": {"variant": "relevance-first"},
    "named axes": {"voices": VOICES},
    "independent": {"method": "independent"},
    "models": {"method": "models", "generator": None, "generators": [MODEL] * 4},
    "sequential": {"method": "sequential"},
    "verbalized": {"method": "verbalized", "verbalized": {"pool": 6}},
    "verbalized in proportion": {"method": "verbalized", "verbalized": {"pool": 6, "draw": "proportional"}},
    "value-conditioned": {"method": "value-conditioned", "voices": [*VOICES, FIFTH_VOICE]},
    "community": {
        "method": "community",
        "generator": {"name": "openai-compatible", "model": "hosted", "endpoint": "somewhere"},
        "communities": {
            "pool": [
                {"key": key, "generator": MODEL, "attribute": {"en": key, "hi": key}} for key in ("old", "new", "far")
            ],
            "overton": True,
        },
    },
    "select": {"method": "select", "select": {"pool": 7}},
    "select from sequential ones": {"method": "select", "select": {"method": "sequential", "pool": 8, "by": "max-min"}},
    "select from verbalized ones": {
        "method": "select",
        "verbalized": {"pool": 5},
        "select": {"method": "verbalized", "pool": 8},
    },
    "select from named axes": {
        "method": "select",
        "voices": VOICES,
        "select": {"method": "negatively-correlated", "pool": 12},
    },
}
"""A recipe for every method and every variant of one."""

Completion = str | tuple[str, str]
"""A text, or a text and why it stopped."""

Answer = Callable[[Request], Completion]


def order(
    factual: bool = False,
    messages: list[dict[str, str]] = MESSAGES,
    language: str = "en",
    seed: int = 0,
    **recipe: Any,
) -> Order:
    """Return an order for the usual recipe, changed."""
    return Order(messages=messages, language=language, recipe=document(**recipe), factual=factual, seed=seed)


def joined(*texts: str) -> str:
    """Return answers as a completion holds them."""
    return "\n\n".join(f"### {text}" for text in texts)


def run(asked: Order, *rounds: Sequence[Completion]) -> tuple[list[Draft], list[Reply], list[list[Request]]]:
    """Run the method of an order with these completions, round by round."""
    method = method_of(asked)
    replies: list[Reply] = []
    requests = [next(method)]
    for texts in rounds:
        batch = [replied(request, text) for request, text in zip(requests[-1], texts, strict=True)]
        replies += batch
        try:
            requests.append(method.send(batch))
        except StopIteration as end:
            return end.value, replies, requests
    raise AssertionError(f"more is asked for: {requests[-1]}")


def let_answer(asked: Order, answer: Answer, rounds: list[list[Reply]]) -> list[Draft]:
    """Run the method of an order with what somebody answers to each request; every round is put into a list."""
    method = method_of(asked)
    requests = next(method)
    while True:
        assert requests, "a method that asks for nothing would wait for ever"
        rounds.append([replied(request, answer(request)) for request in requests])
        try:
            requests = method.send(rounds[-1])
        except StopIteration as end:
            drafts: list[Draft] = end.value
            return drafts


def replied(request: Request, completion: Completion) -> Reply:
    """Return a completion as the reply to a request."""
    text, reason = (completion, "stop") if isinstance(completion, str) else completion
    return Reply(request=request, text=text, stop_reason=reason)
