"""The long table of comparisons: what came of each set that was put to a person."""

from collections.abc import Iterator
from typing import Any

from collection.models import Task
from exports import item_records, records
from exports.compared import comparison_id
from exports.formats.table import Table, Tally
from exports.records import LETTERS, values_of
from exports.scope import Scope
from exports.tables import Row
from sampling.models import CandidateSet

FIELDS = (
    "task__published__number",
    "task__annotator_id",
    "task__item_id",
    "task__state",
    "task__finished_at",
    "task__surplus",
    "task__kind",
    "number",
    "order",
    "candidate_set__published__number",
    "candidate_set__canonical_order",
    "comparison__recorded_at",
    "comparison__outcome",
    "comparison__candidate__slot",
    "comparison__explanation",
    "comparison__strength",
)


def comparisons(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per turn whose candidates were ready at the moment of the snapshot."""
    ready = scope.turns().filter(
        candidate_set__status=CandidateSet.Status.READY, candidate_set__finished_at__lte=scope.snapshot_at
    )
    for row in ready.values_list(*FIELDS, named=True).iterator(chunk_size=2000):
        line = _comparison(row, scope)
        if line.counts and line.strength:
            tally.add("strength", str(line.strength))
        yield values_of(item_records.Comparison)(line)


def _comparison(row: Any, scope: Scope) -> item_records.Comparison:
    compared = row.comparison__recorded_at is not None and row.comparison__recorded_at <= scope.snapshot_at
    person, order = scope.people[row.task__annotator_id], row.candidate_set__canonical_order
    slot = row.comparison__candidate__slot if compared else None
    regular = row.task__kind == Task.Kind.REGULAR
    given = row.number == 1 and row.task__item_id is not None and regular
    return item_records.Comparison(
        comparison_id=comparison_id(row.task__published__number, row.number),
        conversation_id=row.task__published__number,
        turn=row.number,
        annotator_id=person.number,
        item_id=row.candidate_set__published__number if given else None,
        candidate_set_id=row.candidate_set__published__number,
        candidates=len(order),
        outcome=row.comparison__outcome if compared else _left(row, scope),
        chosen_slot=slot,
        chosen_response=None if slot is None else LETTERS[order.index(slot)],
        chosen_place=None if slot is None else row.order.index(slot) + 1,
        feedback=(row.comparison__explanation or None) if compared and person.agreed.verbatim else None,
        strength=row.comparison__strength if compared else None,
        counts=compared and regular and not row.task__surplus,
        training_agreed=person.agreed.training,
    )


def _left(row: Any, scope: Scope) -> str:
    finished = row.task__finished_at is not None and row.task__finished_at <= scope.snapshot_at
    return "skipped" if finished and row.task__state == Task.State.ABANDONED else "missing"


COMPARISONS = Table(
    name="comparisons",
    about="One set of candidates that was put to one person a line: what came of it.",
    columns=records.columns(item_records.Comparison),
    along="conversations",
    rows=comparisons,
    total=lambda scope: scope.turns().count(),
    rows_per_batch=5000,
)
