"""Which annotator a request comes from, and pages for them alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from annotators.models import Annotator

SESSION_KEY = "annotator"
# Who the panel said came: see annotators.sources.
ARRIVAL_KEY = "arrival"
# When this browser was let in.
SINCE_KEY = "annotator_since"


class AnnotatorRequest(HttpRequest):
    """A request that is known to come from an annotator."""

    annotator: Annotator
    htmx: HtmxDetails


def sign_in(request: HttpRequest, annotator: Annotator) -> None:
    """Make this browser the annotator's. The session gets a new key, so that a planted one is worth nothing."""
    request.session.cycle_key()
    request.session[SESSION_KEY] = annotator.pk
    request.session[SINCE_KEY] = timezone.now().timestamp()


def sign_out(request: HttpRequest) -> None:
    """Forget the annotator in this browser."""
    request.session.pop(SESSION_KEY, None)
    request.session.pop(ARRIVAL_KEY, None)


def annotator_of(request: HttpRequest) -> Annotator | None:
    """Return the annotator whose browser this is. Who has withdrawn is nobody; who is stopped can read why."""
    pk = request.session.get(SESSION_KEY)
    known = Annotator.objects.still_here().select_related("panel")
    person = known.filter(pk=pk).first() if pk else None
    return person if person and _still_counts(request, person) else None


def _still_counts(request: HttpRequest, person: Annotator) -> bool:
    """Whether this browser was let in after the person was last signed out everywhere."""
    let_in: float = request.session.get(SINCE_KEY, 0)
    return person.signed_out_at is None or let_in > person.signed_out_at.timestamp()


def screened_out(request: HttpRequest) -> Annotator | None:
    """Return the person of this browser for whom there was no place, if it is one."""
    pk = request.session.get(SESSION_KEY)
    away = Annotator.objects.filter(standing=Annotator.Standing.SCREENED_OUT).select_related("panel")
    return away.filter(pk=pk).first() if pk else None


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, or nothing where it is only to be shown."""
    return request.POST if request.method == "POST" else None


def for_annotators(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer annotators only; everybody else is told where the way in is."""

    @wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        annotator = annotator_of(request)
        if annotator is None:
            # A part of a page cannot be replaced by another page.
            part = getattr(request, "htmx", False)
            return HttpResponseClientRedirect(reverse("way_in")) if part else redirect("way_in")
        request.annotator = annotator
        return view(request, *args, **kwargs)

    return wrapper
