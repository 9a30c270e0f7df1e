"""The life of a study: opened, paused, resumed, closed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collection import pay, places, recipe_comparing, writing_ahead
from collection.models import Study


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
        close(study=study, now=now)
    else:
        raise NotPossible(_("There is no such step."))


@transaction.atomic
def open_study(*, study: Study, now: datetime) -> None:
    """Open a draft or a paused study, and ask for the sets that its items lack.

    :raises NotPossible: if it is closed, open already, has nothing to ask, or pays less than the panel's floor.
    """
    study = _locked(study)
    if study.state not in {Study.State.DRAFT, Study.State.PAUSED}:
        raise NotPossible(_("Only a draft or a paused study can be opened."))
    if not study.items.exists() and study.asks.prompts.own_share == 0:
        raise NotPossible(_("Load prompts first: the study has none, and annotators do not write their own."))
    _check_pay(study)
    _move(study, Study.State.OPEN)
    places.offer_ready(study=study)
    writing_ahead.ask_for_everything(study=study, now=now)


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
def close(*, study: Study, now: datetime) -> None:
    """End the study for good; sets that are not begun yet are not written any more.

    :raises NotPossible: if it was never opened, or is closed already.
    """
    study = _locked(study)
    if study.state not in {Study.State.OPEN, Study.State.PAUSED}:
        raise NotPossible(_("Only an open or a paused study can be closed."))
    _move(study, Study.State.CLOSED)
    writing_ahead.pause(study=study, now=now)
    recipe_comparing.pause_all(study=study, now=now)


def _check_pay(study: Study) -> None:
    """Refuse a study that promises less by the hour than its panel's floor."""
    below = pay.below_floor(study)
    if below is None:
        return
    message = gettext(
        "At the stated length this pays about {hourly} {currency} an hour, and the floor is {floor}. "
        "Raise what panel.pay pays, or state in panel.pay.minutes how long things really take."
    )
    if below.answer:
        message = gettext(
            "At the stated length this pays about {hourly} {currency} an hour, and the floor for {answer} is {floor}. "
            "Raise what panel.pay pays, or state in panel.pay.minutes how long things really take."
        )
    raise NotPossible(
        message.format(hourly=below.hourly, currency=below.currency, floor=below.floor, answer=below.answer)
    )


def _locked(study: Study) -> Study:
    # Two researchers who press different buttons act one after the other.
    return Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _move(study: Study, state: Study.State) -> None:
    study.state = state
    study.save(update_fields=["state"])
