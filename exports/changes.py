"""What left a dataset since the release before, because people withdrew or keep more to themselves."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from annotators.models import Consent
from collection.models import Study, Turn
from exports import carrying
from exports.models import Release, ReleasedPerson
from exports.scope import Agreed, Scope, agreements, among, scope_of_release
from sampling.models import Candidate, CandidateSet

Numbers = NDArray[np.int64]


def previous(study: Study, *, line: int, version: int | None) -> Release | None:
    """Return the finished release of a line before this version; before none, the latest."""
    done = Release.objects.filter(study=study, line=line, status=Release.Status.DONE)
    if version is not None:
        done = done.filter(version__lt=version)
    return done.order_by("-version").first()


def since(before: Release | None, scope: Scope, rows: Mapping[str, int]) -> dict[str, Any] | None:
    """Return how many people are gone that were in the release before, and how many of its lines, by table.

    :param rows: The tables of this release, with the number of their lines.
    """
    if before is None or before.snapshot_at is None:
        return None
    people = before.people.all()
    gone = people.exclude(annotator__in=among(scope.people))
    less = people.filter(annotator__in=_decided_since(before, scope))
    had = gone | less
    lines = {
        "conversations": _lines(had, "conversations") - _conversations(before, less, scope),
        "turns": _lines(had, "turns") - _turns(before, less, scope).count(),
        "annotators": gone.count(),
        "candidates": _candidates(before, had, scope),
    }
    return {
        "release": before.version,
        "people": gone.count(),
        "rows": {table: count for table, count in lines.items() if table in rows},
    }


def listed(before: Release | None, scope: Scope) -> dict[str, Any] | None:
    """Return what was added, changed and withdrawn since a release, as spans of numbers: [[1, 4], [7, 7]].

    A conversation has changed if something was recorded in it, or its person is described otherwise.
    """
    if before is None:
        return None
    was = scope_of_release(before)
    touched = carrying.touched(before, scope)
    people = _numbers(person.number for person in scope.people.values())
    were = _numbers(person.number for person in was.people.values())
    conversations, had = _conversations_of(scope), _conversations_of(was)
    changed = np.intersect1d(np.intersect1d(conversations, had), _numbers(touched.conversations))
    return {
        "release": before.label,
        "conversations": _told(conversations, had, changed),
        "annotators": _told(people, were, _numbers(())),
        "candidate_sets": _told(_sets_of(scope), _sets_of(was), _numbers(())),
    }


def _told(now: Numbers, before: Numbers, changed: Numbers) -> dict[str, list[list[int]]]:
    return {
        "added": spans_of(np.setdiff1d(now, before)),
        "changed": spans_of(changed),
        "withdrawn": spans_of(np.setdiff1d(before, now)),
    }


def spans_of(numbers: Numbers) -> list[list[int]]:
    """Return numbers, in order and each once, as first and last of those that follow each other."""
    if not len(numbers):
        return []
    begins = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 2) != 1)
    ends = np.append(begins[1:], len(numbers)) - 1
    return [[int(numbers[first]), int(numbers[last])] for first, last in zip(begins, ends, strict=True)]


def _conversations_of(scope: Scope) -> Numbers:
    numbers = scope.turns().order_by().values_list("task__published__number", flat=True)
    return _numbers(numbers.distinct().iterator(chunk_size=10_000))


def _sets_of(scope: Scope) -> Numbers:
    numbers = scope.turns().order_by().values_list("candidate_set__published__number", flat=True)
    return _numbers(numbers.distinct().iterator(chunk_size=10_000))


def _numbers(numbers: Iterable[int]) -> Numbers:
    return np.unique(np.fromiter(numbers, np.int64))


def lines_of_people(scope: Scope) -> list[tuple[int, int, int]]:
    """Return how many conversations and turns of each person a release has: primary key, conversations, turns."""
    conversations = _by_person(scope.accepted(), "turn__task__annotator_id", "turn__task")
    turns = _by_person(scope.turns(), "task__annotator_id", "pk")
    return [(pk, conversations.get(pk, 0), count) for pk, count in turns.items()]


def note_lines(release: Release, lines: Iterable[tuple[int, int, int]]) -> None:
    """Keep how many lines of each person are in a release."""
    people = {person.annotator_id: person for person in release.people.only("annotator_id")}
    for pk, conversations, turns in lines:
        people[pk].conversations, people[pk].turns = conversations, turns
    ReleasedPerson.objects.bulk_update(people.values(), ["conversations", "turns"], batch_size=2000)


def _by_person(rows: QuerySet[Any], person: str, line: str) -> dict[int, int]:
    return dict(rows.order_by().values(person).annotate(lines=Count(line, distinct=True)).values_list(person, "lines"))


def all_agree(release: Release, *, licence: str) -> bool:
    """Whether everybody in a release agrees at this moment to just what they did when it was laid out."""
    held = {
        pk: Agreed(*says["agreed"])
        for pk, says in release.people.values_list("annotator_id", "says").iterator(chunk_size=5000)
    }
    return agreements(held, licence=licence) == held


def _decided_since(before: Release, scope: Scope) -> QuerySet[Any]:
    """Return the people who are in this release too, and agreed to something else since the one before."""
    newer = Consent.objects.in_force().filter(accepted_at__gte=before.snapshot_at, annotator__in=among(scope.people))
    return newer.values("annotator")


def _lines(people: QuerySet[ReleasedPerson], table: str) -> int:
    return sum(people.values_list(table, flat=True))


def _turns(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> QuerySet[Turn]:
    """Return the turns of these people that this release shares with the one before."""
    return scope.turns().filter(recorded_at__lte=before.snapshot_at, task__annotator__in=people.values("annotator"))


def _conversations(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> int:
    compared = scope.accepted().filter(
        recorded_at__lte=before.snapshot_at, turn__task__annotator__in=people.values("annotator")
    )
    return int(compared.order_by().aggregate(tasks=Count("turn__task", distinct=True))["tasks"])


def _candidates(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> int:
    """Return how many candidates only these people saw."""
    seen = (
        Turn.objects.that_happened()
        .without_practice()
        .filter(
            task__study=scope.study, recorded_at__lte=before.snapshot_at, task__annotator__in=people.values("annotator")
        )
    )
    still_there = scope.turns().order_by().values("candidate_set")
    sets = CandidateSet.objects.filter(
        pk__in=seen.values("candidate_set"), status=CandidateSet.Status.READY, finished_at__lte=before.snapshot_at
    )
    return Candidate.objects.filter(candidate_set__in=sets.exclude(pk__in=still_there)).count()
