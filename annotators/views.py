"""Pages of the way in: the invitation, consent, questions about oneself, and the way back."""

from dataclasses import asdict

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotators import access, arriving, enrolment, inviting, recruiting
from annotators.access import ARRIVAL_KEY, AnnotatorRequest, annotator_of, for_annotators, posted, sign_in, sign_out
from annotators.forms import ChoicesForm, ConsentForm, SurveyForm
from annotators.models import Annotator, ConsentText, Invitation, Panel
from annotators.sources.interface import Arrival, NotAccepted
from annotators.tokens import hashed, new_token

# Holds the token of a return link between the request that made it and the page that shows it: in the person's own
# browser, as the site keeps a hash alone.
LINK_COOKIE = "return_link"
# The browser's name for its attempt to join, so that one that is repeated makes no second person.
ATTEMPT_COOKIE = "attempt"
# The invitation whose language this browser's pages have taken on.
INVITED_BY = "invited_by"


@require_GET
@never_cache
def way_in(request: HttpRequest) -> HttpResponse:
    """The front door: on to the tasks for who is known, where to find the link for who is not."""
    if annotator_of(request):
        return redirect("tasks")
    if access.screened_out(request):
        return redirect("screened_out")
    return render(request, "annotators/way_in.html")


@require_http_methods(["GET", "POST"])
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation: the consent text, and the yes that lets a person in."""
    attempt = request.COOKIES.get(ATTEMPT_COOKIE) or new_token()
    if on_the_way := _on_the_way(request, token, attempt):
        return on_the_way
    try:
        invitation = enrolment.find_invitation(token=token, now=timezone.now())
        arrival = _arrival(request, invitation)
        is_new = request.session.get(INVITED_BY) != invitation.pk
        language = _offered(invitation.language) if is_new else translation.get_language()
        with translation.override(language):
            text = _consent_text(invitation.panel, invitation.language)
            form = ConsentForm(posted(request), shown=text)
            if request.method == "POST" and form.is_valid():
                annotator, link = enrolment.accept(
                    invitation=invitation,
                    text=text,
                    to=form.purposes(),
                    # Whom a panel sends is known by their id there, and not by their browser.
                    attempt="" if arrival else attempt,
                    arrival=arrival,
                    now=timezone.now(),
                )
                return _in_language(_let_in(request, annotator, link), language)
            request.session[INVITED_BY] = invitation.pk
            response = _in_language(_consent_page(request, form), language)
    except arriving.AlreadyHere:
        return redirect("join", token)
    except enrolment.InvitationNotUsable as refusal:
        status = 404 if refusal.reason == "unknown" else 410
        return render(request, "annotators/not_usable.html", {"reason": refusal.reason}, status=status)
    _keep_secret(response, ATTEMPT_COOKIE, attempt)
    return response


def _on_the_way(request: HttpRequest, token: str, attempt: str) -> HttpResponse | None:
    """Where somebody goes by an invitation who is in already, or whose panel has to say first who they are."""
    sent = Invitation.objects.with_token(token).select_related("panel").first()
    if sent and sent.panel.part.source:
        return _from_panel(request, sent)
    if _came_by(annotator_of(request), token):
        return redirect("tasks")
    if known := enrolment.joined_by(token=token, attempt=attempt):
        # They joined, and the answer that said so was lost.
        return _let_in(request, known, enrolment.new_return_link(annotator=known))
    return None


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def consent(request: AnnotatorRequest) -> HttpResponse:
    """The consent text in force, for who agreed to an earlier version."""
    if enrolment.needs(request.annotator) != "consent":
        return redirect("tasks")
    text = _consent_text(request.annotator.panel, request.annotator.language)
    form = ConsentForm(posted(request), shown=text)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.consent(annotator=request.annotator, text=text, to=form.purposes(), now=timezone.now())
        except enrolment.HasWithdrawn:
            return redirect("way_in")
        return redirect("tasks")
    return _consent_page(request, form)


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def your_choices(request: AnnotatorRequest) -> HttpResponse:
    """What a person agrees to beside taking part, to be changed at any time."""
    given = request.annotator.consents.in_force().select_related("text__panel").first()
    if given is None:
        return redirect("consent")
    form = ChoicesForm(posted(request), shown=given.text, initial=given.ticks)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.consent(annotator=request.annotator, text=given.text, to=form.purposes(), now=timezone.now())
        except enrolment.HasWithdrawn:
            return redirect("way_in")
        messages.success(request, gettext("Your choices are kept."))
        return redirect("about_you")
    return render(request, "annotators/your_choices.html", {"form": form})


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def survey(request: AnnotatorRequest) -> HttpResponse:
    """The questions that come before the first task."""
    return survey_page(request, stage="before", then="tasks")


def survey_page(request: AnnotatorRequest, *, stage: str, then: str) -> HttpResponse:
    """Ask what can be asked at this stage, page by page: some questions depend on what was said before."""
    questions = request.annotator.open_questions(stage)
    if not questions:
        return redirect(then)
    form = SurveyForm(posted(request), annotator=request.annotator, questions=questions)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.answer(annotator=request.annotator, answers=form.answers(), now=timezone.now())
            return _place_or_way_out(request, stage)
        except enrolment.AnswerNotOffered as refusal:
            form.refuse(refusal)
        except enrolment.HasWithdrawn:
            return redirect("way_in")
    status = 422 if form.errors else 200
    return render(request, "annotators/survey.html", {"form": form, "stage": stage}, status=status)


def _place_or_way_out(request: AnnotatorRequest, stage: str) -> HttpResponse:
    """Go on with the questions, or, after those that come first, to a place in the panel or the thanks for coming."""
    if stage == "before" and not request.annotator.open_questions(stage):
        try:
            recruiting.admit(annotator=request.annotator, now=timezone.now())
        except recruiting.ScreenedOut:
            return redirect("screened_out")
    return redirect(request.path)


@require_GET
@never_cache
def screened_out(request: HttpRequest) -> HttpResponse:
    """There is no place for this person: thanks, what they are paid, and how they go back."""
    annotator = access.screened_out(request)
    if annotator is None:
        return redirect("way_in")
    offer = annotator.panel.part.screened_out
    way_back = arriving.way_back(annotator=annotator, outcome="screened_out", code=offer.code)
    context = {"offer": offer, "way_back": way_back, "terms": annotator.panel.part.pay}
    return render(request, "annotators/screened_out.html", context)


# ---- people whom a panel sends ---------------------------------------------------------------------------------------
def _from_panel(request: HttpRequest, invitation: Invitation) -> HttpResponse | None:
    """Find out who comes; nothing to answer where they are new and the consent text is next."""
    now = timezone.now()
    arrival = _arrival(request, invitation)
    try:
        if request.method == "GET" and request.GET:
            arrival = arriving.arrive(panel=invitation.panel, query=request.GET, had=arrival, now=now)
            request.session[ARRIVAL_KEY] = {"invitation": invitation.pk, **asdict(arrival)}
            # To the same page without what the panel added: it is to stay in no history.
            return redirect(request.path)
        here = annotator_of(request)
        if arrival is None and here and here.invitation_id == invitation.pk:
            return redirect("tasks")
        if arrival is None:
            raise NotAccepted("no-id")
        person = arriving.known(invitation=invitation, arrival=arrival, now=now)
    except NotAccepted as refusal:
        status = 503 if refusal.reason == "keys-away" else 403
        return render(request, "annotators/not_accepted.html", {"reason": refusal.reason}, status=status)
    if person is None:
        return None
    sign_in(request, person)
    return _in_language(redirect("way_in"), _offered(person.language) if person != here else None)


def _arrival(request: HttpRequest, invitation: Invitation) -> Arrival | None:
    """Return who the panel said came in this browser, by this invitation."""
    kept = dict(request.session.get(ARRIVAL_KEY, {}))
    return Arrival(**kept) if kept.pop("invitation", None) == invitation.pk else None


# ---- the way back ---------------------------------------------------------------------------------------------------
@require_GET
@never_cache
def return_link(request: HttpRequest, token: str) -> HttpResponse:
    """A person's own link: back to their place, in any browser."""
    try:
        annotator = enrolment.find_returning(token=token)
    except enrolment.ReturnLinkUnknown:
        return render(request, "annotators/not_usable.html", {"reason": "return"}, status=404)
    known_here = annotator_of(request) == annotator
    sign_in(request, annotator)
    language = translation.get_language() if known_here else _offered(annotator.language)
    return _in_language(redirect("tasks"), language)


