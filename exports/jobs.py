"""What Celery runs: writing a release, and finding releases whose job or worker was lost."""

from celery import shared_task
from django.utils import timezone

from exports import building, recovery, storage, withholding

MOST_HELPERS = 15
"""Workers beside the first that are called to one release, at most."""


def queue(*, release_id: int) -> None:
    """Send the job that writes a release, or helps to."""
    build_release.apply_async(kwargs={"release_id": release_id})


@shared_task
def build_release(*, release_id: int) -> None:
    """Write what nobody else writes of a release."""
    building.build(release_id=release_id, laid_out=lambda shards: _call_helpers(release_id, shards))


def _call_helpers(release_id: int, shards: int) -> None:
    for _helper in range(min(shards - 1, MOST_HELPERS)):
        queue(release_id=release_id)


@shared_task
def sweep() -> None:
    """Send again what has no job, and what a silent worker left; delete the files of people who left."""
    now = timezone.now()
    withholding.clear_withheld()
    recovery.free_silent(now=now)
    recovery.clear_ended(now=now)
    storage.clear_abandoned(now=now)
    for release in recovery.take_without_job(now=now):
        queue(release_id=release.pk)
