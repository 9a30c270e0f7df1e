"""Copies of ready sets, for who needs the same texts once more under rows of their own."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction

from sampling.models import Candidate, CandidateSet

Row = TypeVar("Row", CandidateSet, Candidate)


@transaction.atomic
def copies(candidate_sets: Sequence[CandidateSet]) -> list[CandidateSet]:
    """Copy ready sets with their candidates; return the copies in the same order.

    A copied candidate names the completion that its text was cut from, which stays with the first set.
    """
    candidates = Candidate.objects.filter(candidate_set__in=[one.pk for one in candidate_sets]).order_by("slot")
    by_set: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        by_set.setdefault(candidate.candidate_set_id, []).append(candidate)
    made = CandidateSet.objects.bulk_create(_copied(one) for one in candidate_sets)
    Candidate.objects.bulk_create(
        _copied(candidate, candidate_set_id=copy.pk)
        for one, copy in zip(candidate_sets, made, strict=True)
        for candidate in by_set.get(one.pk, ())
    )
    return made


def _copied(row: Row, **changes: object) -> Row:
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(row, name) for name in fields}
    if isinstance(row, CandidateSet):
        # Written ahead of time for its study, and held back with it; nobody writes a copy.
        values |= {"batch_id": None, "token": None, "lease_until": None}
    return type(row)(**values | changes)
