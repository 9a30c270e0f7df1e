"""The life of a study: opened, paused, resumed, closed; its candidate sets asked for ahead of time."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collection import places
from collection.models import Item, Study
from sampling.intake import request_candidates
from sampling.models import CandidateSet


class NotPossible(Exception):
    """The study is not in a state for this; the message says what to do first."""


def move(*, study: Study, step: str, now: datetime) -> None:
    """Take a step by its name: open, pause or close.

    :raises NotPossible: if there is no such step from here.
    """
    if step == "open":
        open_study(study=study, now=now)
    elif step == "pause":
        pause(study=study)
    elif step == "close":
        close(study=study)
    else:
        raise NotPossible(_("There is no such step."))


@transaction.atomic
def open_study(*, study: Study, now: datetime) -> None:
    """Open a draft or a paused study, and ask for the sets that its items lack.

    :raises NotPossible: if it is closed, open already, or has nothing to ask.
    """
    study = _locked(study)
    if study.state not in {Study.State.DRAFT, Study.State.PAUSED}:
        raise NotPossible(_("Only a draft or a paused study can be opened."))
    if not study.items.exists() and study.asks.prompts.own_share == 0:
        raise NotPossible(_("Load prompts first: the study has none, and annotators do not write their own."))
    _move(study, Study.State.OPEN)
    places.offer_ready(study=study)
    request_missing_sets(study=study, now=now)


@transaction.atomic
def pause(*, study: Study) -> None:
    """Give no new tasks; whoever is in one may finish it.

    :raises NotPossible: if the study is not open.
    """
    study = _locked(study)
    if study.state != Study.State.OPEN:
        raise NotPossible(_("Only an open study can be paused."))
    _move(study, Study.State.PAUSED)


@transaction.atomic
def close(*, study: Study) -> None:
    """End the study for good.

    :raises NotPossible: if it was never opened, or is closed already.
    """
    study = _locked(study)
    if study.state not in {Study.State.OPEN, Study.State.PAUSED}:
        raise NotPossible(_("Only an open or a paused study can be closed."))
    _move(study, Study.State.CLOSED)


def request_missing_sets(*, study: Study, now: datetime) -> int:
    """Ask for a first-turn set for every item that has none, or whose set failed; return how many were asked for.

    Each item is locked, so that two clicks ask for one set.
    """
    assert study.version is not None
    failed = Q(candidate_set__status=CandidateSet.Status.FAILED)
    lacking = Item.objects.filter(Q(candidate_set=None) | failed, study=study).select_related("prompt").order_by("pk")
    asked = 0
    for item in lacking.select_for_update(of=("self",), no_key=True):
        item.candidate_set = request_candidates(
            messages=[{"role": "user", "content": item.prompt.text}],
            language=item.prompt.language,
            recipe=study.version.first_recipe,
            factual=item.prompt.factual,
            urgent=False,
            now=now,
        )
        item.save(update_fields=["candidate_set"])
        asked += 1
    return asked


def _locked(study: Study) -> Study:
    # Two researchers who press different buttons act one after the other.
    return (
        Study.objects.select_for_update(of=("self",), no_key=True)
        .select_related("version__first_recipe")
        .get(pk=study.pk)
    )


def _move(study: Study, state: Study.State) -> None:
    study.state = state
    study.save(update_fields=["state"])
