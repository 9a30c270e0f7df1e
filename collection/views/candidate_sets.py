"""The part of a study's page about its candidate sets: how far they are, why some failed, and what can be done."""

import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from collection import writing_ahead
from collection.models import Study
from collection.writing_ahead import CannotWrite, Progress

PART = "collection/managing/_candidate_sets.html"


class HtmxRequest(HttpRequest):
    """A request that knows whether a script of ours made it."""

    htmx: HtmxDetails


@require_GET
@login_required
def candidate_sets(request: HtmxRequest, slug: str) -> HttpResponse:
    """The part as it is now; nothing where it is still as the page shows it."""
    found = _study(request, slug)
    if not request.htmx:
        return redirect("study", slug=slug)
    now = part(found)
    if request.GET.get("seen") == now["writing_seen"]:
        return HttpResponse(status=204)
    return render(request, PART, {**now, "announce": request.GET.get("state") != now["writing_state"]})


@require_POST
@login_required
def write_candidate_sets(request: HtmxRequest, slug: str) -> HttpResponse:
    """Ask for the sets that prompts lack or that failed, hold them back, or let them go on."""
    found = _study(request, slug)
    refusal = ""
    try:
        _act(found, request.POST.get("act", ""), reason=request.POST.get("reason", ""))
    except CannotWrite as cannot:
        refusal = str(cannot)
    if request.htmx:
        return render(request, PART, {**part(found), "announce": True, "pressed": True, "refusal": refusal})
    if refusal:
        messages.error(request, refusal)
    return redirect("study", slug=slug)


def _act(study: Study, act: str, *, reason: str) -> None:
    now = timezone.now()
    if act == "ask":
        writing_ahead.ask(study=study, now=now)
    elif act == "ask-again":
        writing_ahead.ask_again(study=study, reason=reason, now=now)
    elif act == "pause":
        writing_ahead.pause(study=study, now=now)
    elif act == "resume":
        writing_ahead.resume(study=study)


def part(study: Study) -> dict[str, Any]:
    """Return what the template of this part needs to know."""
    progress = writing_ahead.progress(study=study, now=timezone.now())
    per_minute = round(progress.figures.per_minute, 1)
    shown = (progress.not_asked, progress.paused, progress.failures, progress.figures.ready, progress.figures.waiting)
    changing = (progress.figures.being_written, per_minute, progress.minutes_left, study.state)
    return {
        "study": study,
        "writing": progress,
        "per_minute": per_minute,
        "writing_state": state_of(progress),
        "writing_seen": hashlib.sha256(repr((shown, changing)).encode()).hexdigest()[:16],
    }


def state_of(progress: Progress) -> str:
    """Return in one word where the writing stands."""
    if progress.paused and progress.figures.left:
        return "paused"
    if progress.is_under_way:
        return "writing"
    if progress.not_asked:
        return "to-ask"
    return "failed" if progress.failed else "ready"


def _study(request: HtmxRequest, slug: str) -> Study:
    visible = Study.objects.visible_to(request.user).select_related("panel", "version")
    return get_object_or_404(visible, slug=slug)
