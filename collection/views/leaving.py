"""Pages of annotators beside the tasks: skipping and reporting, the end, what concerns themselves, the way out."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotators import enrolment, recruiting
from annotators.access import AnnotatorRequest, for_annotators, posted, sign_out
from annotators.models import Annotator
from annotators.views import survey_page
from collection import assignment, completion, conversation, pay, withdrawal
from collection.forms import ReportForm, SkipForm, WithdrawForm
from collection.models import Task, Turn
from collection.views.task_page import shown


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def skip_task(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """Leave a conversation, with the reason."""
    task = get_object_or_404(Task.objects.of(request.annotator), pk=pk)
    form = SkipForm(posted(request))
    if not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "collection/annotating/skip.html", {"form": form, "task": task}, status=status)
    try:
        conversation.skip(task=task, reason=form.cleaned_data["reason"], now=timezone.now())
    except conversation.TaskIsOver:
        return redirect("task", pk)
    messages.success(request, gettext("You have left that conversation. Another one is ready when you are."))
    return redirect("tasks")


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def report_candidate(request: AnnotatorRequest, pk: int, place: int) -> HttpResponse:
    """Say that an answer is harmful; it is not shown again."""
    turn = get_object_or_404(Turn.objects.of(request.annotator).select_related("task", "candidate_set"), pk=pk)
    if not turn.candidate_set.is_ready or place >= len(turn.order):
        raise Http404
    form = ReportForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            conversation.report(turn=turn, place=place, reason=form.cleaned_data["reason"], now=timezone.now())
        except conversation.TaskIsOver:
            return redirect("tasks")
        messages.success(
            request, gettext("Thank you for telling us. Nobody sees that answer until a researcher has looked at it.")
        )
        return redirect("tasks")
    context = {"form": form, "turn": turn, "reported": shown(turn)[place]}
    return render(request, "collection/annotating/report.html", context, status=422 if form.errors else 200)


# ---- the end --------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def last_questions(request: AnnotatorRequest) -> HttpResponse:
    """The questions that come after the last task."""
    return _if_nothing_is_left(request) or survey_page(request, stage="after", then="finished")


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def more_questions(request: AnnotatorRequest) -> HttpResponse:
    """The questions that come at a random place among the tasks."""
    return survey_page(request, stage="random", then="tasks")


@require_GET
@never_cache
@for_annotators
def finished(request: AnnotatorRequest) -> HttpResponse:
    """Thanks, and the completion code."""
    if on_the_way := _if_nothing_is_left(request):
        return on_the_way
    ways_back = completion.ways_back(request.annotator)
    if ways_back and enrolment.needs_after(request.annotator):
        return redirect("last_questions")
    context = {
        "ways_back": ways_back,
        "way_out": completion.way_out(request.annotator),
        "progress": assignment.progress(request.annotator),
    }
    return render(request, "collection/annotating/finished.html", context)


@require_POST
@for_annotators
def nothing_to_do(request: AnnotatorRequest) -> HttpResponse:
    """Back to the panel, for who would rather not wait until there is something to do; their place is free again."""
    if on_the_way := _if_nothing_is_left(request):
        return on_the_way
    if not completion.way_out(request.annotator):
        return redirect("finished")
    recruiting.screen_out(annotator=request.annotator)
    return redirect("screened_out")


def _if_nothing_is_left(request: AnnotatorRequest) -> HttpResponse | None:
    """Return the way to what still wants to be done, if anything does: the end is not reached by its address."""
    try:
        left = assignment.is_something_left(annotator=request.annotator)
    except assignment.NotAdmitted as refusal:
        return redirect(refusal.needs)
    return redirect("tasks") if left else None


# ---- what concerns the person ---------------------------------------------------------------------------------------
@require_GET
@never_cache
@for_annotators
def about_you(request: AnnotatorRequest) -> HttpResponse:
    """What a person agreed to, how they come back, whom they can ask, how they leave."""
    given = request.annotator.consents.in_force().select_related("text").first()
    pay.settle(annotator=request.annotator, now=timezone.now())
    context = {
        "consent": given,
        "contacts": completion.contacts(request.annotator),
        "annotator": request.annotator,
        "account": pay.account(request.annotator),
    }
    return render(request, "collection/annotating/about_you.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def withdraw(request: AnnotatorRequest) -> HttpResponse:
    """Leave for good: first what that means, then the yes."""
    return _leave_for_good(request, request.annotator)


@require_http_methods(["GET", "POST"])
@never_cache
def withdraw_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Leave for good from any browser, by the personal link alone: no password, no way in."""
    try:
        annotator = enrolment.find_leaving(token=token)
    except enrolment.ReturnLinkUnknown:
        return render(request, "annotators/not_usable.html", {"reason": "return"}, status=404)
    return _leave_for_good(request, annotator)


def _leave_for_good(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    form = WithdrawForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["erase"]:
            withdrawal.withdraw(annotator=annotator, now=timezone.now())
        else:
            withdrawal.stop(annotator=annotator, now=timezone.now())
        sign_out(request)
        return redirect("withdrawn" if form.cleaned_data["erase"] else "stopped")
    context = {"form": form, "annotator": annotator}
    return render(request, "collection/annotating/withdraw.html", context, status=422 if form.errors else 200)


@require_GET
@never_cache
def withdrawn(request: HttpRequest) -> HttpResponse:
    """It is done: everything was deleted."""
    return render(request, "collection/annotating/withdrawn.html", {"erased": True})


@require_GET
@never_cache
def stopped(request: HttpRequest) -> HttpResponse:
    """It is done: what there was is kept."""
    return render(request, "collection/annotating/withdrawn.html", {"erased": False})
