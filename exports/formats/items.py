"""Shared items: what everybody chose, and the votes of each stratum."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from django.utils.translation import gettext_lazy as _

from exports import records
from exports.formats.table import Format, Table, Tally
from exports.item_records import Item, Votes
from exports.records import values_of
from exports.scope import DEMOGRAPHICS, Scope
from exports.tables import Row
from exports.tallying import NONE, About, Voted, item_of, votes_of
from sampling.models import Candidate

FIELDS = (
    "turn__candidate_set_id",
    "turn__candidate_set__published__number",
    "turn__candidate_set__language",
    "turn__candidate_set__factual",
    "turn__candidate_set__canonical_order",
    "turn__task__annotator_id",
    "turn__task__item__prompt__key",
    "turn__task__item__prompt__group",
    "turn__task__item__prompt__topic",
    "turn__message",
    "candidate__slot",
)

ITEMS_AT_ONCE = 500
"""Whose texts are read together."""


def items(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per item that somebody compared, by number."""
    for voted in _voted(scope):
        item = item_of(voted)
        tally.add("items by people", _band(item.people))
        yield values_of(Item)(item)


def votes(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield the lines of every item: of everybody, and by the values of each column."""
    for voted in _voted(scope):
        for line in votes_of(voted, DEMOGRAPHICS):
            yield values_of(Votes)(line)


def _band(people: int) -> str:
    return "10 or more" if people >= 10 else "2 to 9" if people >= 2 else "1"


def _voted(scope: Scope) -> Iterator[Voted]:
    """Yield the items of this part with their votes, and with the texts of their candidates."""
    counted = _counted(scope)
    while some := list(islice(counted, ITEMS_AT_ONCE)):
        texts = _texts([pk for pk, _ in some])
        for pk, voted in some:
            voted.texts = [texts[pk, slot] for slot in voted.about.order]
            yield voted


def _counted(scope: Scope) -> Iterator[tuple[int, Voted]]:
    """Yield the items of this part with the keys of their sets."""
    first = scope.accepted().filter(turn__number=1, turn__task__item__isnull=False)
    rows = first.order_by("turn__candidate_set__published__number", "turn__task__published__number")
    found = rows.values_list(*FIELDS, named=True).iterator(chunk_size=5000)
    for pk, compared in groupby(found, key=lambda row: row.turn__candidate_set_id):
        voted: Voted | None = None
        for row in compared:
            voted = voted or Voted(about=_about(row))
            slot = row.candidate__slot
            choice = NONE if slot is None else voted.about.order.index(slot)
            voted.add(choice, scope.people[row.turn__task__annotator_id].demographics)
        assert voted is not None
        yield pk, voted


def _about(row: Any) -> About:
    return About(
        item=row.turn__candidate_set__published__number,
        language=row.turn__candidate_set__language,
        prompt=row.turn__message,
        prompt_key=row.turn__task__item__prompt__key or None,
        prompt_group=row.turn__task__item__prompt__group or None,
        topic=row.turn__task__item__prompt__topic or None,
        factual=row.turn__candidate_set__factual,
        order=row.turn__candidate_set__canonical_order,
    )


def _texts(sets: Sequence[int]) -> dict[tuple[int, int], str]:
    rows = Candidate.objects.filter(candidate_set__in=sets).values_list("candidate_set_id", "slot", "text")
    return {(pk, slot): text for pk, slot, text in rows}


def _items(scope: Scope) -> int:
    first = scope.accepted().filter(turn__number=1, turn__task__item__isnull=False)
    return first.order_by().values("turn__candidate_set").distinct().count()


ITEMS = Table(
    name="items",
    about="One shared item a line: the prompt, the candidates, and how many people chose each.",
    columns=records.columns(Item),
    along="sets",
    rows=items,
    total=_items,
    rows_per_batch=1000,
    fresh=True,
)

VOTES = Table(
    name="votes",
    about="One stratum of one item a line: how many of its people chose each candidate. Soft labels.",
    columns=records.columns(Votes),
    along="sets",
    rows=votes,
    total=lambda scope: 10 * _items(scope),
    rows_per_batch=1000,
    fresh=True,
)

FORMAT = Format(
    name="votes",
    about=_("Counts of choices for each shared item and group of people: soft labels."),
    tables=(VOTES,),
)
