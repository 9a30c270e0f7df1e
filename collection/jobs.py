"""Work of machines that concerns people's tasks."""

from celery import shared_task
from django.utils import timezone

from annotators import recruiting
from collection import assignment, places


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
