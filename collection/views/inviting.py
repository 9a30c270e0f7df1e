"""Pages of researchers: the links that let people in, and who came by them."""

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotators import arriving, enrolment
from annotators import inviting as rules
from annotators.models import Annotator, Invitation
from collection.invitation_links import with_parameters
from collection.models import Study
from collection.study_forms import InvitationForm, SingleUseForm
from collection.views.managing import language_names, visible_study

ROWS = 25


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """The links of a study's panel, who came by them, and a form for another one, which is shown once."""
    found = visible_study(request, slug)
    if request.method == "GET":
        return _page(request, found)
    form = InvitationForm(request.POST, languages=language_names(found))
    if not form.is_valid():
        return _page(request, found, status=422, form=form)
    invitation, token = enrolment.invite(panel=found.panel, now=timezone.now(), **form.wanted())
    context = {
        "study": found,
        "invitation": invitation,
        "link": _link(request, found, token),
        "source": found.panel.part.source,
        "language": dict(language_names(found))[invitation.language],
    }
    return render(request, "collection/managing/invitation.html", context)


@require_POST
@login_required
def invite_each(request: HttpRequest, slug: str) -> HttpResponse:
    """Links for one person each, as a table to download; they are shown nowhere else."""
    found = visible_study(request, slug)
    form = SingleUseForm(request.POST, languages=language_names(found))
    if not form.is_valid():
        return _page(request, found, status=422, many_form=form)
    tokens = rules.invite_each(panel=found.panel, now=timezone.now(), **form.wanted())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.slug}-invitations.csv"'
    writer = csv.writer(response, lineterminator="\n")
    writer.writerow(["link", "language"])
    writer.writerows([_link(request, found, token), form.cleaned_data["language"]] for token in tokens)
    return response


@require_POST
@login_required
def revoke_invitation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let nobody in any more by a link, or by any of those made together with it."""
    found = visible_study(request, slug)
    invitation = get_object_or_404(Invitation.objects.filter(panel=found.panel), pk=pk)
    number = rules.revoke(invitation=invitation, now=timezone.now())
    said = ngettext(
        "%(number)s link lets nobody in any more. Who came in by it stays.",
        "%(number)s links let nobody in any more. Who came in by them stays.",
        number,
    )
    messages.success(request, said % {"number": number})
    return redirect("invite", slug)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def end_return_link(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    """End somebody's return link: first what that means, then the deed."""
    found = visible_study(request, slug)
    person = get_object_or_404(Annotator.objects.filter(panel=found.panel).still_here(), pseudonym=pseudonym)
    link = ""
    if request.method == "POST":
        token = rules.end_return_link(annotator=person, replace="replace" in request.POST, now=timezone.now())
        if not token:
            said = gettext("The return link of %(pseudonym)s leads nowhere any more.")
            messages.success(request, said % {"pseudonym": person.pseudonym})
            return redirect("invite", slug)
        link = request.build_absolute_uri(reverse("return_link", args=[token]))
    context = {"study": found, "person": person, "link": link, "identified": hasattr(person, "identity")}
    return render(request, "collection/managing/return_link.html", context)


def _page(request: HttpRequest, found: Study, *, status: int = 200, **forms: Any) -> HttpResponse:
    source = found.panel.part.source
    who = request.GET.get("who", "").strip()
    people = rules.came(found.panel)
    if who:
        people = people.filter(pseudonym__iexact=who.replace("\0", ""))
    links = _paged(request, rules.listed(found.panel), "page")
    context = {
        "study": found,
        "source": source,
        "secret": arriving.shared_secret(found.panel) if _shares_a_secret(source) else "",
        "links": [_said(link) for link in links],
        "links_page": links,
        "people": _paged(request, people, "people"),
        "counted": rules.counted(found.panel),
        "who": who,
        "names": dict(language_names(found)),
        "form": InvitationForm(languages=language_names(found)),
        "many_form": SingleUseForm(languages=language_names(found), auto_id="many_%s"),
        **forms,
    }
    return render(request, "collection/managing/invitations.html", context, status=status)


def _paged(request: HttpRequest, rows: Any, parameter: str) -> Page:
    # What is not a number, or too large a one, is the first or the last page.
    return Paginator(rows, ROWS).get_page(request.GET.get(parameter))


def _said(link: dict[str, Any]) -> dict[str, Any]:
    """Return a row of links with whether it lets somebody in, and how many it is for."""
    now = timezone.now()
    together = Invitation(**{name: link[name] for name in ("limit", "expires_at", "revoked_at")})
    together.used = link["people"] // link["links"]
    wanted = link["limit"] * link["links"] if link["limit"] else None
    return {**link, "state": together.unusable_because(now=now), "wanted": wanted}


def _shares_a_secret(source: Any) -> bool:
    signature = getattr(source, "signature", None)
    return signature is not None and not signature.variable


def _link(request: HttpRequest, found: Study, token: str) -> str:
    return with_parameters(request.build_absolute_uri(reverse("join", args=[token])), found.panel)
