"""The places of items: who is wanted for which, when an item is offered, and what is taken and given back."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from django.db import connection, transaction
from django.db.models import F, QuerySet

from annotators.models import Annotator, Panel
from annotators.survey import Survey
from collection.configuration import Configuration
from collection.models import Item, Overlap, Study, Task
from collection.models.prompt import Prompt, drawn_key

EVERYBODY = ""
"""The stratum of items that do not tell people apart."""

BETWEEN = "|"
"""What stands between the answers that name a stratum, in the order of the study's `overlap.per`."""

AT_ONCE = 2000
"""Items offered in one statement."""


# ---- strata ----------------------------------------------------------------------------------------------------------
def stratum_of(person: Annotator, asks: Configuration) -> str | None:
    """Return the stratum to which a person counts; None where they did not answer a question that tells it."""
    if not asks.overlap.per:
        return EVERYBODY
    answers = person.answers()
    said = [answers.get(question, "") for question in asks.overlap.per]
    return BETWEEN.join(said) if all(said) else None


def strata(asks: Configuration, survey: Survey, *, language: str) -> list[str]:
    """Return the strata that an item in this language wants."""
    if not asks.overlap.per:
        return [EVERYBODY]
    only = asks.overlap.where.get(language, {})
    questions = {question.key: question for question in survey.questions}
    answers = [only.get(key) or [option.key for option in questions[key].options] for key in asks.overlap.per]
    return [BETWEEN.join(chosen) for chosen in product(*answers)]


def lay_out(items: Iterable[Item], *, study: Study) -> None:
    """Make the places of these items, whose prompts are at hand; only questions have any."""
    survey, asks = study.panel.survey, study.asks
    Overlap.objects.bulk_create(
        Overlap(
            item=item,
            study=study,
            language=item.prompt.language,
            stratum=stratum,
            wanted=asks.overlap.wanted,
            offered=item.frozen_at is None and item.candidate_set is not None and item.candidate_set.is_ready,
        )
        for item in items
        if item.prompt.role == Prompt.Role.QUESTION
        for stratum in strata(asks, survey, language=item.prompt.language)
    )


# ---- offering --------------------------------------------------------------------------------------------------------
def offer_ready(*, study: Study | None = None, panel: Panel | None = None) -> int:
    """Offer the items whose set has become ready; return how many places that are wanted it made known.

    Sets become ready without a word to this app: who looks for a task in vain calls this, and a sweep.
    """
    waiting = Item.objects.assignable().filter(overlaps__offered=False)
    if study is not None:
        waiting = waiting.filter(study=study)
    if panel is not None:
        waiting = waiting.filter(study__panel=panel, study__state=Study.State.OPEN)
    offered = 0
    while some := _offer_some(waiting):
        offered += some
    return offered


@transaction.atomic
def _offer_some(waiting: QuerySet[Item]) -> int:
    # Locked, so that somebody who reports one of them at this moment withholds it after this, and not before.
    locked = Item.objects.filter(pk__in=waiting.values("pk")[:AT_ONCE]).select_for_update(skip_locked=True, no_key=True)
    chosen = list(locked.order_by("pk").values_list("pk", flat=True))
    return Overlap.objects.filter(item__in=chosen, offered=False).update(offered=True)


def withhold(item: Item) -> None:
    """Offer an item to nobody any more. Who is in it may go on."""
    Overlap.objects.filter(item=item).update(offered=False)


def offer_again(item: Item) -> None:
    """Offer an item that was withheld."""
    Overlap.objects.filter(item=item).update(offered=True)


# ---- taking and giving back ------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Taken:
    """A place that was taken."""

    overlap_id: int
    item: Item
    """With its prompt and set."""
    order_index: int
    """Which of the item's balanced orders goes with this place, from 0."""


# The row is locked, so that of all who drew this item one takes the place and the others draw again. Nobody waits for
# it: two who hold places already and wait for each other's would wait for ever.
_TAKE = """
    update collection_overlap set taken = taken + 1, orders_drawn = orders_drawn + 1, draw_key = %s
    where id = (
        select id from collection_overlap
        where id = %s and taken = %s and taken < wanted and offered
        for no key update skip locked
    )
    returning item_id, orders_drawn - 1
"""


def take(overlap_id: int, *, level: int) -> Taken | None:
    """Take a place of an item that was drawn at this level, with an order of its own; None if it cannot be had now."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [drawn_key(), overlap_id, level])
        row = cursor.fetchone()
    if row is None:
        return None
    item = Item.objects.select_related("prompt", "candidate_set").get(pk=row[0])
    return Taken(overlap_id=overlap_id, item=item, order_index=row[1])


def take_again(task: Task) -> bool:
    """Take the place that this task gave back, if nobody else has it by now. The caller has locked the person."""
    stratum = stratum_of(task.annotator, task.asks)
    overlap = Overlap.objects.filter(item=task.item_id, stratum=stratum).first() if stratum is not None else None
    if overlap is None or not _taken_late(overlap):
        return False
    task.overlap = overlap
    task.save(update_fields=["overlap"])
    return True


def _taken_late(overlap: Overlap) -> bool:
    wanting = Overlap.objects.wanting().filter(pk=overlap.pk)
    return bool(wanting.update(taken=F("taken") + 1, draw_key=drawn_key()))


def give_back(task: Task) -> None:
    """Let somebody else have the place that this task holds, if it holds one. The caller has locked the person."""
    held = task.overlap_id
    task.overlap = None
    # Conditional, so that no place is given back twice.
    if held and Task.objects.filter(pk=task.pk, overlap=held).update(overlap=None):
        Overlap.objects.filter(pk=held).update(taken=F("taken") - 1, draw_key=drawn_key())
