"""What a release works out about its people before it is written: coarsened, balanced, weighed, as the study says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collection.configuration import Balanced, Weights
from exports import coarsening, masking
from exports.formats.table import DoesNotFit
from exports.scope import DEMOGRAPHICS, Person, Scope
from pluralism import representation

Found = dict[str, Any]

WEIGHTS = "Raking to the margins; who did not say, or says something else, keeps their share. Cut at the cap."
BALANCED = (
    "Per country, people are drawn at random (with the seed) from each stratum, as many as the shares allow; the "
    "largest number is taken. Strata with too few people are left out and named, and so is who did not say all of the "
    "columns. Of each person at most so many conversations are taken, at random. `in_balanced_subset_10`: those whose "
    "item has at least ten of these people. A quota sample, not a representative one."
)


def work_out(scope: Scope) -> Found:
    """Coarsen, draw and weigh the people of a live scope; return what the manifest says about it.

    :raises DoesNotFit: if nobody can be weighed to the margins.
    """
    asked = scope.asks.publishing
    found: Found = {}
    if asked.smallest_group is not None:
        found["coarsened"] = _coarsen(scope, asked.smallest_group)
    if asked.balanced is not None:
        found["balanced"] = _balance(scope, asked.balanced)
    if asked.weights is not None:
        found["weights"] = _weigh(scope, asked.weights)
    if asked.mask_personal_data:
        found["masked"] = {"signs": sorted({sign.removeprefix(r"\1") for _pattern, sign in masking.RULES})}
    return found


def _by_number(scope: Scope) -> list[tuple[int, Person]]:
    return sorted(scope.living.items(), key=lambda each: each[1].number)


def _coarsen(scope: Scope, smallest_group: int) -> Found:
    people = _by_number(scope)
    said = coarsening.coarsened([person.demographics for _pk, person in people], smallest_group=smallest_group)
    emptied: Counter[str] = Counter()
    for (pk, person), now in zip(people, said, strict=True):
        emptied.update(column for column in DEMOGRAPHICS if person.demographics[column] != now[column])
        scope.living[pk] = replace(person, demographics={column: now[column] for column in DEMOGRAPHICS})
    return {
        "smallest_group": smallest_group,
        "rule": coarsening.RULE.format(k=smallest_group),
        "people": sum(scope.living[pk].demographics != person.demographics for pk, person in people),
        "emptied": dict(sorted(emptied.items())),
    }


def _balance(scope: Scope, asked: Balanced) -> Found:
    people = _by_number(scope)
    drawn: set[int] = set()
    said = []
    countries = sorted({country for _pk, each in people if (country := each.demographics["annotator_country"])})
    for country in countries:
        here = [(pk, each) for pk, each in people if each.demographics["annotator_country"] == country]
        taken, told = _draw(here, asked, asked.shares.get(country), country=country)
        drawn |= taken
        said.append(told)
    for pk in drawn:
        scope.living[pk] = replace(scope.living[pk], balanced=True)
    scope.balanced_now.update(_conversations(scope, drawn, asked))
    return {
        "rule": BALANCED,
        "by": list(asked.by),
        "seed": asked.seed,
        "most_conversations": asked.most_conversations,
        "people": len(drawn),
        "conversations": len(scope.balanced_now),
        "conversations_10": sum(scope.balanced_now.values()),
        "countries": said,
    }


def _draw(
    people: Sequence[tuple[int, Person]], asked: Balanced, shares: Mapping[str, float] | None, *, country: str
) -> tuple[set[int], Found]:
    """Return who of a country is drawn, by primary key, and the margins before and after."""
    of_person = [_stratum(person, asked) for _pk, person in people]
    names = sorted(shares) if shares else sorted({name for name in of_person if name})
    places = {name: place for place, name in enumerate(names)}
    strata = np.array([places.get(name or "", representation.NOT_SAID) for name in of_person], np.int64)
    wanted = np.array([shares[name] if shares else 1.0 for name in names])
    if not len(names) or not wanted.sum():
        return set(), {"country": country, "strata": [], "not_met": [], "without_stratum": len(people)}
    draw = representation.draw(strata, wanted, seed=asked.seed, fewest=asked.fewest)
    before = np.bincount(strata[strata >= 0], minlength=len(names))
    told = [
        {"stratum": name, "share": round(float(share), 6), "people": int(had), "drawn": int(took)}
        for name, share, had, took in zip(names, wanted / wanted.sum(), before, draw.took, strict=True)
    ]
    taken = {pk for (pk, _person), is_taken in zip(people, draw.taken, strict=True) if is_taken}
    not_met = [names[place] for place in draw.unmet]
    without = int((strata < 0).sum())
    return taken, {"country": country, "strata": told, "not_met": not_met, "without_stratum": without}


def _stratum(person: Person, asked: Balanced) -> str | None:
    values = [person.demographics[column] for column in asked.by]
    return None if None in values else " | ".join(str(value) for value in values)


def _conversations(scope: Scope, drawn: set[int], asked: Balanced) -> dict[int, bool]:
    """Return the conversations of the subset by number, and whether the item of each has at least ten of its people."""
    rows = scope.accepted().order_by("turn__task__published__number").distinct()
    columns = ("turn__task__published__number", "turn__task__annotator_id", "turn__task__item_id")
    found = [row for row in rows.values_list(*columns).iterator(chunk_size=10_000) if row[1] in drawn]
    numbers = np.array([row[0] for row in found], np.int64)
    people = np.array([row[1] for row in found], np.int64)
    items = np.array([-1 if row[2] is None else row[2] for row in found], np.int64)
    stay: NDArray[np.bool_] = np.ones(len(found), bool)
    if asked.most_conversations is not None and len(found):
        # By the published numbers of people: primary keys differ from one installation to another.
        owners = np.array([scope.living[row[1]].number for row in found], np.int64)
        stay = representation.capped(owners, most=asked.most_conversations, seed=asked.seed)
    of_ten = representation.shared_by(items, people, stay) if len(found) else stay
    return dict(zip(numbers[stay].tolist(), of_ten[stay].tolist(), strict=True))


def _weigh(scope: Scope, asked: Weights) -> Found:
    people = _by_number(scope)
    columns = sorted(asked.margins)
    values = {column: sorted(asked.margins[column]) for column in columns}
    codes = np.array(
        [[_code(person.demographics[column], values[column]) for column in columns] for _pk, person in people], np.int64
    ).reshape(len(people), len(columns))
    targets = [np.array([asked.margins[column][value] for value in values[column]]) for column in columns]
    try:
        weighed = representation.rake(codes, targets, cap=asked.cap)
    except (representation.CannotWeigh, ValueError) as error:
        raise DoesNotFit("cannot-weigh") from error
    for (pk, person), weight in zip(people, weighed.weights, strict=True):
        scope.living[pk] = replace(person, weight=round(float(weight), 6))
    return {
        "rule": WEIGHTS,
        "margins": {column: {value: asked.margins[column][value] for value in values[column]} for column in columns},
        "cap": asked.cap,
        "cut": weighed.trimmed,
        "largest_gap": round(weighed.largest_gap, 6),
        "design_effect": round(weighed.design_effect, 6),
        "effective_size": round(weighed.effective_size, 3),
    }


def _code(value: str | None, values: Sequence[str]) -> int:
    return values.index(value) if value in values else representation.NOT_SAID
