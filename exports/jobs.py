"""What Celery runs: writing a release, and finding releases whose job or worker was lost."""

from celery import shared_task
from django.utils import timezone

from exports import building, changes, recovery


def queue(*, release_id: int) -> None:
    """Send the job that writes a release."""
    build_release.apply_async(kwargs={"release_id": release_id})


@shared_task
def build_release(*, release_id: int) -> None:
    """Write a release, unless somebody else does or did."""
    building.build(release_id=release_id)


@shared_task
def sweep() -> None:
    """Send again what has no job, and what a silent worker left; delete the files of people who left."""
    now = timezone.now()
    changes.clear_withheld()
    recovery.free_silent(now=now)
    for release in recovery.take_without_job(now=now):
        queue(release_id=release.pk)
