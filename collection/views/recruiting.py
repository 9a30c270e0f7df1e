"""Pages of researchers about the people of their study's panel: how its quotas fill, somebody who wants to leave."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from annotators import quota_file, recruiting
from annotators.forms import in_language
from annotators.models import Panel, Quota
from annotators.survey import Question
from collection import withdrawal
from collection.study_forms import PersonLeavesForm, QuotaTableForm
from collection.views.managing import visible_study


@dataclass(frozen=True)
class Filling:
    """One quota as it is drawn."""

    quota: Quota
    stratum: str
    """In words: United States, 18 to 34."""

    @property
    def percent(self) -> int:
        """Places taken, in per cent of those wanted; at most 100."""
        return min(100, round(100 * self.quota.taken / self.quota.wanted)) if self.quota.wanted else 100


@dataclass(frozen=True)
class Family:
    """Quotas about the same questions."""

    asks: str
    fillings: list[Filling]


@require_http_methods(["GET", "POST"])
@login_required
def quotas(request: HttpRequest, slug: str) -> HttpResponse:
    """How the quotas of the study's panel fill; a table puts others in their place."""
    study = visible_study(request, slug)
    form = QuotaTableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            parts = _read(form.cleaned_data["file"])
            recruiting.load_quotas(panel=study.panel, parts=parts)
        except quota_file.QuotaTableInvalid as error:
            form.add_error("file", [_fault(*fault) for fault in error.faults[:20]])
        except recruiting.BelowTaken as error:
            sentence = gettext("More people hold places in {stratum} than the table wants.")
            form.add_error("file", sentence.format(stratum=error.stratum))
        except ValueError as error:
            sentence, *filling = error.args
            form.add_error("file", gettext(sentence).format(**(filling[0] if filling else {})))
        else:
            messages.success(request, gettext("The quotas are as the table says."))
            return redirect("quotas", slug)
    context = {"study": study, "families": _families(study.panel), "form": form}
    return render(request, "collection/managing/quotas.html", context, status=422 if form.errors else 200)


def _read(upload: UploadedFile) -> list[quota_file.QuotaPart]:
    # Parquet is read from its end, so the upload is put into a file; its own name is never a path.
    with tempfile.NamedTemporaryFile(suffix=Path(str(upload.name)).suffix.lower()) as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        return quota_file.read(Path(file.name))


def _fault(line: int, sentence: str, filling: dict[str, object]) -> str:
    said = gettext(sentence).format(**filling)
    return gettext("Line {line}: {said}").format(line=line, said=said) if line else said


def _families(panel: Panel) -> list[Family]:
    questions = {question.key: question for question in panel.survey.questions}
    families: dict[str, list[Filling]] = {}
    for quota in Quota.objects.filter(panel=panel).order_by("family", "pk"):
        stratum = ", ".join(_answer(questions[key], quota.where[key]) for key in questions if key in quota.where)
        families.setdefault(quota.family, []).append(Filling(quota, stratum))
    return [Family(_asked(questions, set(family.split("|"))), fillings) for family, fillings in families.items()]


def _asked(questions: dict[str, Question], keys: set[str]) -> str:
    return " · ".join(in_language(questions[key].text, get_language())[0] for key in questions if key in keys)


def _answer(question: Question, value: str) -> str:
    options = {option.key: option for option in question.options}
    return in_language(options[value].text, get_language())[0] if value in options else value


@require_http_methods(["GET", "POST"])
@login_required
def person_leaves(request: HttpRequest, slug: str) -> HttpResponse:
    """Let somebody leave who has written that they want to."""
    study = visible_study(request, slug)
    form = PersonLeavesForm(request.POST or None, panel=study.panel)
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["pseudonym"]
        if form.cleaned_data["erase"]:
            withdrawal.withdraw(annotator=person, now=timezone.now())
            said = gettext("Everything of {name} was deleted. The next release leaves it out.")
        else:
            withdrawal.stop(annotator=person, now=timezone.now())
            said = gettext("{name} takes no further part. What they did until now is kept.")
        messages.success(request, said.format(name=person.pseudonym))
        return redirect("study", slug)
    context = {"study": study, "form": form}
    return render(request, "collection/managing/person_leaves.html", context, status=422 if form.errors else 200)
