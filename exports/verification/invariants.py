"""What must always hold of a study, as far as its release shows it. Knows no Django."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from exports.records import LETTERS, ORDINALS
from exports.verification.folder import Check, Folder, some, told

COMPARED = ["chosen", "none"]
OPENING = ["turn", "is_given_prompt", "kind", "surplus", "outcome", "annotator_id", "candidate_set_id", "prompt_group"]


def overlap(folder: Folder) -> Check | None:
    """No item was compared by more people than its overlap asks for, where this is one number for all."""
    wanted = [_for_all(each["configuration"].get("overlap", 1)) for each in folder.said["configurations"]]
    if not folder.has("turns") or not wanted or None in wanted:
        return None
    most = max(each for each in wanted if each is not None)
    openings = _openings(folder)
    counted = openings[~openings["surplus"] & openings["outcome"].isin(COMPARED)]
    people = counted.groupby("candidate_set_id").size()
    faults = [
        f"Item {item} was compared {count} times; its overlap is {most}."
        for item, count in people[people > most].items()
    ]
    return Check(what=f"no item has more comparisons than its overlap of {most}", faults=told(faults))


def _for_all(overlap: Any) -> int | None:
    """Return how many people an item wants; None where that differs from stratum to stratum."""
    if isinstance(overlap, int):
        return overlap
    return None if overlap.get("per") or overlap.get("where") else int(overlap.get("wanted", 1))


def no_prompt_twice(folder: Folder) -> Check | None:
    """Nobody got a prompt twice, nor its translation, but for repeats."""
    if not folder.has("turns"):
        return None
    openings, faults = _openings(folder), []
    for column in ("candidate_set_id", "prompt_group"):
        named = openings[openings[column].notna()]
        faults += [
            f"Annotator {row.annotator_id} got {column} {getattr(row, column)} more than once."
            for row in named[named.duplicated(["annotator_id", column])].itertuples()
        ]
    return Check(what="nobody got a prompt or its translation twice, but for repeats", faults=told(faults))


def _openings(folder: Folder) -> pd.DataFrame:
    """Return the first turns of regular conversations on given prompts."""
    turns = folder.read("turns", OPENING)
    return turns[turns["is_given_prompt"] & (turns["turn"] == 1) & (turns["kind"] == "regular")]


def sets_are_whole(folder: Folder) -> Check | None:
    """Every set has its slots in a row, no empty text and no two alike, and every candidate says where it is from."""
    if not folder.has("candidates"):
        return None
    shapes = folder.read("candidates", ["candidate_set_id", "slot", "response"])
    sizes = shapes.groupby("candidate_set_id")["slot"].agg(["count", "max", "min"])
    broken = sizes[(sizes["max"] != sizes["count"] - 1) | (sizes["min"] != 0)].index
    twice = shapes[shapes.duplicated(["candidate_set_id", "response"])]["candidate_set_id"]
    faults = [
        *_told_of_sets("Sets lack candidates", broken),
        *_told_of_sets("Sets give one letter to two candidates", twice),
        *_texts(folder),
    ]
    what = f"{len(sizes):,} candidate sets are whole, with no empty and no equal texts, and say where each is from"
    return Check(what=what, faults=told(faults))


def _texts(folder: Folder) -> Iterator[str]:
    columns = ["candidate_set_id", "text", "method", "model", "recipe_sha256", "set_remarks", "factual"]
    empty: list[int] = []
    unknown: list[int] = []
    strict = [pd.DataFrame({"set": [], "text": []})]
    for lines in folder.batches("candidates", columns):
        empty += list(lines[lines["text"].str.strip() == ""]["candidate_set_id"])
        from_nowhere = (lines["method"] != "imported") & lines["model"].isna()
        unknown += list(lines[(lines["recipe_sha256"] == "") | from_nowhere]["candidate_set_id"])
        may_agree = lines["factual"] | lines["set_remarks"].map(lambda remarks: "alike" in remarks)
        kept = lines[~may_agree]
        strict.append(pd.DataFrame({"set": kept["candidate_set_id"], "text": _hashed(kept["text"])}))
    texts = pd.concat(strict)
    yield from _told_of_sets("Sets have an empty candidate", empty)
    yield from _told_of_sets("Sets have a candidate without a model or recipe", unknown)
    yield from _told_of_sets("Sets have two equal candidates", texts[texts.duplicated()]["set"])


def _told_of_sets(fault: str, sets: Any) -> list[str]:
    return [f"{fault}: {some(sets)}."] if len(sets) else []


def _hashed(texts: "pd.Series[Any]") -> Any:
    """Return numbers in place of texts: shape (texts,), equal for equal texts."""
    return pd.util.hash_array(texts.to_numpy(object), categorize=False)


def orders(folder: Folder) -> Check | None:
    """Everybody saw all candidates of a set, each once, and the choice stands where the order says."""
    if not folder.has("turns", "candidates"):
        return None
    sizes = folder.read("candidates", ["candidate_set_id"]).groupby("candidate_set_id").size().to_dict()
    columns = [
        "conversation_id",
        "turn",
        "candidate_set_id",
        "set_status",
        "order_shown",
        "chosen_slot",
        "chosen_place",
    ]
    faults = [
        f"Conversation {row.conversation_id}, turn {row.turn}: {fault}."
        for lines in folder.batches("turns", columns)
        for row in lines[lines["set_status"] == "ready"].itertuples()
        if (fault := _order_fault(row, sizes.get(row.candidate_set_id, 0)))
    ]
    what = "everybody saw all candidates of a set in an order that is told, and chose one of them or none"
    return Check(what=what, faults=told(faults))


def _order_fault(row: Any, size: int) -> str | None:
    order = list(row.order_shown)
    if sorted(order) != list(range(size)):
        return "the order shown is not one of its candidates"
    chosen = not pd.isna(row.chosen_slot)
    if chosen and (row.chosen_slot not in order or order.index(row.chosen_slot) + 1 != row.chosen_place):
        return "the choice is not where the order says"
    return None


def wide_and_long(folder: Folder) -> Check | None:
    """The wide table and the long ones say the same: prompts, candidates and choices."""
    is_wide = "community-alignment" in folder.said["formats"]
    if not is_wide or not folder.has("conversations", "turns", "candidates"):
        return None
    long, texts = _long(folder), _by_letter(folder)
    of_turn = ("prompt", *(f"response_{letter}" for letter in LETTERS[:4]), "preferred_response")
    columns = ["conversation_id", *(f"{ordinal}_turn_{name}" for ordinal in ORDINALS for name in of_turn)]
    faults: list[str] = []
    for lines in folder.batches("conversations", columns):
        for place, ordinal in enumerate(ORDINALS):
            faults += [
                f"Conversation {number}: its {ordinal} turn is not what turns and candidates say."
                for number in _differing(lines, ordinal, long[long["place"] == place], texts)
            ]
    what = "conversations, turns and candidates say the same of every turn that was compared"
    return Check(what=what, faults=told(faults))


def _long(folder: Folder) -> pd.DataFrame:
    """Return the compared turns of the wide table by conversation, with their place in it and hashes of the prompts."""
    columns = ["conversation_id", "turn", "candidate_set_id", "chosen_slot", "outcome", "kind", "surplus", "prompt"]
    pieces = []
    for lines in folder.batches("turns", columns):
        of_wide = lines["outcome"].isin(COMPARED) & (lines["kind"] == "regular") & ~lines["surplus"]
        pieces.append(lines[of_wide].assign(prompt=_hashed(lines["prompt"])[of_wide.to_numpy()]))
    turns = pd.concat(pieces).sort_values(["conversation_id", "turn"])
    turns["place"] = turns.groupby("conversation_id").cumcount()
    return turns.drop(columns=["outcome", "kind", "surplus"]).set_index("conversation_id")


def _by_letter(folder: Folder) -> pd.DataFrame:
    """Return hashes of texts, and slots, by set and letter."""
    pieces = [
        lines.assign(text=_hashed(lines["text"]))
        for lines in folder.batches("candidates", ["candidate_set_id", "slot", "response", "text"])
    ]
    return (
        pd.concat(pieces).drop_duplicates(["candidate_set_id", "response"]).set_index(["candidate_set_id", "response"])
    )


def _differing(lines: pd.DataFrame, ordinal: str, long: pd.DataFrame, texts: pd.DataFrame) -> list[int]:
    """Return the conversations whose turn of this ordinal is another than in the long tables, or in one only."""
    there = lines[lines[f"{ordinal}_turn_prompt"].notna()]
    turns = long[~long.index.duplicated()].reindex(there["conversation_id"])
    wrong = _hashed(there[f"{ordinal}_turn_prompt"]) != turns["prompt"].to_numpy()
    for letter in LETTERS[:4]:
        which = pd.MultiIndex.from_arrays([turns["candidate_set_id"], np.full(len(turns), letter)])
        said = texts.reindex(which)
        chosen = said["slot"].to_numpy() == turns["chosen_slot"].to_numpy()
        preferred = (there[f"{ordinal}_turn_preferred_response"] == f"response_{letter}").to_numpy()
        wrong |= _hashed(there[f"{ordinal}_turn_response_{letter}"]) != said["text"].to_numpy()
        wrong |= preferred != chosen
    missing = set(long.index) & set(lines["conversation_id"]) - set(there["conversation_id"])
    return [*there["conversation_id"][wrong], *sorted(missing)]


CHECKS = (overlap, no_prompt_twice, sets_are_whole, orders, wide_and_long)
