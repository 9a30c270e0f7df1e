"""A release loads as its users load it: with `datasets`, offline, in a fresh process; and every cell is right."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from collection.models import Comparison, Task, Turn
from exports.formats.long_tables import SAID_AND_SEEN
from sampling.embedding import N_GRAMS
from sampling.models import Candidate, Completion, Diversity
from tests.exports.conversations import talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

LOADER = """
import datasets, json, sys
folder = sys.argv[1]
loaded = {"": datasets.load_dataset(folder)["train"]}
for name in ("conversations", "turns", "annotators", "candidates", "comparisons", "items"):
    loaded[name] = datasets.load_dataset(folder, name, split="train")
print(json.dumps({name: list(lines) for name, lines in loaded.items()}, default=str))
"""

COUNTRIES = {"us": "united states", "fr": "france", "in": "india"}


def loaded(folder, tmp_path):
    """Return what `datasets` finds in a folder, in a process that knows nothing of this project."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HOME": str(tmp_path / "hf")}
    environment |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TZ": "Asia/Kolkata"}
    command = [sys.executable, "-c", LOADER, str(folder)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def study():
    """Three people: two shared items in two languages, several turns, none of these, surplus, a skip, own prompts."""
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    sets = [CandidateSetFactory(canonical_order=[3, 1, 0, 2]), CandidateSetFactory(canonical_order=[1, 2, 3, 0])]
    items = [ItemFactory(study=study, candidate_set=each) for each in sets]
    generated(items[0].candidate_set)
    for country in COUNTRIES:
        person = AnnotatorFactory(panel=study.panel, answers={"country": country, "age": "55+", "gender": "female"})
        talk(study=study, annotator=person, item=items[0], choices=[0, "none", 2, 1], explanations=["=1", "", "x\ny"])
        talk(study=study, annotator=person, item=items[1], choices=[3], surplus=country == "in", state="expired")
        talk(study=study, annotator=person, choices=["none"], messages=[f"From {country}: ‮مرحبا"])
    left = talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=items[1], choices=[None])
    left.state, left.left_because = Task.State.ABANDONED, "not-for-me"
    left.save()
    return study


def generated(candidate_set):
    """Say that a model wrote this set."""
    completion = Completion.objects.create(
        candidate_set=candidate_set,
        number=0,
        purpose="set",
        text="…",
        generator="huggingface",
        model="examples/demo_model",
        revision="sha256:abc",
        wording_sha256="d" * 64,
        decoding={"temperature": 0.7, "top_p": 0.95},
        seed=2**62 + 1,
        stop_reason="stop",
    )
    candidate_set.candidates.update(completion=completion, labels=["traditional"])
    for of, embedder, distance in [("shown", N_GRAMS, 0.12345678), ("shown", "m@1", 0.5), ("first-try", N_GRAMS, 0.9)]:
        Diversity.objects.create(candidate_set=candidate_set, of=of, embedder=embedder, texts=4, mean_distance=distance)


def test_every_configuration_loads_and_every_cell_is_as_in_the_database(study, tmp_path):
    write(study, tmp_path / "out")
    found = loaded(tmp_path / "out", tmp_path)
    assert found[""] == found["conversations"]
    assert_conversations(found["conversations"], study)
    assert_turns(found["turns"], study)
    assert_candidates(found["candidates"])
    assert_shared_items(found["conversations"], study)


def assert_conversations(lines, study):
    tasks = Task.objects.filter(study=study, surplus=False, turns__comparison__isnull=False).distinct()
    assert [line["conversation_id"] for line in lines] == sorted(task.published.get().number for task in tasks)
    by_number = {task.published.get().number: task for task in tasks}
    for line in lines:
        assert line == expected_line(by_number[line["conversation_id"]])


def expected_line(task):
    person = task.annotator.answers()
    line = {
        "conversation_id": task.published.get().number,
        "assigned_lang": "en",
        "annotator_id": task.annotator.published.get().number,
        "wave": 1,
        "annotator_age": person["age"],
        "annotator_gender": person["gender"],
        "annotator_education_level": None,
        "annotator_political": None,
        "annotator_ethnicity": None,
        "annotator_country": COUNTRIES[person["country"]],
        "is_pregenerated_first_prompt": task.item is not None,
        "in_balanced_subset": False,
        "in_balanced_subset_10": False,
    }
    turns = [turn for turn in task.turns.order_by("number") if turn.is_compared]
    for ordinal, turn in zip(("first", "second", "third", "fourth"), [*turns, None, None, None], strict=False):
        line |= {f"{ordinal}_turn_{name}": value for name, value in expected_turn(turn).items()}
    return line


def expected_turn(turn):
    names = ["prompt", "responses", *(f"response_{letter}" for letter in "abcd"), "preferred_response", "feedback"]
    if turn is None:
        return dict.fromkeys(names)
    by_slot = {candidate.slot: candidate for candidate in turn.candidate_set.candidates.all()}
    canonical = [by_slot[slot] for slot in turn.candidate_set.canonical_order]
    texts = [candidate.text for candidate in canonical]
    headed = [f"# Response {letter}:\n{text}" for letter, text in zip("ABCD", texts, strict=True)]
    chosen = f"response_{'abcd'[canonical.index(turn.chosen)]}" if turn.chosen else None
    values = [turn.message, "\n\n".join(headed), *texts, chosen, turn.comparison.explanation or None]
    return dict(zip(names, values, strict=True))


