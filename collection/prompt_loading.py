"""Prompts of a table become a study's items, with their ready candidate sets and their wish for people."""

import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext
from pydantic import ValidationError

from collection import places, prompt_file, writing_ahead
from collection.models import Item, Prompt, Study
from collection.prompt_file import Line, PromptRow
from collection.study_file import message_of
from sampling.generators.interface import GeneratorFailed
from sampling.intake import ImportedCandidate, Source, UnfitSet, have_measured, import_set
from sampling.reasons import explain, explain_all


class StudyIsClosed(Exception):
    """A closed study takes no prompts."""


class RowRefused(Exception):
    """A row is not taken; the message says why."""


@dataclass
class Report:
    """What became of every line of a table."""

    read: int = 0
    added: int = 0
    with_candidates: int = 0
    duplicate: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Line and reason."""


def load_prompts(
    *,
    study: Study,
    path: Path,
    name: str = "",
    may_run_models: bool = False,
    now: datetime,
    progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Add the prompts of a table to a study; each line in its own transaction, so that a fault stops only its line.

    :param may_run_models: whether ready candidates may be judged here by models that a recipe names (a classifier, an
        embedder): a terminal has room and time for them, the website has not, and refuses such lines.
    :raises StudyIsClosed: if nobody will work on them any more.
    :raises prompt_file.FileUnreadable: if it is no table.
    """
    if study.state == Study.State.CLOSED:
        raise StudyIsClosed
    source = Source(file=name or path.name, sha256=prompt_file.sha256(path), line=None)
    report = Report()
    for line in prompt_file.read(path):
        report.read += 1
        try:
            _load(study, line, source, report, may_run_models=may_run_models, now=now)
        except RowRefused as refusal:
            report.refused.append((line.number, str(refusal)))
        progress(report)
    if report.with_candidates:
        have_measured(recipe=study.asks.recipes.first)
    if study.state == Study.State.OPEN and study.asks.recipes.first.generates:
        writing_ahead.ask(study=study, now=now)
    return report


def text_sha256(text: str) -> str:
    """Return the hash by which a text is recognised: composed characters, single spaces."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def _load(study: Study, line: Line, source: Source, report: Report, *, may_run_models: bool, now: datetime) -> None:
    row = _row(study, line)
    if row.candidates and study.asks.recipes.first.is_judged_by_models and not may_run_models:
        raise RowRefused(gettext("has candidates that a model has to judge; load it with the command load_prompts"))
    if Prompt.objects.filter(study=study, language=row.language, text_sha256=text_sha256(row.text)).exists():
        report.duplicate += 1
        return
    if row.key and Prompt.objects.filter(study=study, key=row.key).exists():
        raise RowRefused(gettext("another prompt has the key {key}").format(key=row.key))
    with transaction.atomic():
        _add(study, row, replace(source, line=line.number), now=now)
    report.added += 1
    report.with_candidates += bool(row.candidates)


def _row(study: Study, line: Line) -> PromptRow:
    if line.row is None:
        assert line.problem is not None
        raise RowRefused(_problem(line.problem))
    if line.row.language not in study.asks.languages:
        languages = ", ".join(study.asks.languages)
        message = gettext("the study is not in {language}, only in {languages}")
        raise RowRefused(message.format(language=line.row.language, languages=languages))
    wanted = study.asks.recipes.first.candidates
    if line.row.candidates and len(line.row.candidates) != wanted:
        message = gettext("has {count} candidates; the study shows {wanted}")
        raise RowRefused(message.format(count=len(line.row.candidates), wanted=wanted))
    return line.row


def _problem(problem: ValidationError | ValueError) -> str:
    if isinstance(problem, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'])} {message_of(detail)}" for detail in problem.errors()
        )
    return gettext(str(problem))


def _add(study: Study, row: PromptRow, source: Source, *, now: datetime) -> None:
    prompt = Prompt.objects.create(
        study=study,
        key=row.key,
        group=row.group,
        language=row.language,
        text=row.text,
        text_sha256=text_sha256(row.text),
        topic=row.topic,
        factual=row.factual,
        role=row.role,
        expected_slot=None if row.expected is None else row.expected - 1,
        feedback=row.feedback,
        source_file=source.file,
        source_line=source.line,
        recorded_at=now,
    )
    item = Item.objects.create(study=study, prompt=prompt, order_seed=secrets.randbits(62))
    if row.candidates:
        _import_candidates(item, row, source, now=now)
    places.lay_out([item], study=study)


def _import_candidates(item: Item, row: PromptRow, source: Source, *, now: datetime) -> None:
    candidates = [
        ImportedCandidate(
            text=entry.text, author_kind=entry.author_kind, author=entry.author, labels=tuple(entry.labels)
        )
        for entry in row.candidates
    ]
    messages = [{"role": "user", "content": row.text}]
    try:
        item.candidate_set = import_set(
            messages=messages,
            language=row.language,
            candidates=candidates,
            source=source,
            factual=item.prompt.is_factual(item.study.asks),
            recipe=item.study.asks.recipes.first,
            now=now,
        )
    except UnfitSet as unfit:
        message = gettext("its candidates are not fit to be shown: {reasons}")
        raise RowRefused(message.format(reasons=_said(unfit))) from None
    except GeneratorFailed as failure:
        raise RowRefused(f"{explain(failure.code)} {failure}") from failure
    item.save(update_fields=["candidate_set"])


def _said(unfit: UnfitSet) -> str:
    """Return what is wrong with a set, and which words stopped it: whoever wrote the table can change them."""
    words = f" ({', '.join(unfit.listed_words)})" if unfit.listed_words else ""
    return explain_all(unfit.reasons) + words
