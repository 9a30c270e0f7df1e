"""Laying out a release: its moment, its people and numbers are fixed, and its tables cut into shards."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from exports import formats, numbering, parts, snapshot
from exports.claims import Claim, ClaimLost
from exports.models import Release, ReleasedPerson, Shard
from exports.scope import Person, scope_of


def plan(held: Claim, *, clock: Callable[[], datetime]) -> int:
    """Lay out a claimed release, so that its shards can be claimed; return how many there are to write.

    :raises DoesNotFit: if a format cannot hold it.
    :raises StillWriting: if the moment cannot be fixed.
    :raises ClaimLost: if it was given to another worker, or is not wanted any more.
    """
    held.standing().filter(snapshot_at=None).update(snapshot_at=clock())
    release = Release.objects.select_related("study__panel").get(pk=held.pk)
    assert release.snapshot_at is not None
    formats.check(release.study, release.formats)
    snapshot.settle(snapshot_at=release.snapshot_at)
    numbering.number_new(study=release.study, line=release.line, snapshot_at=release.snapshot_at)
    tables = formats.tables_of(release.formats, release.beside_parquet)
    with snapshot.reading():
        scope = scope_of(study=release.study, line=release.line, snapshot_at=release.snapshot_at)
        people = scope.people
        total = sum(table.total(scope) for table in tables)
    held.check()
    shards = [
        Shard(
            release=release,
            table=each.table.name,
            number=each.number,
            along=each.part.along,
            first=each.part.first,
            last=each.part.last,
        )
        for each in parts.of(release.study, tables, line=release.line)
    ]
    _lay_out(held, release, people, shards, total=total, now=clock())
    return sum(shard.status == Shard.Status.REQUESTED for shard in shards)


@transaction.atomic
def _lay_out(
    held: Claim, release: Release, people: dict[int, Person], shards: list[Shard], *, total: int, now: datetime
) -> None:
    # Locked until the commit: a worker that was taken for dead waits here and finds its token gone.
    if held.standing().select_for_update().first() is None:
        raise ClaimLost
    release.people.all().delete()
    release.shards.all().delete()
    ReleasedPerson.objects.bulk_create(
        (
            ReleasedPerson(release=release, annotator_id=pk, verbatim=person.agreed.verbatim, says=person.as_json())
            for pk, person in people.items()
        ),
        batch_size=2000,
    )
    Shard.objects.bulk_create(shards, batch_size=2000)
    held.standing().update(
        status=Release.Status.WRITING, rows_total=total, laid_out_at=now, token=None, lease_until=None
    )
