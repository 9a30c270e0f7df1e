"""Tasks that are no regular ones: practice, attention checks, and items given to the same person once more."""

import random
from dataclasses import dataclass

from annotators.models import Annotator
from collection.models import Comparison, Item, Prompt, Study, Task

MOST_LOOKED_AT = 500
"""Attention checks, practice items or earlier tasks among which one is drawn."""


@dataclass(frozen=True, kw_only=True)
class Special:
    """A task other than a regular one."""

    kind: Task.Kind
    item: Item
    probability: float
    """With which this one came: the share of its kind, divided among those there were."""
    repeat_of: Task | None = None


def special(*, person: Annotator, study: Study, practises: bool, rng: random.Random) -> Special | None:
    """Draw whether something else than a regular task comes now, and which.

    Practice comes first, all of it in the order it was loaded. A kind of which nothing is left gives way to a regular
    task.
    """
    if practises and (practice := _unseen(person, study, Prompt.Role.PRACTICE)):
        return Special(kind=Task.Kind.PRACTICE, item=practice[0], probability=1.0)
    point = rng.random()
    attention, repeats = study.asks.attention.share, study.asks.repeats.share
    if point < attention:
        return _check(person, study, rng)
    if point < attention + repeats:
        return _repeat(person, study, rng)
    return None


def _check(person: Annotator, study: Study, rng: random.Random) -> Special | None:
    checks = _unseen(person, study, Prompt.Role.ATTENTION)
    if not checks:
        return None
    share = study.asks.attention.share / len(checks)
    return Special(kind=Task.Kind.ATTENTION, item=checks[rng.randrange(len(checks))], probability=share)


def _unseen(person: Annotator, study: Study, role: Prompt.Role) -> list[Item]:
    there = Item.objects.assignable().in_role(role, study=study, language=person.language)
    unseen = there.exclude(tasks__in=Task.objects.of(person)).select_related("prompt", "candidate_set")
    return list(unseen.order_by("pk")[:MOST_LOOKED_AT])


def _repeat(person: Annotator, study: Study, rng: random.Random) -> Special | None:
    """Draw one of the items that the person compared long enough ago."""
    mine = Task.objects.of(person).filter(study=study)
    latest = list(mine.order_by("-pk").values_list("pk", flat=True)[: study.asks.repeats.after])
    if len(latest) < study.asks.repeats.after:
        return None
    compared = mine.filter(turns__in=Comparison.objects.filter(turn__number=1).values("turn"), kind=Task.Kind.REGULAR)
    fit = compared.filter(item__isnull=False, item__frozen_at=None, repeat=None).exclude(pk__in=latest)
    earlier = list(fit.select_related("item__prompt", "item__candidate_set").order_by("-pk")[:MOST_LOOKED_AT])
    if not earlier:
        return None
    task = earlier[rng.randrange(len(earlier))]
    assert task.item is not None
    share = study.asks.repeats.share / len(earlier)
    return Special(kind=Task.Kind.REPEAT, item=task.item, probability=share, repeat_of=task)
