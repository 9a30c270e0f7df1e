"""Pages of annotators: their tasks, and what is done in one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, push_url, reswap, retarget

from annotators import enrolment
from annotators.access import AnnotatorRequest, for_annotators
from collection import assignment, conversation, pay, surveying
from collection.forms import DRAFTED_BESIDE, ComparisonForm, MeasuredForm, MessageForm, sentence_for
from collection.models import Comparison, Task, Turn
from collection.typed import TextRefused
from collection.views.task_page import milliseconds, task_page, waiting_context


@require_GET
@never_cache
@for_annotators
def tasks(request: AnnotatorRequest) -> HttpResponse:
    """Where a person stands, and the way on."""
    if needs := enrolment.needs(request.annotator):
        return redirect(needs)
    progress = assignment.progress(request.annotator)
    open_task = Task.objects.of(request.annotator).open().first()
    if open_task is None and request.annotator.is_stopped:
        return redirect("standing")
    if surveying.is_due(request.annotator):
        return redirect("more_questions")
    if open_task is None and 0 < progress.of <= progress.done:
        return redirect("finished")
    context = {"progress": progress, "open_task": open_task, "offer": pay.offered_to(request.annotator)}
    return render(request, "collection/annotating/tasks.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def next_task(request: AnnotatorRequest) -> HttpResponse:
    """Go to the task that is open, or get another one; with scripts it is shown in the place of the one before."""
    if request.method != "POST":
        return redirect("tasks")
    if surveying.is_due(request.annotator):
        return _elsewhere(request, "more_questions")
    try:
        given = assignment.next_task(annotator=request.annotator, now=timezone.now())
    except assignment.PlacesAreBusy:
        return _elsewhere(request, "tasks")
    except assignment.NoTaskAvailable:
        return _elsewhere(request, "finished")
    except assignment.NotAdmitted as refusal:
        return _elsewhere(request, refusal.needs)
    if not request.htmx:
        return redirect("task", given.pk)
    return push_url(_shown(request, given), reverse("task", args=[given.pk]))


@require_POST
@for_annotators
def draw_ahead(request: AnnotatorRequest) -> HttpResponse:
    """Keep the task that comes next; asked by the page while a person says why they chose as they did."""
    assignment.hold_next(annotator=request.annotator, now=timezone.now())
    return HttpResponse(status=204)


@require_GET
@never_cache
@for_annotators
def task(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """One conversation, at the step where it stands."""
    if enrolment.needs(request.annotator) == "consent":
        return redirect("consent")
    return _show(request, pk)


# ---- what is sent ---------------------------------------------------------------------------------------------------
# Their addresses are those of a page that told what was wrong, so a reload of it comes here without a form.
@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def send_message(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """The opening message, the next one, or the same in other words."""
    found = _task(request, pk)
    form = MessageForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _answer(request, pk)
    try:
        message, key = form.cleaned_data["message"], form.idempotency_key()
        measured = MeasuredForm(request.POST).measured()
        conversation.send_message(
            task=found, message=message, idempotency_key=key, measured=measured, now=timezone.now()
        )
    except TextRefused as refusal:
        form.refuse(refusal)
        return task_page(request, _task(request, pk), status=422, form=form)
    except conversation.Refused as refusal:
        return _refused(request, pk, refusal, unsent=message)
    return _answer(request, pk)


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def compare(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """The choice, and why."""
    turn = _turn(request, pk)
    if request.method != "POST":
        return redirect("task", turn.task_id)
    form = ComparisonForm(request.POST, turn=turn)
    if form.is_valid():
        explanation, key = form.cleaned_data["explanation"], form.idempotency_key()
        choice = form.cleaned_data["choice"]
        try:
            made = conversation.compare(
                turn=turn,
                choice=choice,
                explanation=explanation,
                idempotency_key=key,
                also=form.also(),
                measured=MeasuredForm(request.POST).measured(),
                now=timezone.now(),
            )
            return _after(request, made)
        except (TextRefused, conversation.ExplanationMissing) as refusal:
            form.refuse(refusal)
        except conversation.Refused as refusal:
            return _refused(request, turn.task_id, refusal, unsent=explanation)
    return task_page(request, _task(request, turn.task_id), status=422, form=form)


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def end_task(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """The conversation ends here."""
    found = _task(request, pk)
    try:
        if request.method == "POST":
            conversation.end(task=found, now=timezone.now())
    except conversation.Refused as refusal:
        return _refused(request, pk, refusal)
    return _answer(request, pk)


@require_POST
@for_annotators
def save_draft(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """What was typed and picked so far; sent by the page while a person types."""
    typed = {name: request.POST[name] for name in ("message", "explanation", "choice") if name in request.POST}
    number, now = request.POST.get("turn_number", ""), timezone.now()
    kept = conversation.save_draft(
        task=_task(request, pk),
        now=now,
        more={name: request.POST[name] for name in request.POST if DRAFTED_BESIDE.fullmatch(name)} or None,
        turn_number=int(number) if number.isdecimal() and len(number) < 4 else None,
        **typed,
    )
    # By its time the page knows later whether another device has written since.
    return HttpResponse(status=204, headers={"Draft-At": milliseconds(now)}) if kept else HttpResponse(status=409)


# ---- while candidates are written -----------------------------------------------------------------------------------
@require_GET
@never_cache
@for_annotators
def turn_progress(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """How far the candidates are; all of them at once when they are there."""
    turn = _turn(request, pk)
    if not request.htmx:
        return redirect("task", turn.task_id)
    found = _task(request, turn.task_id)
    if conversation.step(found) == conversation.Step.WAIT and found.current_turn == turn:
        return render(request, "collection/annotating/_waiting.html", waiting_context(turn))
    return reswap(retarget(_show(request, turn.task_id), "#task"), "outerHTML")


@require_http_methods(["GET", "POST"])
@never_cache
@for_annotators
def retry_turn(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """Another try at candidates that could not be written."""
    turn = _turn(request, pk)
    if request.method == "POST":
        conversation.retry(turn=turn, now=timezone.now())
    return _answer(request, turn.task_id)


# ---- common to all --------------------------------------------------------------------------------------------------
def _task(request: AnnotatorRequest, pk: int) -> Task:
    mine = Task.objects.of(request.annotator).select_related("study", "item", "draft")
    task: Task = get_object_or_404(mine, pk=pk)
    task.annotator = request.annotator
    return task


def _turn(request: AnnotatorRequest, pk: int) -> Turn:
    mine = Turn.objects.of(request.annotator).select_related("task")
    turn: Turn = get_object_or_404(mine, pk=pk)
    turn.task.annotator = request.annotator
    return turn


def _show(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """Show a task as it is at this moment; what could not be written is asked for once more without being told to."""
    found = _task(request, pk)
    turn = found.current_turn
    if turn and turn.candidate_set.has_failed and conversation.retry(turn=turn, by_itself=True, now=timezone.now()):
        found = _task(request, pk)
    return _shown(request, found)


def _shown(request: AnnotatorRequest, found: Task) -> HttpResponse:
    if conversation.step(found) == conversation.Step.COMPARE and found.current_turn:
        conversation.mark_shown(turn=found.current_turn, now=timezone.now())
    return task_page(request, found)


def _elsewhere(request: AnnotatorRequest, page: str) -> HttpResponse:
    """Go to another page; a part of a page cannot be replaced by one."""
    return HttpResponseClientRedirect(reverse(page)) if request.htmx else redirect(page)


def _answer(request: AnnotatorRequest, pk: int) -> HttpResponse:
    """Answer what was sent: with the step that follows, or, without scripts, with the way to its page."""
    return _show(request, pk) if request.htmx else redirect("task", pk)


def _after(request: AnnotatorRequest, made: Comparison) -> HttpResponse:
    """Answer a comparison; where it ended the task, what was just written is all there is to show."""
    task = made.turn.task
    return task_page(request, task) if request.htmx and not task.is_open else _answer(request, task.pk)


def _refused(request: AnnotatorRequest, pk: int, refusal: conversation.Refused, *, unsent: str = "") -> HttpResponse:
    """Say why something could not be done, beside what is true; the words that were not taken are given back."""
    return task_page(request, _task(request, pk), status=409, notice=sentence_for(refusal), unsent=unsent)
