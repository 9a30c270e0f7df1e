"""manage.py compare_communities: Modular Pluralism and its baselines on the same prompts, with the same comments."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from ruamel.yaml import YAML

from pluralism.entailment import Probabilities
from sampling.asking import Reply, Request
from sampling.communities import comparing, figures
from sampling.communities.comparing import APPROACHES, CommunitiesDisagree, Compared
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS, document
from tests.sampling.methods_at_work import order
from tests.sampling.nli import make_classifier

ADAPTERS = "examples/demo_model/adapters"
MODEL = {"name": "huggingface", "model": DEMO_MODEL}


def community(key: str, attribute: str, **generator: Any) -> dict[str, Any]:
    return {"key": key, "generator": MODEL | generator, "attribute": {"en": attribute}}


TRADITIONAL = community("traditional", "the traditions of one's elders", adapter=f"{ADAPTERS}/traditional")
FREE = community("free", "being free to choose", adapter=f"{ADAPTERS}/self-expression")
EVERYBODY = community("everybody", "reason and evidence")


def recipe(*pool: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": "community",
        "candidates": 2,
        "generator": MODEL,
        "communities": {"pool": list(pool)},
        "decoding": {"max_new_tokens": 300},
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_recipe(name: str, *pool: dict[str, Any], **changes: Any) -> Path:
        path = tmp_path / f"{name}.yaml"
        with path.open("w") as file:
            YAML().dump(recipe(*pool) | changes, file)
        return path

    return write_recipe


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    texts = [QUESTIONS["en"], "How do I learn to cook?"]
    path.write_text("".join(f"{json.dumps({'text': text, 'language': 'en'})}\n" for text in texts))
    return path


def test_a_pool_before_and_after_a_community_was_added_beside_all_baselines(
    write: Callable[..., Path], prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = write("before", TRADITIONAL, EVERYBODY), write("after", TRADITIONAL, EVERYBODY, FREE)
    call_command(
        "compare_communities",
        str(before),
        str(after),
        prompts=prompts,
        entailment=make_classifier(tmp_path / "nli"),
        csv=tmp_path / "figures.csv",
        answers=tmp_path / "answers.jsonl",
    )
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["recipe", "approach", "fit", "coverage", "reflected", "faithfulness", "tokens"]
    assert [line[:41].rstrip() for line in lines] == [
        f"{name:<20} {approach}" for name in ("before", "after") for approach in APPROACHES
    ]

    rows = list(csv.DictReader((tmp_path / "figures.csv").read_text().splitlines()))
    assert len(rows) == 2 * 2 * len(APPROACHES)
    assert all(0 <= float(row["coverage"]) <= 1 and 0 <= float(row["faithfulness"]) <= 1 for row in rows)
    assert {row["answers"] for row in rows if row["approach"] == "steerable"} == {"2", "3"}

    for said in map(json.loads, (tmp_path / "answers.jsonl").read_text().splitlines()):
        assert set(said["comments"]) == {"traditional", "everybody", "free"}
        steered = [one for one in said["answers"] if (one["recipe"], one["approach"]) == ("after", "steerable")]
        assert [one["condition"] for one in steered] == ["traditional", "everybody", "free"]


def test_without_a_classifier_it_says_what_is_missing(
    write: Callable[..., Path], prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("compare_communities", str(write("pool", TRADITIONAL, EVERYBODY)), prompts=prompts, limit=1)
    *_table, last = capsys.readouterr().out.splitlines()
    assert last == "Coverage and faithfulness need --entailment MODEL."


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ({"method": "independent", "communities": None}, "only community is compared here"),
        ({"candidates": 9}, "is no recipe: candidates Input should be less than or equal to 8."),
    ],
)
def test_a_recipe_that_cannot_be_compared_is_told(
    write: Callable[..., Path], prompts: Path, spoil: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("compare_communities", str(write("pool", TRADITIONAL, EVERYBODY, **spoil)), prompts=prompts)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no prompts"),
        ('{"text": "x", "language": "en"}\n{"text": "x"}\n', "line 2, needs a text and a language"),
        (None, "cannot be read"),
    ],
)
def test_prompts_that_cannot_be_read_are_told(
    write: Callable[..., Path], tmp_path: Path, content: str | None, sentence: str
) -> None:
    path = tmp_path / "bad.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("compare_communities", str(write("pool", TRADITIONAL, EVERYBODY)), prompts=path)


def test_a_classifier_that_is_none_is_told_before_anything_is_written(
    write: Callable[..., Path], prompts: Path, tmp_path: Path
) -> None:
    model = make_classifier(tmp_path / "nli", labels=["good", "bad"])
    with pytest.raises(CommandError, match="its labels are good, bad"):
        call_command("compare_communities", str(write("p", TRADITIONAL, EVERYBODY)), prompts=prompts, entailment=model)


def test_one_key_is_one_community_in_all_recipes() -> None:
    other = TRADITIONAL | {"attribute": {"en": "something else"}}
    recipes = {name: document(**recipe(pool, EVERYBODY)) for name, pool in (("a", TRADITIONAL), ("b", other))}
    with pytest.raises(CommunitiesDisagree, match="traditional is not the same community"):
        comparing.everybody(recipes)


# ---- who is asked what ----------------------------------------------------------------------------------------------
class Desk:
    """Answers requests by what they are for, and keeps them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def answered(self, requests: Sequence[Request]) -> list[Reply]:
        self.requests += requests
        return [self.reply(request) for request in requests]

    def reply(self, request: Request) -> Reply:
        scores = tuple(float(place) for place, _option in enumerate(request.options))
        text = f"This is said of {request.purpose} by {request.condition or 'all'}, as an answer should be."
        return Reply(request=request, text=text, stop_reason="stop", scores=scores, new_tokens=7, seconds=0.5)


