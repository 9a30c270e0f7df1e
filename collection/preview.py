"""A task as an annotator will see it, without anybody having seen it."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from annotators import enrolment
from annotators.models import Annotator
from annotators.purposes import PURPOSES
from annotators.survey import Question
from collection import assignment
from collection.models import Study, StudyVersion, Task

Shown = TypeVar("Shown")


def preview(
    *, study: Study, language: str, own: bool, show: Callable[[Annotator, Task], Shown], now: datetime
) -> Shown:
    """Return what `show` makes of a task that this study would give a newcomer: on a given prompt, or on their own.

    The newcomer, the place and the order drawn are real while the page is made, and rolled back after it: a preview
    leaves nothing behind and runs through the very code that annotators' tasks run through.

    :raises assignment.NoTaskAvailable: if there is nothing to show in this language.
    """
    with transaction.atomic():
        # The study's row is locked: nobody sees it open, and nobody opens it meanwhile.
        locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        locked.state = Study.State.OPEN
        locked.save(update_fields=["state"])
        Study.objects.for_panel(locked.panel).exclude(pk=locked.pk).open().update(state=Study.State.PAUSED)
        _settle_the_mix(locked, own=own)
        annotator = _newcomer(study, language, now=now)
        shown = show(annotator, assignment.give_task(annotator=annotator, now=now))
        transaction.set_rollback(True)
    return shown


def own_is_possible(study: Study) -> bool:
    """Whether annotators of this study can be asked to write a prompt of their own."""
    return study.asks.prompts.own_share > 0 and study.terms.live_recipe(opening=True) is not None


def _settle_the_mix(study: Study, *, own: bool) -> None:
    # The draw between the two kinds is the study's; who previews wants to look at one of them. Another version, since
    # no version ever changes.
    terms = study.terms
    prompts = {**terms.configuration["prompts"], "own_share": 1.0 if own else 0.0}
    study.version = StudyVersion.objects.create(
        study=study,
        number=study.versions.count() + 1,
        configuration={**terms.configuration, "prompts": prompts},
        sha256=terms.sha256,
        first_recipe=terms.first_recipe,
        later_recipe=terms.later_recipe,
    )
    study.save(update_fields=["version"])


def _newcomer(study: Study, language: str, *, now: datetime) -> Annotator:
    """Let somebody in who agrees to everything and gives the first answer to each question."""
    annotator = Annotator.objects.create(
        panel=study.panel, panel_origin=study.panel.origin, language=language, joined_at=now
    )
    text = enrolment.current_consent_text(panel=study.panel, language=language)
    enrolment.consent(annotator=annotator, text=text, to=PURPOSES, now=now)
    while questions := annotator.open_questions("before"):
        given = annotator.answers()
        answers = {question.key: _first_answer(question, given) for question in questions}
        enrolment.answer(annotator=annotator, answers=answers, now=now)
    return annotator


def _first_answer(question: Question, given: dict[str, str]) -> str:
    offered = question.offered(given)
    return offered[0].key if offered else "1"
