"""A task as an annotator will see it, for researchers."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from annotators.models import Annotator
from collection import assignment
from collection.models import Study, Task
from collection.preview import preview
from collection.views.task_page import task_page


@require_GET
@login_required
def preview_task(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """The page of a task that a newcomer would get now."""
    visible = Study.objects.visible_to(request.user).select_related("panel", "version")
    study = get_object_or_404(visible, slug=slug)
    if language not in study.asks.languages:
        raise Http404

    def show(annotator: Annotator, task: Task) -> HttpResponse:
        return task_page(request, task, preview=True)

    try:
        return preview(study=study, language=language, show=show, now=timezone.now())
    except assignment.NoTaskAvailable:
        return render(request, "collection/managing/no_preview.html", {"study": study}, status=200)
