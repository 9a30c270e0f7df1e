"""A task as an annotator will see it, for researchers."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from annotators.models import Annotator
from collection import assignment, languages
from collection.models import Study, Task
from collection.preview import own_is_possible, preview
from collection.views.task_page import task_page


@require_GET
@login_required
def preview_task(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """The page of a task that a newcomer would get now, in the newcomer's language."""
    visible = Study.objects.visible_to(request.user).select_related("panel", "version")
    study = get_object_or_404(visible, slug=slug)
    if language not in study.asks.languages:
        raise Http404
    reader = translation.get_language() or settings.LANGUAGE_CODE
    possible = own_is_possible(study)
    own = possible and "own" in request.GET
    about: dict[str, Any] = {
        "study": study,
        "language": language,
        "languages": [(code, languages.name_of(code, shown_in=reader)) for code in study.asks.languages],
        "reader": reader,
        "own": own,
        "own_is_possible": possible,
    }

    def show(annotator: Annotator, task: Task) -> HttpResponse:
        with translation.override(language if language in dict(settings.LANGUAGES) else reader):
            return task_page(request, task, preview=True, **about)

    try:
        return preview(study=study, language=language, own=own, show=show, now=timezone.now())
    except assignment.NoTaskAvailable:
        return render(request, "collection/managing/no_preview.html", about)
