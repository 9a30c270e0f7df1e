"""Links that sign in with one click, for people who sit at the machine that runs the demo."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotators import access, enrolment
from annotators.models import Annotator
from collection.models import Study

RESEARCHER = "researcher"
SESSION_KEY = "demo_annotators"

# A request that has one of these came through a proxy, so that nobody knows from where.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def on_this_machine(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer who connects over loopback, in the demo only; for everybody else there is no such page."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        is_forwarded = any(header in request.headers for header in FORWARDED)
        if not settings.DEMO or is_forwarded or not _is_loopback(request.META.get("REMOTE_ADDR", "")):
            raise Http404
        return view(request, **kwargs)

    return wrapper


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@require_GET
@never_cache
@on_this_machine
def researcher(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo's researcher."""
    user = get_object_or_404(User, username=RESEARCHER)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("studies")


@require_GET
@never_cache
@on_this_machine
def annotator(request: HttpRequest, language: str) -> HttpResponse:
    """Go on as this browser's annotator of a language, or come in as a new one."""
    # One browser can be one person in each language, in turn.
    known: dict[str, int] = request.session.get(SESSION_KEY, {})
    if current := access.annotator_of(request):
        known[current.language] = current.pk
        request.session[SESSION_KEY] = known
    active = Annotator.objects.filter(pk=known.get(language, 0), standing=Annotator.Standing.ACTIVE).first()
    if active:
        access.sign_in(request, active)
        return redirect("tasks")
    access.sign_out(request)
    return redirect("join", token=_invitation(language))


def _invitation(language: str) -> str:
    """Make a link into the panel of the open study that speaks this language, and return its token."""
    studies = Study.objects.real().open().select_related("panel", "version").order_by("pk")
    study = next((study for study in studies if language in study.asks.languages), None)
    if study is None:
        raise Http404
    _kept, token = enrolment.invite(
        panel=study.panel, language=language, limit=1, label=f"Demo ({language})", now=timezone.now()
    )
    return token
