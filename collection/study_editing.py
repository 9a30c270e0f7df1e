"""Making a study from its file and changing it later, without changing what people have already answered."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from annotators import enrolment, recruiting, signing_keys
from annotators.models import Annotator, Panel
from annotators.panel_file import changed_questions, check_quotas
from annotators.pay_terms import fallen
from collection import places, writing_ahead
from collection.configuration import Configuration
from collection.models import Overlap, Prompt, Study, StudyVersion, Task
from collection.study_file import Document, Fault
from sampling.intake import define_recipe
from sampling.models import CandidateSet
from sampling.recipe_document import Generator

FIXED_ONCE_ANSWERED = ("questions", "turns", "none_of_these", "explanations", "also_ask")
"""Parts that give an answer its meaning: they stand still from the first task on."""


class WouldChangeAnswers(Exception):
    """The file asks for a change that would alter what people have already answered."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Outcome:
    """What applying a file did."""

    study: Study
    created: bool
    changed: list[str] = field(default_factory=list)
    """The parts that changed; empty where the study already was as the file says."""


@transaction.atomic
def apply(*, document: Document, by: User | None, now: datetime) -> Outcome:
    """Create the study of a file, or bring it in line with the file. Applying a file twice changes nothing.

    :raises WouldChangeAnswers: naming every entry that cannot change any more, with its line.
    """
    configuration = document.study.configuration()
    # Two uploads of one study wait for each other here.
    study = Study.objects.select_for_update(no_key=True).filter(slug=configuration.slug).first()
    if faults := _refusals(document, study):
        raise WouldChangeAnswers(faults)
    part = document.study.panel
    panel_before = Panel.objects.filter(slug=part.slug).values_list("definition", flat=True).first()
    panel = enrolment.open_panel(part=part, now=now)
    if study is None:
        return Outcome(study=_create(configuration, panel, by=by, now=now), created=True)
    changed = _update(study, configuration, now=now)
    if panel.definition != panel_before:
        changed.append("panel")
    return Outcome(study=study, created=False, changed=changed)


def apply_visible(*, document: Document, by: User, study: Study | None, now: datetime) -> Outcome:
    """Apply a file that a researcher sent from a page: for a new study, or for the one whose page it was.

    :raises WouldChangeAnswers: also if the file names a study other than this one, or one of somebody else.
    """
    slug = document.study.slug
    if study is not None and slug != study.slug:
        raise WouldChangeAnswers([_fault(document, gettext("a study keeps its slug"), "slug")])
    if study is None and Study.objects.filter(slug=slug).exclude(pk__in=Study.objects.visible_to(by)).exists():
        raise WouldChangeAnswers([_fault(document, gettext("is taken; choose another one"), "slug")])
    _check_panel_is_open_to(document, by)
    return apply(document=document, by=by, now=now)


def _check_panel_is_open_to(document: Document, by: User) -> None:
    """Refuse a change of a panel that only studies of others use."""
    slug = document.study.panel.slug
    own = Study.objects.visible_to(by).filter(panel__slug=slug)
    if Panel.objects.filter(slug=slug).exists() and not own.exists() and not by.is_superuser:
        raise WouldChangeAnswers([_fault(document, gettext("is taken; choose another one"), "panel", "slug")])


def _create(configuration: Configuration, panel: Panel, *, by: User | None, now: datetime) -> Study:
    study = Study.objects.create(slug=configuration.slug, title=configuration.title, panel=panel, created_at=now)
    _new_version(study, configuration, now=now)
    if by is not None:
        study.researchers.add(by)
    return study


def _update(study: Study, configuration: Configuration, *, now: datetime) -> list[str]:
    old, new = study.asks.canonical(), configuration.canonical()
    changed = [name for name in new if new[name] != old.get(name)]
    if changed:
        _new_version(study, configuration, now=now)
    if "recipes" in changed:
        writing_ahead.follow_recipe(study=study)
    if "prompts" in changed:
        writing_ahead.follow_topics(study=study)
    if "recipes" in changed and study.state == Study.State.OPEN:
        writing_ahead.ask_for_everything(study=study, now=now)
    if "overlap" in changed:
        _change_overlap(study, strata_changed=_strata(old["overlap"]) != _strata(new["overlap"]))
    return changed


