"""Dry runs of a study: asked for, followed, and what came of them."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from annotators.forms import in_language
from collection import dry_run_intake, languages
from collection.dry_run_intake import MOST_PEOPLE, CannotDryRun
from collection.models import DryRun, Study
from collection.places import BETWEEN
from collection.views.candidate_sets import HtmxRequest

PART = "collection/managing/_dry_run.html"

WAITS = {
    "next": _("the next conversation"),
    "submit": _("saving a choice"),
    "all": _("all requests"),
}
"""Requests whose times are shown, by their names in the summary."""

PEOPLE = 20
"""Unless the panel's quotas say how many."""


class ResearcherRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


class DryRunForm(forms.Form):
    """How many simulated people come."""

    use_required_attribute = False

    people = forms.IntegerField(label=_("Simulated people"), min_value=1, max_value=MOST_PEOPLE)


@require_POST
@login_required
def request_dry_run(request: ResearcherRequest, slug: str) -> HttpResponse:
    """Ask for a dry run."""
    study = _study(request, slug)
    form = DryRunForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("study", slug=slug)
    try:
        asked = dry_run_intake.request(
            study=study, people=form.cleaned_data["people"], seed=None, by=request.user, now=timezone.now()
        )
    except CannotDryRun as refusal:
        messages.error(request, str(refusal))
        return redirect("study", slug=slug)
    return redirect("dry_run", slug=slug, pk=asked.pk)


@require_GET
@login_required
def dry_run(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One dry run: how far it is, and what came of it."""
    return render(request, "collection/managing/dry_run.html", _context(_dry_run(request, slug, pk)))


@require_GET
@login_required
def dry_run_part(request: HtmxRequest, slug: str, pk: int) -> HttpResponse:
    """The part that changes, as it is now; nothing where it is still as the page shows it."""
    found = _dry_run(request, slug, pk)
    if not request.htmx:
        return redirect("dry_run", slug=slug, pk=pk)
    if request.GET.get("seen") == _seen(found):
        return HttpResponse(status=204)
    return render(request, PART, _context(found))


def part(study: Study) -> dict[str, Any]:
    """Return what the part of a study's page needs to know."""
    wanted = study.panel.quotas.aggregate(wanted=Sum("wanted"))["wanted"]
    people = min(MOST_PEOPLE, wanted or PEOPLE)
    return {
        "dry_runs": [] if study.is_dry_run else list(study.dry_runs.all()),
        "dry_run_form": DryRunForm(initial={"people": people}),
        "copied_from": DryRun.objects.filter(study=study).select_related("of").first(),
    }


Words = dict[tuple[str, str], str]
"""Answers as the survey words them in the language of the page, by question and key."""


@dataclass(frozen=True)
class Bar:
    """A row of a drawing: so many of so many."""

    name: str
    taken: int
    wanted: int
    beside: str


def _quotas(found: DryRun, words: Words) -> list[Bar]:
    rows = found.figures.get("quotas", [])
    return [
        Bar(
            name=", ".join(words.get(answer, answer[1]) for answer in row["where"].items()),
            taken=row["taken"],
            wanted=row["wanted"],
            beside=_turned_away(row["turned_away"]),
        )
        for row in rows
    ]


def _turned_away(number: int) -> str:
    return gettext("%(number)s turned away") % {"number": number} if number else ""


def _overlap(found: DryRun, words: Words) -> list[Bar]:
    per, shown_in = found.of.asks.overlap.per, get_language() or "en"
    bars = []
    for row in found.figures.get("overlap", []):
        values = row["stratum"].split(BETWEEN) if row["stratum"] else []
        stratum = [words.get(answer, answer[1]) for answer in zip(per, values, strict=False)]
        name = " · ".join([languages.name_of(row["language"], shown_in=shown_in), *stratum])
        full = gettext("%(reached)s of %(items)s items full") % {"reached": row["full"], "items": row["items"]}
        bars.append(Bar(name=name, taken=row["taken"], wanted=row["wanted"], beside=full))
    return bars


def _words(found: DryRun) -> Words:
    shown_in = get_language()
    return {
        (question.key, option.key): in_language(option.text, shown_in)[0]
        for question in found.of.panel.survey.questions
        for option in question.options
    }


def _context(found: DryRun) -> dict[str, Any]:
    latencies, words = found.figures.get("latencies", {}), _words(found)
    return {
        "dry_run": found,
        "study": found.of,
        "seen": _seen(found),
        "figures": found.figures,
        "quotas": _quotas(found, words),
        "overlap": _overlap(found, words),
        "waits": [(said, latencies[name]) for name, said in WAITS.items() if name in latencies],
    }


def _seen(found: DryRun) -> str:
    return f"{found.state}-{found.people_done}"


def _study(request: HttpRequest, slug: str) -> Study:
    visible = Study.objects.visible_to(request.user).select_related("panel", "version")
    return get_object_or_404(visible, slug=slug)


def _dry_run(request: HttpRequest, slug: str, pk: int) -> DryRun:
    visible = DryRun.objects.visible_to(request.user).select_related(
        "of__panel", "of__version", "study", "requested_by"
    )
    return get_object_or_404(visible, of__slug=slug, pk=pk)
