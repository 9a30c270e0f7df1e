"""Comparisons of recipes on the same prompts: begun, followed, and what they show as a page and as CSV."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from collection import comparison_csv, comparison_figures, comparison_tables, languages, recipe_comparing, recipe_file
from collection.comparison_figures import Figures, remembered_figures
from collection.comparison_form import ComparisonForm
from collection.comparison_tables import BESIDE, FIRST_TRY, SIDES, Cell, Group, Table, accuracy_said, is_negative
from collection.models import ComparedRecipe, RecipeComparison
from collection.plotting import Plot, plot
from collection.recipe_comparing import CannotCompare
from collection.views.candidate_sets import HtmxRequest, state_of
from collection.views.managing import visible_study
from collection.views.study_files import ResearcherRequest
from sampling.embedding import N_GRAMS
from sampling.recipe_figures import embedders

PART = "collection/managing/_recipe_comparison.html"
AT_A_GLANCE = {
    "rho_w": "",
    "distinct": "",
    "mean_distance": "",
    "relevance": "",
    "fit": _("fit at the first try"),
    "new_tokens": "",
    "seconds": "",
    "cost": "",
}
"""Tables, and what they are called there if not by their own title."""


# ---- a new comparison -----------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@login_required
def new_recipe_comparison(request: ResearcherRequest, slug: str) -> HttpResponse:
    """Choose recipes and have them compared."""
    study = visible_study(request, slug)
    form = ComparisonForm(request.POST, request.FILES, study=study) if request.method == "POST" else None
    if form and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("recipes", "prompts", "sets_per_prompt", "seed")}
        try:
            comparison = recipe_comparing.start(study=study, by=request.user, now=timezone.now(), **wanted)
        except CannotCompare as refusal:
            form.add_error(None, str(refusal).splitlines())
        else:
            return redirect("recipe_comparison", slug=slug, pk=comparison.pk)
    context = {"study": study, "form": form or ComparisonForm(study=study)}
    return render(request, "collection/managing/new_recipe_comparison.html", context, status=422 if form else 200)


# ---- one comparison -------------------------------------------------------------------------------------------------
@require_GET
@login_required
def recipe_comparison(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One comparison: how far it is, and what it shows."""
    found = _visible(request, slug, pk)
    counted = recipe_comparing.languages_of(found)
    shown_in = get_language() or "en"
    context = {
        **_part(request, found),
        "recipes": [_recipe(one) for one in found.recipes.select_related("recipe")],
        "prompts": sum(counted.values()),
        "languages": [(languages.name_of(code, shown_in=shown_in), count) for code, count in counted.items()],
    }
    return render(request, "collection/managing/recipe_comparison.html", context)


def _recipe(compared: ComparedRecipe) -> dict[str, str]:
    recipe = compared.recipe
    return {"name": compared.name, "sha256": recipe.sha256, "text": recipe_file.write(recipe.says)}


@require_GET
@login_required
def comparison_part(request: HtmxRequest, slug: str, pk: int) -> HttpResponse:
    """The part that changes, as it is now; nothing where it is still as the page shows it."""
    found = _visible(request, slug, pk)
    if not request.htmx:
        return redirect("recipe_comparison", slug=slug, pk=pk)
    now = _part(request, found)
    if request.GET.get("seen") == now["seen"]:
        return HttpResponse(status=204)
    return render(request, PART, {**now, "announce": request.GET.get("state") != now["writing_state"]})


@require_POST
@login_required
def act_on_comparison(request: HtmxRequest, slug: str, pk: int) -> HttpResponse:
    """Hold its sets back, let them go on, or ask again for what failed for no fault of a recipe."""
    found = _visible(request, slug, pk)
    acts = {"resume": recipe_comparing.resume, "ask-again": recipe_comparing.ask_again, "pause": recipe_comparing.pause}
    refusal = ""
    try:
        if act := acts.get(request.POST.get("act", "")):
            act(comparison=found, now=timezone.now())
    except CannotCompare as cannot:
        refusal = str(cannot)
    if request.htmx:
        return render(request, PART, {**_part(request, found), "announce": True, "pressed": True, "refusal": refusal})
    if refusal:
        messages.error(request, refusal)
    return redirect("recipe_comparison", slug=slug, pk=pk)


