"""Asking for a release."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from collection.models import Study
from exports import jobs, recovery
from exports.formats import USUAL, check
from exports.models import Release, csv_beside_parquet


@transaction.atomic
def request_release(
    *,
    study: Study,
    by: User | None,
    now: datetime,
    formats: Sequence[str] | None = None,
    beside_parquet: Sequence[str] | None = None,
    new_line: bool = False,
) -> Release:
    """Ask for the next version of a study's dataset; a worker is told once this is committed.

    :param beside_parquet: "csv", "jsonl", both or none; CSV unless something is said.
    :param new_line: whether people and conversations get fresh numbers, which nobody can tie to those of before.
    :raises DoesNotFit: if a format cannot hold what the study collects.
    """
    wanted = list(formats or USUAL)
    kinds = csv_beside_parquet() if beside_parquet is None else list(beside_parquet)
    check(study, wanted, kinds)
    # Two people who ask at once must not count to the same number: the second waits here.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    version, line, place = _next(study, new_line=new_line)
    release = Release.objects.create(
        study=study,
        version=version,
        line=line,
        place=place,
        formats=wanted,
        beside_parquet=kinds,
        requested_by=by,
        requested_at=now,
        queued_at=now,
    )
    # Robust: a broker that is away delays the release until the sweep and is no error of the person who asks.
    transaction.on_commit(lambda: jobs.queue(release_id=release.pk), robust=True)
    return release


def _next(study: Study, *, new_line: bool) -> tuple[int, int, int]:
    """Return the version of the next release, its line, and its place in it."""
    latest = study.releases.order_by("version").last()
    if latest is None:
        return 1, 1, 0
    if new_line:
        return latest.version + 1, latest.line + 1, 0
    return latest.version + 1, latest.line, latest.place + 1


def cancel(release: Release, *, now: datetime) -> bool:
    """Have a release not be written that is under way; whether it was."""
    return recovery.end(release, Release.Status.CANCELLED, now=now)
