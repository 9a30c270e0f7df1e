"""Pages of researchers: their studies, one study, and what can be done with it."""

import hashlib
import tempfile
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from collection import languages, people, progress, prompt_loading, reports, studies
from collection.models import Report, Study, Task
from collection.prompt_file import FileUnreadable
from collection.study_forms import InvitationForm, PromptTableForm
from collection.views import candidate_sets, dry_runs


@require_GET
@login_required
def study_list(request: HttpRequest) -> HttpResponse:
    """The researcher's studies."""
    visible = Study.objects.visible_to(request.user).real().select_related("panel", "version")
    found = list(visible.order_by("-created_at", "-pk"))
    places = progress.places(found)
    cards = [_card(study, *places.get(study.pk, (0, 0))) for study in found]
    return render(request, "collection/managing/studies.html", {"cards": cards})


def _card(study: Study, taken: int, wanted: int) -> dict[str, object]:
    names = [name for _code, name in language_names(study)]
    return {"study": study, "languages": names, "taken": taken, "wanted": wanted}


@require_GET
@login_required
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """One study: what it asks, how far it is, what can be done."""
    return _study_page(request, visible_study(request, slug))


def _study_page(request: HttpRequest, found: Study, *, status: int = 200, **forms: object) -> HttpResponse:
    context = {
        **_progress(found),
        **candidate_sets.part(found),
        **dry_runs.part(found),
        "waiting_people": people.waiting(found),
        "recipe_comparisons": found.recipe_comparisons.prefetch_related("recipes").order_by("-pk"),
        "languages": language_names(found),
        "prompt_form": PromptTableForm(),
        "invitation_form": InvitationForm(languages=language_names(found)),
        "reports": Report.objects.open_in(found).select_related("candidate", "turn__candidate_set").order_by("pk"),
        **forms,
    }
    return render(request, "collection/managing/study.html", context, status=status)


@require_GET
@login_required
def study_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The progress part of a study's page; nothing where it is still as the page shows it."""
    context = _progress(visible_study(request, slug))
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "collection/managing/_progress.html", context)


def _progress(found: Study) -> dict[str, object]:
    now = progress.of(found)
    seen = hashlib.sha256(f"{found.state} {now}".encode()).hexdigest()[:16]
    return {"study": found, "progress": now, "seen": seen}


@require_GET
@login_required
def close_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether a study is to be closed, and say what that means."""
    found = visible_study(request, slug)
    tasks_open = Task.objects.filter(study=found).open().count()
    return render(request, "collection/managing/close.html", {"study": found, "tasks_open": tasks_open})


@require_POST
@login_required
def change_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Open, pause or close a study."""
    found = visible_study(request, slug)
    try:
        studies.move(study=found, step=request.POST.get("step", ""), now=timezone.now())
    except studies.NotPossible as refusal:
        messages.error(request, str(refusal))
    return redirect("study", slug=slug)


@require_POST
@login_required
def upload_prompts(request: HttpRequest, slug: str) -> HttpResponse:
    """Add the prompts of a table."""
    found = visible_study(request, slug)
    form = PromptTableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _study_page(request, found, status=422, prompt_form=form)
    try:
        report = _load(found, form.cleaned_data["file"])
    except FileUnreadable as error:
        form.add_error("file", error.sentence(name=form.cleaned_data["file"].name, translate=gettext))
    except prompt_loading.StudyIsClosed:
        form.add_error("file", gettext("A closed study takes no prompts."))
    else:
        return render(request, "collection/managing/prompts_loaded.html", {"study": found, "report": report})
    return _study_page(request, found, status=422, prompt_form=form)


def _load(found: Study, upload: UploadedFile) -> prompt_loading.Report:
    # Parquet is read from its end, so the upload is put into a file; its own name is never a path.
    with tempfile.NamedTemporaryFile(suffix=Path(str(upload.name)).suffix.lower()) as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        name = Path(str(upload.name)).name
        return prompt_loading.load_prompts(study=found, path=Path(file.name), name=name, now=timezone.now())


@require_POST
@login_required
def decide_report(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give a reported item back to annotators, or keep it away from them."""
    report = get_object_or_404(Report.objects.open_in(visible_study(request, slug)), pk=pk)
    reports.decide(report=report, release=request.POST.get("decision") == "release", now=timezone.now())
    return redirect("study", slug=slug)


def visible_study(request: HttpRequest, slug: str) -> Study:
    """Return the study, which is there for its researchers alone."""
    visible = Study.objects.visible_to(request.user).select_related("panel", "version")
    return get_object_or_404(visible, slug=slug)


def language_names(found: Study) -> list[tuple[str, str]]:
    """Return the languages of a study with their names in the reader's."""
    shown_in = get_language() or "en"
    return [(code, languages.name_of(code, shown_in=shown_in)) for code in found.asks.languages]
