"""What a person who is stopped reads: why, what stays theirs, and how they can answer."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotators import arriving, standing
from annotators.access import AnnotatorRequest, for_annotators, posted
from annotators.arriving import WayBack
from annotators.judgements import StandingChange
from annotators.models import Annotator
from collection import completion, pay
from collection.forms import AppealForm


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def standing_page(request: AnnotatorRequest) -> HttpResponse:
    """Why there are no new tasks for this person, and a box for what they say to it."""
    annotator = request.annotator
    if not annotator.is_stopped:
        return redirect("tasks")
    pay.settle(annotator=annotator, now=timezone.now())
    form = AppealForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            standing.appeal(annotator=annotator, text=form.cleaned_data["text"], now=timezone.now())
        except standing.NotPossible:
            return redirect("tasks")
        messages.success(request, gettext("What you wrote has reached the researchers. They answer here."))
        return redirect("standing")
    stop = standing.last_stop(annotator)
    context = {
        "annotator": annotator,
        "stop": stop,
        "appeals": annotator.appeals.order_by("pk"),
        "ways_back": _ways_back(annotator, stop),
        "account": pay.account(annotator),
        "contacts": completion.contacts(annotator),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "collection/annotating/standing.html", context, status=status)


def _ways_back(annotator: Annotator, stop: StandingChange | None) -> list[WayBack]:
    """Return what a person goes back with: what they earned, or what their panel calls missed attention checks."""
    if annotator.standing == Annotator.Standing.ENDED:
        return completion.ways_back(annotator)
    if stop is None or stop.rule != StandingChange.Rule.ATTENTION:
        return []
    way = arriving.way_back(annotator=annotator, outcome="attention")
    return [way] if way.code or way.address else []
