"""Laying out a release: its moment, its people and numbers are fixed, and its tables cut into shards."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import connection, transaction

from exports import carrying, changes, formats, numbering, parts, representing, snapshot, storage
from exports.carrying import Touched
from exports.claims import Claim, ClaimLost
from exports.formats import Table
from exports.models import BalancedConversation, PublishedConversation, Release, ReleasedPerson, Shard
from exports.scope import Scope, scope_of


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
        found = representing.work_out(scope)
        total = sum(table.total(scope) for table in tables)
        release.options = {"publishing": scope.asks.publishing.model_dump(mode="json"), "found": found}
        base = _base(release)
        touched = carrying.touched(base, scope) if base else Touched()
    shards = [shard for table in tables for shard in _shards(release, table, base, touched)]
    for shard in shards:
        held.check()
        if shard.carried and base is not None and base.pk != release.pk:
            for file in shard.files:
                storage.store().carry_over(f"{base.pk}/{file['name']}", f"{release.pk}/{file['name']}")
    _lay_out(held, release, scope, shards, total=total, now=clock())
    return sum(shard.status == Shard.Status.REQUESTED for shard in shards)


def _base(release: Release) -> Release | None:
    """Return the release whose shards can be kept: this one if it is laid out anew, else the one before in its line."""
    if release.shards.exists():
        return release
    before = changes.previous(release.study, line=release.line, version=release.version)
    return before if before and carrying.fits(before, release) else None


def _shards(release: Release, table: Table, base: Release | None, touched: Touched) -> Iterator[Shard]:
    """Yield the shards of a table: with the spans that it had, and new ones for what is numbered since."""
    had = carrying.spans(base.shards.all(), table) if base else []
    for shard in had:
        yield _again(release, shard, keep=_can_be_kept(base, shard, table, touched))
    after = had[-1].last if had else 0
    until = parts.latest(release.study, table.along, line=release.line)
    for number, part in enumerate(parts.spans(table.along, until=until, after=after), start=len(had)):
        yield Shard(
            release=release, table=table.name, number=number, along=part.along, first=part.first, last=part.last
        )


def _can_be_kept(base: Release | None, shard: Shard, table: Table, touched: Touched) -> bool:
    if base is None or table.fresh or shard.status != Shard.Status.DONE or touched.holds(shard):
        return False
    return carrying.is_whole(base, shard)


def _again(release: Release, shard: Shard, *, keep: bool) -> Shard:
    """Return a shard of the same span, with its files if they are to be kept."""
    span = {
        "table": shard.table,
        "number": shard.number,
        "along": shard.along,
        "first": shard.first,
        "last": shard.last,
    }
    if not keep:
        return Shard(release=release, **span)
    return Shard(
        release=release,
        **span,
        status=Shard.Status.DONE,
        rows=shard.rows,
        tally=shard.tally,
        files=shard.files,
        carried=shard.carried or shard.release_id != release.pk,
    )


@transaction.atomic
def _lay_out(held: Claim, release: Release, scope: Scope, shards: list[Shard], *, total: int, now: datetime) -> None:
    # Locked until the commit: a worker that was taken for dead waits here and finds its token gone.
    if held.standing().select_for_update().first() is None:
        raise ClaimLost
    release.people.all().delete()
    release.shards.all().delete()
    ReleasedPerson.objects.bulk_create(
        (
            ReleasedPerson(release=release, annotator_id=pk, verbatim=person.agreed.verbatim, says=person.as_json())
            for pk, person in scope.people.items()
        ),
        batch_size=2000,
    )
    _note_balanced(release, scope)
    Shard.objects.bulk_create(shards, batch_size=2000)
    with connection.cursor() as cursor:
        # Every shard asks who is in the release; the database plans that by what it knows of the table.
        cursor.execute(f"analyze {ReleasedPerson._meta.db_table}")
    held.standing().update(
        status=Release.Status.WRITING,
        options=release.options,
        rows_total=total,
        laid_out_at=now,
        token=None,
        lease_until=None,
    )


def _note_balanced(release: Release, scope: Scope) -> None:
    release.balanced.all().delete()
    numbered = PublishedConversation.objects.filter(study=release.study, line=release.line)
    if not scope.balanced:
        return
    BalancedConversation.objects.bulk_create(
        (
            BalancedConversation(release=release, task_id=task, of_ten=scope.balanced[number])
            for number, task in numbered.values_list("number", "task_id").iterator(chunk_size=10_000)
            if number in scope.balanced
        ),
        batch_size=5000,
    )
