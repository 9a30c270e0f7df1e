"""Release folders made without a study: the columns that reports read, and people whose tastes are known."""

import json

import numpy as np
import pyarrow as pa
from pyarrow import parquet

LABELS = ["traditional", "secular-rational", "survival", "self-expression"]
TASTES = {"france": [0.1, 0.6, 0.1, 0.2], "india": [0.55, 0.1, 0.25, 0.1]}
"""How often people of a country choose what speaks for each label."""

WORDS = {
    "traditional": "Ask your elders first; what they kept was kept for a good reason",
    "secular-rational": "Look at the evidence and decide by what can be shown to work",
    "survival": "Put some money aside before anything else, and sleep under a safe roof",
    "self-expression": "Follow what makes you curious, and let your life be your own",
}


def make(
    folder,
    *,
    items=12,
    people=24,
    tastes=None,
    none=0.05,
    simulated=False,
    seed=1,
    asked=True,
    labelled=True,
    old=None,
    balanced=0,
):
    """Write a release in which every person chose on every item, and return its folder."""
    random = np.random.default_rng(seed)
    tastes = tastes or TASTES
    old = old or (lambda number: number // 2 % 2)
    (folder / "data").mkdir(parents=True)
    mark = "SIMULATED-" if simulated else ""
    said = {
        "study": {"title": "Made & <measured>"},
        "snapshot_at": "2026-01-02T03:04:05+00:00",
        "schema_version": "2",
        "simulated": simulated,
    }
    (folder / f"{mark}MANIFEST.json").write_text(json.dumps(said))
    slots = [random.permutation(4) for _item in range(items)]
    candidates = [
        _candidate(item, place, int(slots[item][place]), labelled) for item in range(items) for place in range(4)
    ]
    countries = [list(tastes)[number % len(tastes)] for number in range(people)]
    persons = [
        {"annotator_id": 500 + number, "annotator_country": country, "annotator_age": "55+" if old(number) else "18-34"}
        for number, country in enumerate(countries)
    ]
    turns = [
        _turn(item, number, tastes[countries[number]], slots[item], none, asked, random)
        for item in range(items)
        for number in range(people)
    ]
    conversations = [
        {"conversation_id": turn["conversation_id"], "in_balanced_subset": turn["annotator_id"] < 500 + balanced}
        for turn in turns
    ]
    tables = {"candidates": candidates, "annotators": persons, "turns": turns, "conversations": conversations}
    for name, lines in tables.items():
        # In two parts, as larger releases come.
        for part, some in enumerate((lines[:5], lines[5:])):
            parquet.write_table(pa.Table.from_pylist(some), folder / f"data/{mark}{name}-{part:05d}.parquet")
    return folder


def label(item, place):
    """Return what the candidate in a place of the canonical order speaks for."""
    return LABELS[(place + item) % 4]


def _candidate(item, place, slot, labelled):
    speaks_for = label(item, place)
    return {
        "candidate_set_id": 100 + item,
        "slot": slot,
        "response": "abcd"[place],
        "text": f"{WORDS[speaks_for]}, says answer {item}.",
        "factual": False,
        "method": "negatively-correlated",
        "model": "demo",
        "recipe_sha256": "ab" * 32,
        "labels": [speaks_for] if labelled else [],
    }


def _turn(item, number, taste, slots, none, asked, random):
    place = [label(item, each) for each in range(4)].index(LABELS[random.choice(4, p=taste)])
    refuses = random.random() < none
    acceptable = [""] * 4
    for each in range(4):
        likes = taste[LABELS.index(label(item, each))]
        acceptable[int(slots[each])] = "yes" if each == place or random.random() < likes else "no"
    return {
        "conversation_id": 10_000 * item + number,
        "turn": 1,
        "annotator_id": 500 + number,
        "language": "en",
        "is_given_prompt": True,
        "prompt": f"What should I do about {item}?",
        "kind": "regular",
        "surplus": False,
        "candidate_set_id": 100 + item,
        "order_shown": random.permutation(4).tolist(),
        "outcome": "none" if refuses else "chosen",
        "chosen_slot": None if refuses else int(slots[place]),
        "device": ["phone", "computer"][number // 4 % 2],
        "strength": 2 if asked and not refuses else None,
        "acceptable": acceptable if asked else None,
    }


def answers(path, *, items=12, model="model", picks, steered_to=None, **more):
    """Add a line per item: `picks` returns the label that the model's answer to an item speaks for."""
    with path.open("a", encoding="utf-8") as file:
        for item in range(items):
            chosen = "abcd"[[label(item, place) for place in range(4)].index(picks(item))]
            line = {"candidate_set_id": 100 + item, "model": model, "choice": chosen}
            line |= {name: given(item) if callable(given) else given for name, given in more.items()}
            if steered_to:
                line["steered_to"] = steered_to
            file.write(json.dumps(line) + "\n")
    return path
