"""Work of machines that concerns people's tasks."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from annotators import recruiting
from annotators.models import Panel
from collection import assignment, pay, places, quality
from collection.models import Study

SIMULATED_AT_ONCE = 16
"""Simulated people on the site at a time: real ones may be there too."""


@shared_task
def expire_tasks() -> int:
    """End the tasks whose lease has run out, so that others get their places."""
    return assignment.expire(now=timezone.now())


@shared_task
def offer_ready_items() -> int:
    """Let people have the items whose candidate sets were written."""
    return places.offer_ready()


@shared_task
def free_places_of_quotas() -> int:
    """Let others into the panels whose places were kept for people who did not begin."""
    return recruiting.free_expired(now=timezone.now())


@shared_task
def write_down_pay() -> int:
    """Write down what people are owed, so that whoever looks at it waits for little."""
    return sum(pay.settle_panel(panel=panel, now=timezone.now()) for panel in Panel.objects.order_by("pk"))


@shared_task
def look_at_speed() -> int:
    """Apply the rule on speed of the open studies that have one."""
    studies = Study.objects.open().select_related("version")
    return sum(quality.flag_fast(study=study, now=timezone.now()) for study in studies)


# ---- dry runs --------------------------------------------------------------------------------------------------------
def queue_dry_run(*, dry_run_id: int) -> None:
    """Send the job in which simulated people work."""
    run_dry_run.apply_async(kwargs={"dry_run_id": dry_run_id})


@shared_task
def run_dry_run(*, dry_run_id: int) -> None:
    """Let simulated people work in a copy of a study, unless somebody else does or did."""
    # Here, so that web processes, which only send this job, do without an HTTP client.
    from collection import dry_running

    how = dry_running.Settings(site=settings.SITE_URL, at_once=SIMULATED_AT_ONCE)
    dry_running.run(dry_run_id=dry_run_id, settings=how)


@shared_task
def sweep_dry_runs() -> None:
    """Send again what has no job; what a silent worker left has failed."""
    from collection import dry_running

    for dry_run in dry_running.take_without_job(now=timezone.now()):
        queue_dry_run(dry_run_id=dry_run.pk)