def compared() -> tuple[Compared, Desk]:
    desk = Desk()
    asked = order(**recipe(TRADITIONAL, FREE, EVERYBODY))
    return comparing.compare({"pool": asked}, {"pool": desk.answered}), desk


def test_the_base_model_picks_the_expert_by_what_communities_are_and_answers_from_its_comment() -> None:
    found, desk = compared()
    [pick] = [request for request in desk.requests if request.options == ("1", "2", "3")]
    listed = "1: the traditions of one's elders; 2: being free to choose; 3: reason and evidence"
    assert listed in pick.messages[-1]["content"]
    [expert] = [answer for answer in found.answers if answer.approach == "mixture of experts"]
    assert (expert.condition, expert.made_from) == ("everybody", (found.comments["everybody"],))


def test_vanilla_and_prompting_are_made_from_no_comment_and_overton_from_all() -> None:
    found, _desk = compared()
    made_from = {answer.approach: answer.made_from for answer in found.answers}
    assert made_from["vanilla"] == made_from["prompting"] == ()
    assert made_from["Overton"] == tuple(found.comments.values())
    assert [len(answer.made_from) for answer in found.answers if answer.approach == "steerable"] == [1, 1, 1]


class Words:
    """Takes a text to entail another one if it holds all of its words."""

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> Probabilities:
        held = [[set(one.split()) <= set(other.split()) for one in hypotheses] for other in premises]
        return np.array(held, dtype=float).reshape(len(premises), len(hypotheses))


def test_the_figures_of_a_message_are_those_worked_out_by_hand() -> None:
    comments = {"a": "red green", "b": "blue", "c": "black"}

    def answer(approach: str, text: str, *made_from: str) -> comparing.Answer:
        faults = [] if text else ["empty"]
        return comparing.Answer(
            recipe="r",
            approach=approach,
            condition="",
            made_from=made_from,
            text=text,
            faults=faults,
            new_tokens=5,
            seconds=1.0,
        )

    found = Compared(
        comments=comments,
        answers=[
            answer("vanilla", "white. blue"),
            answer("Overton", "red green blue"),
            answer("steerable", "red\nyellow", "red green"),
            answer("steerable", "black", "black"),
            answer("prompting", ""),
        ],
    )
    rows = {row.approach: row for row in figures.rows(1, found, entails=Words())}
    vanilla, overton, steerable, empty = (rows[name] for name in ("vanilla", "Overton", "steerable", "prompting"))
    assert (vanilla.coverage, vanilla.faithfulness) == (pytest.approx(1 / 3), 0.5)
    assert (overton.coverage, overton.faithfulness) == (pytest.approx(2 / 3), 0.0)
    # "red" follows from its comment and "yellow" does not; "black" does. Together they cover black alone.
    assert (steerable.coverage, steerable.faithfulness, steerable.answers) == (pytest.approx(1 / 3), 0.75, 2)
    assert steerable.reflected == pytest.approx(2 / 3)
    assert (empty.coverage, empty.faithfulness, empty.fit) == (0.0, None, 0)
    summary = {line.approach: line for line in figures.summaries(list(rows.values()), seed=1)}
    assert summary["prompting"].faithfulness is None
    assert summary["prompting"].fit is not None
    assert summary["prompting"].fit.value == 0
    assert summary["steerable"].tokens == 10
