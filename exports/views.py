"""Pages of researchers: the releases of a study, one release, and its files."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from collection.models import Study
from exports import downloads, intake, storage
from exports.formats import DoesNotFit, Offered, offered
from exports.models import Release
from exports.reasons import sentence
from exports.simulated import named

KINDS = (("csv", _("CSV, safe in spreadsheets")), ("jsonl", _("JSON Lines")))
"""Kinds of files beside Parquet, as the page calls them."""


class ResearcherRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


@require_GET
@login_required
def study_releases(request: ResearcherRequest, slug: str) -> HttpResponse:
    """The releases of a study: a page, or the part of the study's page that shows them."""
    return _releases(request, _study(request, slug))


@require_POST
@login_required
def request_release(request: ResearcherRequest, slug: str) -> HttpResponse:
    """Ask for a release."""
    study = _study(request, slug)
    try:
        intake.request_release(study=study, by=request.user, now=timezone.now(), **_wanted(request))
    except DoesNotFit as refusal:
        return _releases(request, study, refusal=sentence(refusal.reason), status=409)
    return _releases(request, study) if request.htmx else redirect("study_releases", slug=slug)


def _wanted(request: ResearcherRequest) -> dict[str, Any]:
    """Return what the form says that a release is to hold; nothing where it was not there."""
    if "formats" not in request.POST:
        return {}
    lists = {name: request.POST.getlist(name) for name in ("formats", "beside_parquet")}
    return {**lists, "new_line": "new_line" in request.POST}


@require_GET
@login_required
def release_progress(request: ResearcherRequest, slug: str, version: int) -> HttpResponse:
    """The line of one release; it asks again by itself as long as the release is under way."""
    return render(request, "exports/_release.html", {"release": _release(request, slug, version)})


@require_POST
@login_required
def cancel_release(request: ResearcherRequest, slug: str, version: int) -> HttpResponse:
    """Have a release not be written that is under way."""
    intake.cancel(_release(request, slug, version), now=timezone.now())
    if not request.htmx:
        return redirect("study_releases", slug=slug)
    return render(request, "exports/_release.html", {"release": _release(request, slug, version)})


@require_GET
@login_required
def release(request: ResearcherRequest, slug: str, version: int) -> HttpResponse:
    """One release with its files."""
    return render(request, "exports/release.html", {"release": _release(request, slug, version)})


@require_safe
@login_required
def download_release_file(request: ResearcherRequest, slug: str, version: int, name: str) -> HttpResponseBase:
    """One file of a release. What the manifest does not list does not exist."""
    return _file(request, _finished(_release(request, slug, version)), name)


@require_safe
def download_by_link(request: HttpRequest, link: str) -> HttpResponseBase:
    """One file of a release, for whoever has a link to it that is not over."""
    try:
        release_id, name = downloads.meant_by(link)
    except signing.BadSignature:
        return HttpResponse(gettext("This link is over, or not complete. Ask for a new one."), status=403)
    found = get_object_or_404(Release.objects.select_related("study"), pk=release_id)
    return _file(request, _finished(found), name)


@require_safe
@login_required
def download_release(request: ResearcherRequest, slug: str, version: int) -> HttpResponseBase:
    """All files of a release in one zip."""
    found = _finished(_release(request, slug, version))
    names = [*(file["name"] for file in found.files), found.manifest_name]
    called = named(f"{slug}-{version}", simulated=found.study.is_dry_run)
    return downloads.zip_response(request, str(found.pk), names, called=called)


def _file(request: HttpRequest, found: Release, name: str) -> HttpResponseBase:
    checksums = {file["name"]: file["sha256"] for file in found.files}
    # The manifest does not hold its own checksum; it stays the same as long as the files do.
    checksums[found.manifest_name] = f"manifest-{found.pk}-{found.claims}"
    if name not in checksums:
        raise Http404
    return downloads.file_response(request, f"{found.pk}/{name}", tag=checksums[name])


def _releases(request: ResearcherRequest, study: Study, *, refusal: str = "", status: int = 200) -> HttpResponse:
    template = "exports/_releases.html" if request.htmx else "exports/releases.html"
    releases = Release.objects.visible_to(request.user).filter(study=study).order_by("-version")
    context = {
        "study": study,
        "offered": _offered(study),
        "kinds": KINDS,
        "releases": releases.with_progress().select_related("study"),
        "refusal": refusal,
    }
    response = render(request, template, context, status=status)
    # Without this, going back could show the part alone.
    patch_vary_headers(response, ["HX-Request"])
    return response


def _offered(study: Study) -> list[tuple[Offered, str]]:
    """Return the formats, each with the reason in words for which the study does not fit into it."""
    return [(each, sentence(each.why_not or "")) for each in offered(study)]


def _study(request: ResearcherRequest, slug: str) -> Study:
    return get_object_or_404(Study.objects.visible_to(request.user).select_related("version"), slug=slug)


def _release(request: ResearcherRequest, slug: str, version: int) -> Release:
    releases = Release.objects.visible_to(request.user).select_related("study", "requested_by")
    return get_object_or_404(releases, study__slug=slug, version=version)


def _finished(found: Release) -> Release:
    if found.is_withheld or not found.is_done or not storage.store().exists(f"{found.pk}/{found.manifest_name}"):
        raise Http404
    return found
