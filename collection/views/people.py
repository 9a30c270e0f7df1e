"""Pages of researchers about people: the panel's table, one person, and what is decided about them."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotators import standing
from annotators.access import posted
from annotators.models import Annotator
from collection import ending, languages, pay, payouts, people, quality
from collection.models import Study
from collection.people_forms import DecisionForm
from collection.views.managing import visible_study
from collection.views.task_page import LABELS


class ResearcherRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


@require_GET
@login_required
def people_of_study(request: HttpRequest, slug: str) -> HttpResponse:
    """The people of a study's panel."""
    found = visible_study(request, slug)
    pay.settle_panel(panel=found.panel, now=timezone.now())
    page, rows = people.page_of(found, request.GET.get("page"))
    owed = pay.totals([row.annotator for row in rows])
    for row in rows:
        row.owed = owed.get(row.annotator.pk, Decimal(0))
    context = {"study": found, "page": page, "rows": rows, "rules": people.rule_rates(found), **_pay(found)}
    return render(request, "collection/managing/people.html", context)


def _pay(found: Study) -> dict[str, object]:
    terms = found.panel.part.pay
    if terms is None:
        return {"pay": None}
    return {
        "pay": terms,
        "offer": pay.offered(found),
        "below_floor": pay.below_floor(found),
        "total": sum(pay.totals(Annotator.objects.filter(panel=found.panel)).values(), Decimal(0)),
        "hourly": pay.by_the_hour(found.panel),
        "simulated": found.panel.origin != found.panel.Origin.REAL,
    }


@require_GET
@login_required
def payouts_file(request: HttpRequest, slug: str) -> HttpResponse:
    """What each person is owed, as a table."""
    return _payouts(request, slug, name="payouts", bonus=False)


@require_GET
@login_required
def bonuses_file(request: HttpRequest, slug: str) -> HttpResponse:
    """What the panel does not pay by itself, as panels take it."""
    return _payouts(request, slug, name="bonuses", bonus=True)


def _payouts(request: HttpRequest, slug: str, *, name: str, bonus: bool) -> HttpResponse:
    found = visible_study(request, slug)
    if found.panel.part.pay is None or found.panel.origin != found.panel.Origin.REAL:
        raise Http404
    pay.settle_panel(panel=found.panel, now=timezone.now())
    content = payouts.bonus_table(found.panel) if bonus else payouts.table(found.panel)
    headers = {"Content-Disposition": f'attachment; filename="{found.panel.slug}-{name}.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@login_required
def look_at_speed(request: HttpRequest, slug: str) -> HttpResponse:
    """Apply the study's rule on speed to everybody now."""
    flagged = quality.flag_fast(study=visible_study(request, slug), now=timezone.now())
    message = ngettext("{number} person was flagged.", "{number} people were flagged.", flagged)
    messages.success(request, message.format(number=flagged))
    return redirect("people", slug=slug)


@require_http_methods(["GET", "POST"])
@login_required
def person(request: ResearcherRequest, slug: str, pseudonym: str) -> HttpResponse:
    """One person: facts with their numbers, what was decided, what they say to it."""
    found = visible_study(request, slug)
    annotator = get_object_or_404(people.of(found).select_related("panel"), pseudonym=pseudonym)
    pay.settle(annotator=annotator, now=timezone.now())
    language = languages.name_of(annotator.language, shown_in=get_language() or "en")
    form = DecisionForm(posted(request), annotator=annotator, language=language)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(form, annotator, by=request.user)
        except standing.ReasonMissing:
            form.add_error("reason", gettext("Tell the person why: they read it on their page."))
        except standing.NotPossible:
            messages.error(request, gettext("That cannot be done as this person stands now."))
            return redirect("person", slug=slug, pseudonym=pseudonym)
        else:
            return redirect("person", slug=slug, pseudonym=pseudonym)
    status = 422 if form.errors else 200
    return render(request, "collection/managing/person.html", _about(found, annotator, form), status=status)


def _decide(form: DecisionForm, annotator: Annotator, *, by: User) -> None:
    reason, now = form.cleaned_data["reason"], timezone.now()
    if form.cleaned_data["step"] == "pause":
        standing.pause(annotator=annotator, by=by, reason=reason, now=now)
    elif form.cleaned_data["step"] == "end":
        ending.end(annotator=annotator, by=by, reason=reason, now=now)
    elif form.cleaned_data["step"] == "answer":
        standing.answer_appeal(annotator=annotator, by=by, answer=reason, now=now)
    else:
        standing.resume(annotator=annotator, by=by, reason=reason, now=now)


def _about(found: Study, annotator: Annotator, form: DecisionForm) -> dict[str, object]:
    (row,) = people.rows([annotator], found)
    facts = quality.of_person(study=found, annotator=annotator)
    return {
        "study": found,
        "row": row,
        "person": annotator,
        **_facts(facts),
        "account": pay.account(annotator),
        "changes": annotator.standing_changes.select_related("by").order_by("-pk"),
        "appeals": annotator.appeals.select_related("answered_by").order_by("-pk"),
        "form": form,
    }


def _facts(facts: quality.PersonFacts | None) -> dict[str, object]:
    """Return somebody's facts, and as people read them what a template cannot work out."""
    if facts is None:
        return {"facts": None}
    most, share = facts.places.most_chosen, facts.places.share
    return {
        "facts": facts,
        "place_name": None if most is None else str(LABELS[most]),
        "place_share": None if share is None else round(100 * share),
        "pasted_percent": None if facts.pasted_share is None else round(100 * facts.pasted_share),
    }
