"""What the formats read that hold comparisons: conversation by conversation, with what was said before."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from exports.compared import Author, Compared, answered, said
from exports.records import Message
from exports.scope import Scope
from sampling.models import Candidate

IMPORTED = "imported"

FIELDS = (
    "turn__task__published__number",
    "turn__task__annotator_id",
    "turn__task__item_id",
    "turn__number",
    "turn__message",
    "turn__order",
    "turn__recorded_at",
    "turn__candidate_set__published__number",
    "turn__candidate_set__language",
    "turn__candidate_set__canonical_order",
    "candidate__slot",
    "explanation",
    "candidates",
)


def conversations(scope: Scope) -> Iterator[list[Compared]]:
    """Yield the comparisons of each conversation that counts, in order."""
    for _, rows in groupby(_rows(scope), key=lambda row: row.turn__task__published__number):
        history: tuple[Message, ...] = ()
        turns = []
        for row in rows:
            turn = _compared(row, history, scope)
            if turn.chosen is not None:
                history = (*history, said(turn.message), answered(turn.texts[turn.chosen]))
            turns.append(turn)
        yield turns


def turns(scope: Scope) -> Iterator[Compared]:
    """Yield the comparisons of all conversations that count."""
    for compared in conversations(scope):
        yield from compared


def for_training(scope: Scope) -> Iterator[Compared]:
    """Yield those of people who agreed that models are trained with their answers."""
    return (turn for turn in turns(scope) if turn.training)


def _rows(scope: Scope) -> Iterator[Any]:
    rows = scope.accepted().annotate(candidates=ArraySubquery(_candidates()))
    return rows.values_list(*FIELDS, named=True).iterator(chunk_size=1000)


def _candidates() -> QuerySet[Candidate, Any]:
    return (
        Candidate.objects.filter(candidate_set=OuterRef("turn__candidate_set"))
        .order_by("slot")
        .values(
            written=JSONObject(
                text="text",
                method="method",
                author="author",
                model="completion__model",
                generator="completion__generator",
            )
        )
    )


def _compared(row: Any, history: tuple[Message, ...], scope: Scope) -> Compared:
    person = scope.people[row.turn__task__annotator_id]
    order = row.turn__candidate_set__canonical_order
    written = [row.candidates[slot] for slot in order]
    is_given = row.turn__task__item_id is not None
    return Compared(
        conversation=row.turn__task__published__number,
        turn=row.turn__number,
        annotator=person.number,
        item=row.turn__candidate_set__published__number if is_given and row.turn__number == 1 else None,
        is_given=is_given,
        language=row.turn__candidate_set__language,
        day=row.turn__recorded_at.date(),
        history=history,
        message=row.turn__message,
        texts=[each["text"] for each in written],
        authors=[_author(each) for each in written],
        seen=[order.index(slot) for slot in row.turn__order],
        chosen=None if row.candidate__slot is None else order.index(row.candidate__slot),
        feedback=(row.explanation or None) if person.agreed.verbatim else None,
        training=person.agreed.training,
    )


def _author(written: dict[str, Any]) -> Author:
    return Author(
        method=written["method"],
        model=written["model"] or written["author"] or None,
        provider=written["generator"] or IMPORTED,
    )
