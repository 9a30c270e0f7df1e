"""Asking for a release."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from collection.models import Study
from exports import jobs
from exports.formats import check
from exports.models import Release, csv_beside_parquet

FORMATS = ("community-alignment",)
"""What a release holds unless other formats are named."""


@transaction.atomic
def request_release(
    *,
    study: Study,
    by: User | None,
    now: datetime,
    formats: Sequence[str] | None = None,
    beside_parquet: Sequence[str] | None = None,
) -> Release:
    """Ask for the next version of a study's dataset; a worker is told once this is committed.

    :param beside_parquet: "csv", "jsonl", both or none; CSV unless something is said.

    :raises DoesNotFit: if a format cannot hold what the study collects.
    """
    wanted = list(formats or FORMATS)
    check(study, wanted)
    # Two people who ask at once must not count to the same number: the second waits here.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    latest = Release.objects.filter(study=study).aggregate(version=Max("version"))["version"]
    release = Release.objects.create(
        study=study,
        version=(latest or 0) + 1,
        formats=wanted,
        beside_parquet=csv_beside_parquet() if beside_parquet is None else list(beside_parquet),
        requested_by=by,
        requested_at=now,
        queued_at=now,
    )
    # Robust: a broker that is away delays the release until the sweep and is no error of the person who asks.
    transaction.on_commit(lambda: jobs.queue(release_id=release.pk), robust=True)
    return release
