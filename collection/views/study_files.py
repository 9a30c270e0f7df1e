"""A study as the file that makes it: created, changed and downloaded in the browser."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from collection import study_editing, study_file
from collection.models import Study
from collection.study_forms import StudyFileForm
from collection.views.managing import visible_study

EXAMPLE = settings.BASE_DIR / "examples" / "everyday" / "study.yaml"


class ResearcherRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


@require_http_methods(["GET", "POST"])
@login_required
def new_study(request: ResearcherRequest) -> HttpResponse:
    """Create a study from its file."""
    return _study_file_page(request, study=None)


@require_http_methods(["GET", "POST"])
@login_required
def edit_study(request: ResearcherRequest, slug: str) -> HttpResponse:
    """Change a study by its file."""
    return _study_file_page(request, study=visible_study(request, slug))


def _study_file_page(request: ResearcherRequest, *, study: Study | None) -> HttpResponse:
    sent = request.method == "POST"
    form = StudyFileForm(request.POST, request.FILES) if sent else StudyFileForm(initial=_begun(request, study))
    if sent and form.is_valid():
        try:
            outcome = study_editing.apply_visible(
                document=form.document, by=request.user, study=study, now=timezone.now()
            )
        except study_editing.WouldChangeAnswers as refusal:
            form.refuse(refusal.faults)
        else:
            messages.success(request, _said(outcome))
            return redirect("study", slug=outcome.study.slug)
    status = 422 if form.errors else 200
    return render(request, "collection/managing/study_file.html", {"form": form, "study": study}, status=status)


def _begun(request: HttpRequest, study: Study | None) -> dict[str, str]:
    if study:
        return {"text": study_file.write(study)}
    return {"text": EXAMPLE.read_text(encoding="utf-8")} if request.GET.get("begin") == "example" else {}


def _said(outcome: study_editing.Outcome) -> str:
    if outcome.created:
        return gettext("The study was created as a draft. Load prompts, look at a task, then open it.")
    if outcome.changed:
        return gettext("Changed: %(parts)s.") % {"parts": ", ".join(outcome.changed)}
    return gettext("The study is already as the file says.")


@require_GET
@login_required
def download_study_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The study as the YAML file that makes it."""
    found = visible_study(request, slug)
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}.yaml"'}
    return HttpResponse(study_file.write(found), content_type="application/yaml; charset=utf-8", headers=headers)