def _change_overlap(study: Study, *, strata_changed: bool) -> None:
    """Bring the places of every item in line with what the study wants now."""
    if not strata_changed:
        Overlap.objects.filter(study=study).update(wanted=study.asks.overlap.wanted)
        return
    # Only in a draft: nobody holds a place.
    Overlap.objects.filter(study=study).delete()
    items = study.items.select_related("prompt", "candidate_set").order_by("pk").iterator(chunk_size=2000)
    while some := list(islice(items, 2000)):
        places.lay_out(some, study=study)


def _new_version(study: Study, configuration: Configuration, *, now: datetime) -> None:
    later = configuration.recipes.later
    study.version = StudyVersion.objects.create(
        study=study,
        number=study.versions.count() + 1,
        configuration=configuration.canonical(),
        sha256=configuration.sha256(),
        first_recipe=define_recipe(configuration.recipes.first),
        later_recipe=define_recipe(later) if later else None,
        recorded_at=now,
    )
    study.title = configuration.title
    study.save(update_fields=["version", "title"])


# ---- what must not change -------------------------------------------------------------------------------------------
def _refusals(document: Document, study: Study | None) -> list[Fault]:
    faults = _survey_refusals(document) + _consent_refusals(document) + _endpoint_refusals(document)
    faults += _pay_refusals(document)
    faults += _key_refusals(document)
    faults += _quota_refusals(document)
    if study is None:
        return faults
    if study.panel.slug != document.study.panel.slug:
        faults.append(_fault(document, gettext("a study keeps its panel"), "panel", "slug"))
    old, new = study.asks.canonical(), document.study.configuration().canonical()
    if study.state == Study.State.CLOSED and old != new:
        return [*faults, _fault(document, gettext("a closed study does not change"), "slug")]
    if study.state != Study.State.DRAFT and _strata(old["overlap"]) != _strata(new["overlap"]):
        message = gettext("cannot tell other strata apart once the study was opened; make another study")
        faults.append(_fault(document, message, "overlap"))
    faults += _topic_refusals(document, study)
    return faults + (_answered_refusals(document, study, old, new) if Task.objects.filter(study=study).exists() else [])


def _topic_refusals(document: Document, study: Study) -> list[Fault]:
    """Refuse to mark topics, or to take their mark away, where answers were written without it, or with it."""
    moved = set(study.asks.prompts.factual_topics) ^ set(document.study.prompts.factual_topics)
    status = CandidateSet.Status
    written = Q(item__candidate_set__status__in=[status.GENERATING, status.READY])
    imported = Q(item__candidate_set__recipe__document__method="imported")
    prompts = Prompt.objects.filter(written, study=study, topic__in=moved, factual=False).exclude(imported)
    if not (topics := sorted(prompts.values_list("topic", flat=True).distinct())):
        return []
    message = gettext("cannot change for {topics}: answers to these prompts are written; load them under another topic")
    return [_fault(document, message.format(topics=", ".join(topics)), "prompts", "factual_topics")]


def _answered_refusals(document: Document, study: Study, old: dict[str, Any], new: dict[str, Any]) -> list[Fault]:
    faults = []
    for name in FIXED_ONCE_ANSWERED:
        if not _still_says(old[name], new[name]):
            message = gettext("cannot change any more: people have answered under it; make another study")
            faults.append(_fault(document, message, name))
    if gone := set(old["languages"]) - set(new["languages"]):
        message = gettext("cannot lose {languages}: people work in it").format(languages=", ".join(sorted(gone)))
        faults.append(_fault(document, message, "languages"))
    if Overlap.objects.filter(study=study, taken__gt=document.study.overlap.wanted).exists():
        message = gettext("is below the places that are already taken")
        faults.append(_fault(document, message, "overlap"))
    return faults


def _strata(overlap: Any) -> Any:
    return {**overlap, "wanted": None} if isinstance(overlap, dict) else None


