"""figures.ipynb: a notebook that works out the figures of the card from the files, with pandas. Knows no Django."""

import json
from typing import Any

from exports.figures import CHOICES_PERMUTED, DECIMALS, NONE, PERMUTATIONS, SETS_MEASURED

NAME = "figures.ipynb"

INTRODUCTION = """\
# The figures of this release, from its files

Run it in the folder of the release; it needs pandas and pyarrow. Each cell works out a part of the figures in the card
and stops where one is not what `figures.json` says.
"""

OPEN = """\
import json
from collections import Counter
from itertools import combinations
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

folder = Path(".")
mark = "SIMULATED-" if (folder / "SIMULATED-MANIFEST.json").exists() else ""
said = json.loads((folder / f"{mark}figures.json").read_text())
manifest = json.loads((folder / f"{mark}MANIFEST.json").read_text())


def read(table):
    files = sorted((folder / "data").glob(f"{mark}{table}-*.parquet"))
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def same(name, found):
    assert found == said[name], (name, found, said[name])
    return found


def mean(values):
    return round(float(sum(values) / len(values)), DECIMALS) if len(values) else None


def share(part, whole):
    return round(part / whole, DECIMALS) if whole else None
"""

PEOPLE = """\
# Who answered, and against whom was wanted.
annotators = read("annotators")
assert len(annotators) == manifest["people"]["total"]
for column in ("annotator_country", "annotator_age", "annotator_gender"):
    counts = annotators[column].fillna("not given").value_counts().sort_index()
    assert counts.to_dict() == manifest["people"][column]
pd.DataFrame(manifest["quotas"])
"""

COMPARISONS = """\
comparisons = read("comparisons")
comparisons = comparisons[comparisons["counts"]]
none = int((comparisons["outcome"] == "none").sum())
places = comparisons["chosen_place"].dropna().astype(int).value_counts().sort_index()
same("comparisons", {
    "compared": len(comparisons),
    "none": none,
    "share_of_none": share(none, len(comparisons)),
    "places": {str(place): int(count) for place, count in places.items()},
})
"""

EXPLANATIONS = """\
words = comparisons["feedback"].dropna().str.split().str.len()
same("explanations", {
    "given": len(words),
    "share": share(len(words), len(comparisons)),
    "median_words": float(words.median()) if len(words) else None,
})
"""

AGREEMENT = """\
# Of all pairs of people who compared the same item, how many chose the same? Counted from the conversations' choices.
none_is_offered = any(each["configuration"]["none_of_these"]["allowed"] for each in manifest["configurations"])
items = read("items").set_index("item_id")
first = comparisons.dropna(subset=["item_id"])
found, chances, entropies, tenths = [], [], [], [0] * 10
for number, choices in first.groupby("item_id")["chosen_response"]:
    counts, people = Counter(choices.fillna("none")), len(choices)
    assert people == items.loc[number, "people"]
    if people > 1:
        agreement = round(sum(n * (n - 1) for n in counts.values()) / (people * (people - 1)), 6)
        assert agreement == items.loc[number, "pair_agreement"]
        found.append(agreement)
        tenths[min(int(agreement * 10 + 1e-9), 9)] += 1
        chances.append(1 / (len(items.loc[number, "votes"]) + none_is_offered))
        entropies.append(items.loc[number, "entropy"])
same("agreement", {
    "items": len(found),
    "choices": int(items.loc[items["people"] > 1, "people"].sum()),
    "pair_agreement": mean(found),
    "by_chance": mean(chances),
    "entropy": mean(entropies),
    "items_by_tenth": tenths,
})
"""

BY_PLACE_ALONE = """\
# How much would people agree if places on the screen were all that counts? Each keeps the place that they chose, in the
# order in which somebody else saw the same item.
choices = first.sort_values("conversation_id").head(CHOICES)
turns = read("turns").query("turn == 1").set_index("conversation_id")["order_shown"]
orders = [(list(turns[number]) + [-1] * NONE)[:NONE] for number in choices["conversation_id"]]
orders = np.array(orders, int).reshape(-1, NONE)
item = np.unique(choices["item_id"].to_numpy(), return_inverse=True)[1]
chosen = choices["chosen_slot"].fillna(NONE).astype(int).to_numpy()
place = (orders == chosen[:, None]).argmax(axis=1)


def agree(picks):
    votes = np.zeros((item.max(initial=-1) + 1, NONE + 1))
    np.add.at(votes, (item, picks), 1)
    people = votes.sum(axis=1)
    pairs = people * (people - 1)
    return float(((votes * (votes - 1)).sum(axis=1)[pairs > 0] / pairs[pairs > 0]).mean())


null = {"choices": len(choices), "permutations": PERMUTATIONS, "mean": None, "high": None, "p": None}
if len(choices) and np.bincount(item).max() > 1:
    random, drawn = np.random.default_rng(0), []
    for _ in range(PERMUTATIONS):
        other = np.empty(len(item), int)
        other[np.argsort(item, kind="stable")] = np.lexsort((random.random(len(item)), item))
        drawn.append(agree(np.where(chosen < NONE, orders[other, place], chosen)))
    p = (1 + sum(value >= agree(chosen) - 1e-12 for value in drawn)) / (1 + PERMUTATIONS)
    for name, value in {"mean": np.mean(drawn), "high": np.quantile(drawn, 0.95), "p": p}.items():
        null[name] = round(float(value), DECIMALS)
same("by_place_alone", null)
"""

DIVERSITY = """\
# How far apart are the candidates of a set? One less the cosine of the counts of three characters in a row.
def distance(texts):
    counted = [Counter(text[start : start + 3] for start in range(len(text) - 2)) for text in texts]
    length = [sqrt(sum(n * n for n in counts.values())) for counts in counted]
    apart = [
        1 - sum(n * counted[b][each] for each, n in counted[a].items()) / (length[a] * length[b] or 1)
        for a, b in combinations(range(len(texts)), 2)
    ]
    return sum(apart) / len(apart)


candidates = read("candidates")
measured = candidates[candidates["candidate_set_id"].isin(sorted(candidates["candidate_set_id"].unique())[:SETS])]
distances = {}
for _, members in measured.groupby("candidate_set_id"):
    distances.setdefault("+".join(sorted(set(members["method"]))), []).append(distance(list(members["text"])))
same("diversity", {
    method: {"sets": len(distances[method]), "distance": mean(distances[method])} for method in sorted(distances)
})
"""

CELLS = [OPEN, PEOPLE, COMPARISONS, EXPLANATIONS, AGREEMENT, BY_PLACE_ALONE, DIVERSITY]

CONSTANTS = {
    "DECIMALS": DECIMALS,
    "SETS": SETS_MEASURED,
    "CHOICES": CHOICES_PERMUTED,
    "PERMUTATIONS": PERMUTATIONS,
    "NONE": NONE,
}


def of() -> str:
    """Return the notebook; it is the same for every release."""
    constants = "".join(f"{name} = {value}\n" for name, value in CONSTANTS.items())
    code = [f"{CELLS[0]}\n{constants}", *CELLS[1:]]
    cells = [_cell("markdown", INTRODUCTION), *(_cell("code", text) for text in code)]
    whole = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    source = text.strip("\n").splitlines(keepends=True)
    if kind == "markdown":
        return {"cell_type": kind, "metadata": {}, "source": source}
    return {"cell_type": kind, "metadata": {}, "execution_count": None, "outputs": [], "source": source}
