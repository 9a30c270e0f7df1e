"""The copy of a study and its panel in which simulated people work: marked as a dry run, with the same texts."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from annotators import recruiting
from annotators.models import ConsentText, Panel
from annotators.panel_file import QuotaPart
from collection import places
from collection.configuration import Configuration
from collection.models import Item, Prompt, Study, StudyVersion
from sampling import copying

Row = TypeVar("Row", ConsentText, Prompt)

MOST_ITEMS = 2000
"""More prompts than these are not copied: enough for hundreds of people, and done in seconds."""

PORTION = 500


class NothingToCopy(Exception):
    """The study has no prompt whose answers are ready, and nobody writes answers to people's own."""


@transaction.atomic
def copy(*, study: Study, slug: str, now: datetime) -> Study:
    """Return an open copy of a study and its panel, with the prompts whose answers are ready.

    :raises NothingToCopy: if people would have nothing to do in it.
    """
    ready = Item.objects.assignable().filter(study=study).select_related("prompt", "candidate_set")
    items = list(ready.order_by("pk")[:MOST_ITEMS])
    questions = any(item.prompt.role == Prompt.Role.QUESTION for item in items)
    assert study.version is not None
    if not questions and not (study.asks.prompts.own_share and study.version.live_recipe(opening=True)):
        raise NothingToCopy
    made = _study(study, _panel(study.panel, slug, now=now), slug, now=now)
    for start in range(0, len(items), PORTION):
        _items(items[start : start + PORTION], made, now=now)
    return made


def _panel(panel: Panel, slug: str, *, now: datetime) -> Panel:
    made = Panel.objects.create(
        slug=slug,
        name=panel.name,
        wave=panel.wave,
        # No panel sends simulated people: they come by invitation.
        definition={**panel.definition, "slug": slug, "source": None},
        origin=Panel.Origin.DRY_RUN,
        created_at=now,
    )
    ConsentText.objects.bulk_create(
        _copied(text, panel_id=made.pk) for text in panel.consent_texts.order_by("published_at", "pk")
    )
    parts = [
        QuotaPart.model_validate({"where": quota.where, "wanted": quota.wanted, "rule": quota.rule})
        for quota in panel.quotas.order_by("pk")
    ]
    recruiting.set_quotas(panel=made, parts=parts)
    return made


def _study(study: Study, panel: Panel, slug: str, *, now: datetime) -> Study:
    assert study.version is not None
    asks = Configuration.model_validate({**study.version.configuration, "slug": slug})
    made = Study.objects.create(
        slug=slug, title=study.title, panel=panel, origin=panel.origin, state=Study.State.OPEN, created_at=now
    )
    made.version = StudyVersion.objects.create(
        study=made,
        number=1,
        configuration=asks.canonical(),
        sha256=asks.sha256(),
        first_recipe=study.version.first_recipe,
        later_recipe=study.version.later_recipe,
        recorded_at=now,
    )
    made.save(update_fields=["version"])
    made.researchers.set(study.researchers.all())
    return made


def _items(items: Sequence[Item], study: Study, *, now: datetime) -> None:
    sets = copying.copies([item.candidate_set for item in items if item.candidate_set is not None])
    changes = {"study_id": study.pk, "recorded_at": now}
    prompts = Prompt.objects.bulk_create(_copied(item.prompt, **changes) for item in items)
    made = Item.objects.bulk_create(
        Item(study=study, prompt=prompt, candidate_set=candidate_set, order_seed=item.order_seed)
        for item, prompt, candidate_set in zip(items, prompts, sets, strict=True)
    )
    places.lay_out(made, study=study)


def _copied(row: Row, **changes: object) -> Row:
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{name: getattr(row, name) for name in fields} | changes)