def _still_says(old: Any, new: Any) -> bool:
    """Tell whether everything that was said is said still; tables may gain entries (another language, say)."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _still_says(value, new[key]) for key, value in old.items())
    return bool(old == new)


def _survey_refusals(document: Document) -> list[Fault]:
    part = document.study.panel
    panel = Panel.objects.filter(slug=part.slug).first()
    if panel is None:
        return []
    answered = set(enrolment.answered_questions(panel=panel))
    values = part.values or panel.part.values
    questions = [*part.survey, *(values.questions() if values else [])]
    message = gettext("cannot change any more: people have answered this question; ask another one beside it")
    keys = [question.key for question in part.survey]
    return [
        _fault(document, message, "panel", "survey", *([keys.index(key)] if key in keys else []))
        for key in changed_questions(panel.survey.questions, questions)
        if key in answered
    ]


def _consent_refusals(document: Document) -> list[Fault]:
    part = document.study.panel
    message = gettext("was published under this version; give the new text a new version")
    return [
        _fault(document, message, "panel", "consent", "texts", language)
        for language in enrolment.changed_consent(slug=part.slug, part=part.consent)
    ]


def _quota_refusals(document: Document) -> list[Fault]:
    part = document.study.panel
    panel = Panel.objects.filter(slug=part.slug).first()
    if panel is None:
        return []
    if part.quotas is None:
        return _left_quotas_refusals(document, panel)
    below = recruiting.below_taken(panel=panel, parts=part.quotas)
    message = gettext("is below the places that are already taken for {strata}")
    return [_fault(document, message.format(strata=", ".join(below)), "panel", "quotas")] if below else []


def _left_quotas_refusals(document: Document, panel: Panel) -> list[Fault]:
    """Refuse a survey that cannot answer the quotas that stay as they are."""
    asked = [question for question in document.study.panel.survey if question.asked == "before"]
    try:
        check_quotas(panel.part.quotas or [], asked)
    except ValueError as error:
        sentence, *filling = error.args
        return [_fault(document, gettext(sentence).format(**(filling[0] if filling else {})), "panel", "survey")]
    return []


def _pay_refusals(document: Document) -> list[Fault]:
    """Refuse to pay people less than they were promised when they came."""
    part = document.study.panel
    panel = Panel.objects.filter(slug=part.slug).first()
    if panel is None or not Annotator.objects.filter(panel=panel).exists():
        return []
    message = gettext("cannot be less than what people were promised who have come already; make another panel")
    names = fallen(panel.part.pay, part.pay)
    return [_fault(document, message, "panel", "pay", *([] if name == "pay" else [name])) for name in names]


def _endpoint_refusals(document: Document) -> list[Fault]:
    faults = []
    for name, recipe in document.study.recipes:
        for generator in recipe.writers() if recipe else []:
            if generator.endpoint and (message := why_not_listed(generator)):
                inside = ["generator", "endpoint"] if generator is recipe.generator else []
                faults.append(_fault(document, message, "recipes", name, *inside))
    return faults


def _key_refusals(document: Document) -> list[Fault]:
    """Refuse a source whose keys the administrator does not let us fetch: nobody could ever prove who they are."""
    url = getattr(document.study.panel.source, "keys_url", None)
    if url is None or signing_keys.is_listed(url):
        return []
    message = gettext("is not at a host from which the administrator lets keys be fetched, which are: {names}")
    names = ", ".join(settings.KEY_HOSTS) or gettext("none")
    return [_fault(document, message.format(names=names), "panel", "source", "keys_url")]


def why_not_listed(generator: Generator) -> str:
    """Say why this endpoint is not asked; nothing where the administrator's list has it and the model."""
    endpoint = settings.ENDPOINTS.get(generator.endpoint or "")
    if endpoint is None:
        names = ", ".join(sorted(settings.ENDPOINTS)) or gettext("none")
        message = gettext("{endpoint} is not on the administrator's list of endpoints, which has: {names}")
        return message.format(endpoint=generator.endpoint, names=names)
    if endpoint.models is not None and generator.model not in endpoint.models:
        message = gettext("{endpoint} is listed for other models than {model}: {names}")
        return message.format(endpoint=endpoint.name, model=generator.model, names=", ".join(endpoint.models))
    return ""


def _fault(document: Document, message: str, *path: str | int) -> Fault:
    return Fault(line=document.line_of(*path), place=".".join(str(part) for part in path), message=message)