def _part(request: HttpRequest, comparison: RecipeComparison) -> dict[str, Any]:
    writing = recipe_comparing.progress(comparison=comparison, now=timezone.now())
    so_far = writing.is_under_way and "so-far" in request.GET
    per_minute = round(writing.figures.per_minute, 1)
    shown = (writing.not_asked, writing.paused, writing.failures, writing.figures.ready, writing.figures.waiting)
    changing = (writing.figures.being_written, per_minute, writing.minutes_left)
    context = {
        "study": comparison.study,
        "comparison": comparison,
        "writing": writing,
        "writing_state": state_of(writing),
        "per_minute": per_minute,
        "can_ask_again": recipe_comparing.can_ask_again(writing),
        "so_far": so_far,
        # Figures that change under the eyes of the reader would be read wrongly.
        "look_again": writing.is_under_way and not so_far,
        "seen": hashlib.sha256(repr((shown, changing)).encode()).hexdigest()[:16],
    }
    return context | _shown(request, comparison) if so_far or not writing.is_under_way else context


# ---- what it shows --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Drawn:
    """A table with its plot."""

    id: str
    table: Table
    plot: Plot


def _shown(request: HttpRequest, comparison: RecipeComparison) -> dict[str, Any]:
    tried = comparison_figures.tried(comparison)
    baseline = _one_of(list(tried), request.GET.get("baseline"))
    measured_by = embedders(list(tried.values())) or [N_GRAMS]
    embedder = _one_of(measured_by, request.GET.get("embedder"))
    figures = remembered_figures(comparison=comparison, baseline=baseline, embedder=embedder)
    groups = comparison_tables.groups(figures, baseline=baseline)
    return {
        "names": list(tried),
        "baseline": baseline,
        "embedders": measured_by,
        "embedder": embedder,
        "words_alone": embedder == N_GRAMS,
        "facts": max(one.factual for one in figures.values()),
        "sides": SIDES,
        "besides": BESIDE,
        "overview": _overview(figures, groups, baseline),
        "groups": [_drawn(group, place) for place, group in enumerate(groups)],
        "counts": comparison_tables.counts(figures),
    }


def _one_of(known: Sequence[str], wanted: str | None) -> str:
    return wanted if wanted is not None and wanted in known else known[0]


def _drawn(group: Group, place: int) -> dict[str, Any]:
    drawn = [Drawn(f"figure-{place}-{number}", table, plot(table)) for number, table in enumerate(group.tables)]
    return {
        "title": group.title,
        "is_judged": group.is_judged,
        "accuracy_said": accuracy_said(group.accuracy) if group.accuracy else "",
        "of_words": group.key in comparison_csv.OF_WORDS,
        "has_correlation": any(table.key == "rho_w" for table in group.tables),
        "has_sides": any(FIRST_TRY in table.sides for table in group.tables),
        "main": [one for one in drawn if one.table.is_main],
        "more": [one for one in drawn if not one.table.is_main],
    }


def _overview(figures: Figures, groups: Sequence[Group], baseline: str) -> dict[str, Any]:
    """Return the figures most asked for; of labels those of the first source."""
    first: dict[str, Table] = {}
    for table in (table for group in groups for table in group.tables):
        first.setdefault(table.key, table)
    chosen = [(first[key], title or first[key].title) for key, title in AT_A_GLANCE.items() if key in first]
    return {
        "titles": [title for _table, title in chosen],
        "has_labels": "distinct" in first,
        "rows": [
            {
                "recipe": name,
                "is_baseline": name == baseline,
                "is_negative": "rho_w" in first and is_negative(first["rho_w"], _cell(first["rho_w"], name)),
                "cells": [(_cell(table, name).estimate, table.decimals) for table, _title in chosen],
                "failed": comparison_tables.failed(found),
                "sets": found.sets,
            }
            for name, found in figures.items()
        ],
    }


def _cell(table: Table, name: str) -> Cell:
    """Return what a table says of whole sets of a recipe: as they are shown, but how often first tries were fit."""
    side = FIRST_TRY if table.key == "fit" else table.sides[-1]
    of_recipe = (row.cells.get(side) for row in table.rows if row.recipe == name and not row.part)
    return next(of_recipe, None) or Cell(estimate=None)


# ---- as files -------------------------------------------------------------------------------------------------------
@require_GET
@login_required
def figures_file(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """All figures as CSV."""
    found = _visible(request, slug, pk)
    names = list(comparison_figures.tried(found))
    lines = comparison_csv.figures_csv(found, baseline=_one_of(names, request.GET.get("baseline")))
    return _csv("".join(lines), f"{slug}-recipes-{pk}-figures.csv")


@require_GET
@login_required
def sets_file(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """All sets as CSV."""
    return _csv("".join(comparison_csv.sets_csv(_visible(request, slug, pk))), f"{slug}-recipes-{pk}-sets.csv")


def _csv(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _visible(request: HttpRequest, slug: str, pk: int) -> RecipeComparison:
    """Return the comparison, which is there for the researchers of its study alone."""
    visible = RecipeComparison.objects.visible_to(request.user).select_related("study__version", "batch", "asked_by")
    return get_object_or_404(visible, study__slug=slug, pk=pk)