@require_GET
@never_cache
@for_annotators
def your_link(request: AnnotatorRequest) -> HttpResponse:
    """The return link that was just made, to be kept by the person."""
    token = request.COOKIES.get(LINK_COOKIE)
    if not token or not _is_theirs(request.annotator, token):
        return redirect("tasks")
    link = request.build_absolute_uri(reverse("return_link", args=[token]))
    withdrawal_link = request.build_absolute_uri(reverse("withdraw_by_link", args=[token]))
    response = render(request, "annotators/your_link.html", {"link": link, "withdrawal_link": withdrawal_link})
    # They are in, and the browser knows it: the attempt has ended.
    response.delete_cookie(ATTEMPT_COOKIE)
    return response


@require_POST
@for_annotators
def new_link(request: AnnotatorRequest) -> HttpResponse:
    """Another return link; the old one leads nowhere from now on, and whoever came in by it elsewhere is out."""
    token = inviting.end_return_link(annotator=request.annotator, replace=True, now=timezone.now())
    sign_in(request, request.annotator)
    return _show_link(token)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the person in this browser; their work stays where it is."""
    sign_out(request)
    response = redirect("way_in")
    response.delete_cookie(LINK_COOKIE)
    return response


def _show_link(token: str) -> HttpResponse:
    response = redirect("your_link")
    _keep_secret(response, LINK_COOKIE, token)
    return response


def _keep_secret(response: HttpResponse, cookie: str, value: str) -> None:
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(cookie, value, max_age=60 * 60, httponly=True, samesite="Lax", secure=secure)


def _is_theirs(annotator: Annotator, token: str) -> bool:
    return annotator.return_token_hash == hashed(token)


def _came_by(annotator: Annotator | None, token: str) -> bool:
    return bool(annotator and annotator.invitation and annotator.invitation.token_hash == hashed(token))


def _let_in(request: HttpRequest, annotator: Annotator, link: str) -> HttpResponse:
    sign_in(request, annotator)
    return _show_link(link)


# ---- languages ------------------------------------------------------------------------------------------------------
def _offered(language: str) -> str:
    """Return the language if the pages are written in it, else the one the browser asked for."""
    return language if language in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE


def _in_language(response: HttpResponse, language: str | None) -> HttpResponse:
    if language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=60 * 60 * 24 * 365, samesite="Lax")
    return response


def _consent_text(panel: Panel, language: str) -> ConsentText:
    """Return the text in the language of the page, else in the person's."""
    wanted = translation.get_language() or language
    text = enrolment.current_consent_text(panel=panel, language=wanted)
    return text if text.language == wanted else enrolment.current_consent_text(panel=panel, language=language)


def _consent_page(request: HttpRequest, form: ConsentForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "annotators/consent.html", {"form": form, "text": form.shown}, status=status)
