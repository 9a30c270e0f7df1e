"""What a release takes over from the one of its line before: the shards in which nothing has changed."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from collection.models import Turn
from exports import storage
from exports.formats import Table
from exports.models import PublishedConversation, Release, Shard
from exports.records import SCHEMA_VERSION
from exports.scope import Person, Scope, scope_of_release


@dataclass
class Touched:
    """Numbers of conversations and candidate sets that are not as they were."""

    conversations: set[int] = field(default_factory=set)
    sets: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    """Who came, went, or is described otherwise, by primary key."""
    people_whose_texts_go: set[int] = field(default_factory=set)

    @cached_property
    def _in_order(self) -> dict[str, list[int]]:
        return {"conversations": sorted(self.conversations), "sets": sorted(self.sets)}

    def holds(self, shard: Shard) -> bool:
        """Whether a shard holds one of them. Those along people always do: they change with everything."""
        if shard.along == "people":
            return True
        numbers = self._in_order[shard.along]
        place = bisect_left(numbers, shard.first)
        return place < len(numbers) and numbers[place] <= shard.last


def touched(before: Release, scope: Scope) -> Touched:
    """Return what has changed from a release to this scope: in people, in the balanced subset, by what was recorded."""
    people = {pk: _in_conversations(person) for pk, person in scope.people.items()}
    says = before.people.values_list("annotator_id", "says")
    were = {pk: _in_conversations(Person.from_json(each)) for pk, each in says}
    found = _recorded_since(before, until=scope.snapshot_at)
    found.conversations |= {number for number, _ten in scope.balanced.items() ^ _balanced(before).items()}
    for pk in were.keys() | people.keys():
        was, now = were.get(pk), people.get(pk)
        if was != now:
            found.people.add(pk)
        if was and (now is None or now.agreed.verbatim != was.agreed.verbatim):
            found.people_whose_texts_go.add(pk)
    for chunk in _in_chunks(sorted(found.people)):
        conversations = PublishedConversation.objects.filter(study=before.study, line=before.line)
        theirs = conversations.filter(task__annotator__in=chunk)
        found.conversations |= set(theirs.values_list("number", flat=True))
        found.sets |= _sets(before, Q(task__annotator__in=chunk), even_if_there=False)
    for chunk in _in_chunks(sorted(found.people_whose_texts_go)):
        found.sets |= _sets(before, Q(task__annotator__in=chunk), even_if_there=True)
    return found


def _in_conversations(person: Person) -> Person:
    """Return a person without what stands in `annotators` alone, which every release writes anew."""
    return replace(person, balanced=False, weight=None)


def _balanced(before: Release) -> dict[int, bool]:
    return scope_of_release(before).balanced


def _recorded_since(before: Release, *, until: datetime) -> Touched:
    recorded = Q()
    for moment in ("recorded_at", "shown_at", "comparison__recorded_at", "task__finished_at"):
        recorded |= Q(**{f"{moment}__gt": before.snapshot_at, f"{moment}__lte": until})
    turns = Turn.objects.filter(recorded, task__study=before.study, task__published__line=before.line)
    seen = Q(recorded_at__gt=before.snapshot_at) | Q(candidate_set__finished_at__gt=before.snapshot_at)
    return Touched(
        conversations=set(turns.values_list("task__published__number", flat=True)),
        sets=_sets(before, seen, even_if_there=False),
    )


def _sets(before: Release, which: Q, *, even_if_there: bool) -> set[int]:
    """Return the sets in some turns; unless asked for all, only those that are not in the release already."""
    turns = Turn.objects.filter(which, task__study=before.study_id, candidate_set__published__line=before.line)
    if not even_if_there:
        there = scope_of_release(before).turns().order_by()
        ready = there.filter(candidate_set__finished_at__lte=before.snapshot_at)
        turns = turns.exclude(candidate_set__in=ready.values("candidate_set"))
    return set(turns.values_list("candidate_set__published__number", flat=True))


def holding(release: Release, people: Iterable[int]) -> Touched:
    """Return all conversations and sets of a release that are these people's."""
    found = Touched()
    for chunk in _in_chunks(sorted(people)):
        conversations = PublishedConversation.objects.filter(study=release.study_id, line=release.line)
        theirs = conversations.filter(task__annotator__in=chunk)
        found.conversations |= set(theirs.values_list("number", flat=True))
        found.sets |= _sets(release, Q(task__annotator__in=chunk), even_if_there=True)
    return found


def fits(before: Release, release: Release) -> bool:
    """Whether the shards of a release can be those of another: written by the same program, with the same options."""
    said = before.manifest or {}
    return (
        said.get("schema_version") == SCHEMA_VERSION
        and before.options.get("publishing") == release.options.get("publishing")
        and before.beside_parquet == release.beside_parquet
    )


def is_whole(before: Release, shard: Shard) -> bool:
    """Whether the files of a finished shard are in the store."""
    return bool(shard.files) and all(storage.store().exists(f"{before.pk}/{file['name']}") for file in shard.files)


def spans(before: Iterable[Shard], table: Table) -> list[Shard]:
    """Return the shards of a table, in order, without one that holds nothing."""
    return sorted(
        (shard for shard in before if shard.table == table.name and shard.last >= shard.first),
        key=lambda shard: shard.number,
    )


def _in_chunks(numbers: Sequence[int], size: int = 10_000) -> Iterable[Sequence[int]]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))