def assert_turns(lines, study):
    turns = Turn.objects.filter(task__study=study).order_by("task__published__number", "number")
    assert len(lines) == turns.count()
    for line, turn in zip(lines, turns, strict=True):
        task, prompt = turn.task, turn.task.item and turn.task.item.prompt
        compared = getattr(turn, "comparison", None)
        assert line == {
            "conversation_id": task.published.get().number,
            "turn": turn.number,
            "annotator_id": task.annotator.published.get().number,
            "language": "en",
            "follows": turn.follows,
            "prompt": turn.message,
            "is_given_prompt": turn.number == 1 and task.item is not None,
            "prompt_key": None,
            "prompt_group": None,
            "topic": prompt.topic if prompt else None,
            "candidate_set_id": turn.candidate_set.published.get().number,
            "set_status": "ready",
            "order_shown": turn.order,
            "order_seed": turn.order_seed,
            "order_index": turn.order_index,
            "outcome": compared.outcome if compared else "skipped",
            "chosen_slot": turn.chosen.slot if turn.chosen else None,
            "chosen_place": turn.candidates_in_order().index(turn.chosen) + 1 if turn.chosen else None,
            "feedback": (compared.explanation or None) if compared else None,
            "feedback_asked": True,
            "feedback_probability": 1.0,
            **dict.fromkeys(SAID_AND_SEEN),
            "seconds_waited": 1.0,
            "seconds_to_choose": round((compared.recorded_at - turn.shown_at).total_seconds(), 1) if compared else None,
            "day": turn.recorded_at.date().isoformat(),
            "task_status": task.state,
            "left_because": task.left_because or None,
            "kind": task.kind,
            "repeat_of": None,
            "expected_slot": None,
            "surplus": task.surplus,
            "draw_probability": task.draw_probability,
            "study_version": 1,
            "after_survey": False,
            "verbatim_agreed": True,
            "training_agreed": True,
            **expected_facts(turn, compared),
        }


def expected_facts(turn, compared):
    """Everybody takes a second, and nothing was pasted that anybody knows of."""
    read = len(turn.message) + sum(len(each.text) for each in turn.candidate_set.candidates.all())
    said = compared.explanation if compared else ""
    letters = sum(character.isalpha() for character in said)
    times = Comparison.objects.filter(explanation=said, turn__task__annotator=turn.task.annotator).count()
    raised = {"short-explanation": bool(said) and letters < 8, "repeated": bool(said) and times > 1}
    return {
        "device": None,
        "seconds_visible": None,
        "characters_read": read,
        "characters_per_second": float(read) if compared else None,
        "pace_percentile": None,
        "feedback_copied": 0.0 if said else None,
        "feedback_times": times if said else None,
        "feedback_pasted": None,
        "message_pasted": None,
        "flags": [name for name, is_so in raised.items() if is_so],
    }


def assert_candidates(lines):
    candidates = Candidate.objects.order_by("candidate_set__published__number", "slot")
    assert len(lines) == candidates.count()
    for line, candidate in zip(lines, candidates, strict=True):
        candidate_set, completion = candidate.candidate_set, candidate.completion
        assert line == {
            "candidate_set_id": candidate_set.published.get().number,
            "slot": candidate.slot,
            "response": "abcd"[candidate_set.canonical_order.index(candidate.slot)],
            "text": candidate.text,
            "language": "en",
            "factual": False,
            "method": "negatively-correlated",
            "generator": completion and "huggingface",
            "model": completion and "examples/demo_model",
            "revision": completion and "sha256:abc",
            "recipe_sha256": candidate_set.recipe.sha256,
            "wording_sha256": completion and "d" * 64,
            "decoding": completion and '{"temperature": 0.7, "top_p": 0.95}',
            "seed": completion and 2**62 + 1,
            "completion": completion and 0,
            "stop_reason": completion and "stop",
            "author_kind": None,
            "author": None,
            "labels": ["traditional"] if completion else [],
            "set_remarks": [],
            "set_distance": completion and 0.123457,
            "source_file": None,
            "source_sha256": None,
            "source_line": None,
        }


def assert_shared_items(lines, study):
    """Grouping by the opening prompt and the four texts finds the items, and who answered them."""
    groups = Counter(
        (line["first_turn_prompt"], *(line[f"first_turn_response_{letter}"] for letter in "abcd"))
        for line in lines
        if line["is_pregenerated_first_prompt"]
    )
    first = Comparison.objects.filter(turn__number=1, turn__task__item__isnull=False, turn__task__surplus=False)
    items = Counter(first.values_list("turn__task__item", flat=True))
    assert sorted(groups.values()) == sorted(items.values())
    for line in lines:
        if line["first_turn_preferred_response"]:
            chosen = line["first_turn_" + line["first_turn_preferred_response"]]
            task = Task.objects.get(study=study, published__number=line["conversation_id"])
            assert chosen == task.turns.get(number=1).chosen.text
