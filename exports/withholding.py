"""Taking back the files of releases that hold somebody who withdrew, or keeps more to themselves."""

from exports import carrying, storage
from exports.models import Release, ReleasedPerson, Shard


def clear_withheld() -> int:
    """Delete the files of releases that hold somebody who does not agree any more; return of how many.

    Of the latest of a line, shards in which nobody of them is stay: the next release takes them over. Nobody can
    download them meanwhile.
    """
    withheld = Release.objects.filter(
        status=Release.Status.DONE, pk__in=ReleasedPerson.objects.no_longer_agreeing().values("release")
    )
    return sum(_clear(release) for release in withheld)


def _clear(release: Release) -> bool:
    kept = release.shards.exclude(files=[])
    if not kept.exists():
        return release.manifest is not None and not release.shards.exists() and _delete_all(release)
    if Release.objects.filter(
        study=release.study_id, line=release.line, status=Release.Status.DONE, version__gt=release.version
    ).exists():
        return _delete_all(release)
    people = set(release.people.no_longer_agreeing().values_list("annotator_id", flat=True))
    held = carrying.holding(release, people)
    holds_them = [shard for shard in kept if held.holds(shard)]
    if len(holds_them) == len(kept):
        return _delete_all(release)
    return _delete(release, holds_them)


def _delete_all(release: Release) -> bool:
    deleted = storage.store().delete_folder(str(release.pk))
    release.shards.update(files=[])
    return deleted


def _delete(release: Release, shards: list[Shard]) -> bool:
    """Delete these shards and all that stands beside the tables."""
    if not shards:
        return False
    of_tables = {file["name"] for shard in release.shards.all() for file in shard.files}
    beside = [release.manifest_name, *(file["name"] for file in release.files if file["name"] not in of_tables)]
    for name in [*beside, *(file["name"] for shard in shards for file in shard.files)]:
        storage.store().delete(f"{release.pk}/{name}")
    Shard.objects.filter(pk__in=[shard.pk for shard in shards]).update(files=[])
    return True
