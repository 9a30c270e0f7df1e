"""How different a study's answers are: a page, or the part of the study's page that shows it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from collection import diversity
from collection.models import Study
from collection.views.candidate_sets import HtmxRequest
from sampling.embedding import N_GRAMS


@require_GET
@login_required
def study_diversity(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show the means over a study's sets, recipe by recipe."""
    found = get_object_or_404(Study.objects.visible_to(request.user).select_related("version"), slug=slug)
    template = "_diversity" if request.htmx else "diversity"
    context = {"study": found, "recipes": diversity.of_study(found), "n_grams": N_GRAMS}
    response = render(request, f"collection/managing/{template}.html", context)
    # Without this, going back could show the part alone.
    patch_vary_headers(response, ["HX-Request"])
    return response
