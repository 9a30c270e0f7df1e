"""The long tables: one conversation, one turn, one person, one candidate a line."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import PurePath
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from annotators.models import CheckOutcome, StandingChange
from collection import exposure, quality
from collection.configuration import Explanations
from collection.models import Task, Turn
from exports import records
from exports.formats.comparisons import COMPARISONS
from exports.formats.items import ITEMS
from exports.formats.table import Format, Table, Tally
from exports.records import LETTERS, values_of
from exports.scope import Scope, among
from exports.tables import Row
from sampling.embedding import N_GRAMS
from sampling.models import CandidateSet, Diversity

CONVERSATION_FIELDS = (
    "turn__task__published__number",
    "turn__task__annotator_id",
    "turn__task__item_id",
    "turn__candidate_set__language",
)


def conversations(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per conversation with an accepted comparison."""
    compared = scope.accepted().values_list(*CONVERSATION_FIELDS, named=True).iterator(chunk_size=5000)
    for number, turns in groupby(compared, key=lambda turn: turn.turn__task__published__number):
        yield values_of(records.Conversation)(head(number, list(turns), scope, tally))


def head(number: int, turns: Sequence[Any], scope: Scope, tally: Tally) -> records.Conversation:
    """Return what is said of a conversation as a whole, and count it."""
    person, first = scope.people[turns[0].turn__task__annotator_id], turns[0]
    is_given = first.turn__task__item_id is not None
    tally.add("language", first.turn__candidate_set__language)
    tally.add("opening", "given prompt" if is_given else "prompt of one's own")
    tally.add("turns", str(len(turns)))
    return records.Conversation(
        conversation_id=number,
        assigned_lang=first.turn__candidate_set__language,
        annotator_id=person.number,
        wave=scope.study.panel.wave,
        is_pregenerated_first_prompt=is_given,
        in_balanced_subset=number in scope.balanced,
        in_balanced_subset_10=scope.balanced.get(number, False),
        **person.demographics,
    )


TURN_FIELDS = (
    "task__published__number",
    "task__annotator_id",
    "task__state",
    "task__finished_at",
    "task__left_because",
    "task__surplus",
    "task__kind",
    "repeat_of",
    "task__item__prompt__expected_slot",
    "task__draw_probability",
    "task__version__number",
    "task__item_id",
    "task__item__prompt__key",
    "task__item__prompt__group",
    "task__item__prompt__topic",
    "number",
    "follows",
    "message",
    "order",
    "order_seed",
    "order_index",
    "recorded_at",
    "shown_at",
    "candidate_set__published__number",
    "candidate_set__language",
    "candidate_set__status",
    "candidate_set__finished_at",
    "comparison__recorded_at",
    "comparison__outcome",
    "comparison__candidate__slot",
    "comparison__explanation",
    "comparison__strength",
    "comparison__acceptable",
    "comparison__better",
    "comparison__exposure",
    "task__version_id",
    "pk",
)
SAID_AND_SEEN = (
    "strength",
    "acceptable",
    "better",
    "exposure_order",
    "exposure_milliseconds",
    "exposure_percent",
)
ALL_TURN_FIELDS = tuple(dict.fromkeys([*TURN_FIELDS, *quality.FIELDS]))


def turns(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per turn, compared or not."""
    beside, policies = _beside(scope), _policies(scope)
    for row in quality.measured(scope.turns()).values_list(*ALL_TURN_FIELDS, named=True).iterator(chunk_size=2000):
        turn = _turn(row, scope, beside, policies[row.task__version_id])
        if turn.surplus:
            tally.add("in long tables only", "turns of surplus conversations")
        elif turn.kind != Task.Kind.REGULAR:
            tally.add("in long tables only", "turns of attention checks and repeats")
        else:
            tally.add("outcome", turn.outcome)
            if turn.chosen_place:
                tally.add("place", str(turn.chosen_place))
        tally.add("task", turn.task_status)
        yield values_of(records.Turn)(turn)


def _compared(scope: Scope) -> QuerySet[Turn]:
    """Return the turns that were compared by the moment of the snapshot."""
    return scope.turns().filter(comparison__recorded_at__lte=scope.snapshot_at)


def _beside(scope: Scope) -> quality.Reference:
    """Return what turns are looked at beside: all turns of the release."""
    return scope.once("quality", lambda whole: quality.reference(_compared(whole)))


def _policies(scope: Scope) -> dict[int, Explanations]:
    """Return how each version of the study asks why."""
    return {version.pk: version.asks.explanations for version in scope.study.versions.all()}


def _turn(row: Any, scope: Scope, beside: quality.Reference, policy: Explanations) -> records.Turn:
    compared_at = _by(row.comparison__recorded_at, scope)
    shown_at = _by(row.shown_at, scope)
    slot = row.comparison__candidate__slot if compared_at else None
    status = _task_status(row, scope)
    person = scope.people[row.task__annotator_id]
    return records.Turn(
        conversation_id=row.task__published__number,
        turn=row.number,
        annotator_id=person.number,
        language=row.candidate_set__language,
        follows=row.follows,
        prompt=row.message,
        is_given_prompt=row.number == 1 and row.task__item_id is not None,
        prompt_key=row.task__item__prompt__key or None,
        prompt_group=row.task__item__prompt__group or None,
        topic=row.task__item__prompt__topic or None,
        candidate_set_id=row.candidate_set__published__number,
        set_status=row.candidate_set__status if _by(row.candidate_set__finished_at, scope) else "waiting",
        order_shown=row.order,
        order_seed=row.order_seed,
        order_index=row.order_index,
        outcome=_outcome(row, compared_at, status),
        chosen_slot=slot,
        chosen_place=None if slot is None else row.order.index(slot) + 1,
        feedback=(row.comparison__explanation or None) if compared_at and person.agreed.verbatim else None,
        feedback_asked=policy.is_asked_in(row.pk),
        feedback_probability=0.0 if policy.asked == "never" else policy.share,
        **_said_and_seen(row, compared_at, verbatim=person.agreed.verbatim),
        seconds_waited=_seconds(row.recorded_at, shown_at),
        seconds_to_choose=_seconds(shown_at, compared_at),
        day=row.recorded_at.date(),
        task_status=status,
        left_because=(row.task__left_because or None) if status == Task.State.ABANDONED else None,
        kind=row.task__kind,
        repeat_of=row.repeat_of,
        expected_slot=row.task__item__prompt__expected_slot,
        # It turned out with the first comparison.
        surplus=row.task__surplus and (row.number > 1 or compared_at is not None),
        draw_probability=round(row.task__draw_probability, 9),
        study_version=row.task__version__number,
        after_survey=person.surveyed_at is not None and person.surveyed_at <= row.recorded_at,
        verbatim_agreed=person.agreed.verbatim,
        training_agreed=person.agreed.training,
        **_facts(row, scope, beside),
    )


def _said_and_seen(row: Any, compared_at: datetime | None, *, verbatim: bool) -> dict[str, Any]:
    """Return what was said beside the choice, and what was seen of each candidate: by slot."""
    acceptable, seen = row.comparison__acceptable, row.comparison__exposure
    if not compared_at:
        return dict.fromkeys(SAID_AND_SEEN)
    by_slot = exposure.by_slot(seen, order=row.order) if seen else None
    places = {slot: place for place, slot in enumerate(row.order)}
    return {
        "strength": row.comparison__strength,
        "acceptable": acceptable and [acceptable[places[slot]] or "unsaid" for slot in sorted(places)],
        "better": (row.comparison__better or None) if verbatim else None,
        "exposure_order": by_slot and [order for order, _milliseconds, _percent in by_slot],
        "exposure_milliseconds": by_slot and [milliseconds for _order, milliseconds, _percent in by_slot],
        "exposure_percent": by_slot and [percent for _order, _milliseconds, percent in by_slot],
    }


def _facts(row: Any, scope: Scope, beside: quality.Reference) -> dict[str, Any]:
    if not _by(row.comparison__recorded_at, scope):
        row = row._replace(**dict.fromkeys((name for name in row._fields if name.startswith("comparison__")), None))
    facts, visible = quality.facts_of(row, beside), row.comparison__seconds_visible
    return {
        "device": row.comparison__device or None,
        "seconds_visible": None if visible is None else round(visible, 1),
        "characters_read": facts.characters_read if _by(row.shown_at, scope) else None,
        "characters_per_second": facts.characters_per_second,
        "pace_percentile": facts.pace_percentile,
        "feedback_copied": facts.explanation_copied,
        "feedback_times": facts.explanation_times,
        "feedback_pasted": facts.explanation_pasted,
        "message_pasted": facts.message_pasted,
        "flags": list(facts.flags),
    }


def _by(moment: datetime | None, scope: Scope) -> datetime | None:
    """Return a moment, if it lies before that of the snapshot."""
    return moment if moment is not None and moment <= scope.snapshot_at else None


def _task_status(row: Any, scope: Scope) -> str:
    return str(row.task__state) if _by(row.task__finished_at, scope) else str(Task.State.OPEN)


def _outcome(row: Any, compared_at: datetime | None, status: str) -> str:
    if compared_at:
        return str(row.comparison__outcome)
    return "skipped" if status == Task.State.ABANDONED else "missing"


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 1) if start and end else None


def annotators(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per person, by number."""
    compared = _compared(scope)
    facts = dict(quality.person_facts(compared, _beside(scope)))
    outcomes, rules = _outcomes(scope), _rules(scope)
    for pk, person in sorted(scope.people.items(), key=lambda each: each[1].number):
        said: dict[str, Any] = {**person.demographics}
        checks = outcomes.get(pk, {})
        attention, repeats = checks.get("attention", []), checks.get("repeat", [])
        line = records.Annotator(
            annotator_id=person.number,
            wave=scope.study.panel.wave,
            **said,
            known_by=person.known_by,
            balanced=person.balanced,
            weight=person.weight,
            **_worked(facts.get(pk, quality.NOTHING_COMPARED)),
            attention_checks=len(attention),
            attention_missed=attention.count(False),
            repeats=len(repeats),
            repeats_same=repeats.count(True),
            rules_hit=rules.get(pk, []),
        )
        yield values_of(records.Annotator)(line)


def _worked(facts: quality.PersonFacts) -> dict[str, Any]:
    places = facts.places
    return {
        "comparisons": facts.comparisons,
        "none_of_these": facts.none_of_these,
        "most_chosen_place": None if places.most_chosen is None else places.most_chosen + 1,
        "most_chosen_place_share": None if places.share is None else round(places.share, 3),
        "longest_run": places.longest_run,
        "median_pace_percentile": facts.median_percentile,
        "fast_turns": facts.fast,
        "timed_turns": facts.timed,
        "explanations": facts.explanations,
        "short_explanations": facts.short,
        "copied_explanations": facts.copied,
        "repeated_explanations": facts.repeated,
        "other_language_turns": facts.other_language,
        "pasted_share": facts.pasted_share,
    }


def _outcomes(scope: Scope) -> dict[int, dict[str, list[bool]]]:
    """Return whether checks were passed, by person and kind."""
    found: dict[int, dict[str, list[bool]]] = {}
    outcomes = CheckOutcome.objects.filter(annotator__in=among(scope.people), recorded_at__lte=scope.snapshot_at)
    for pk, kind, passed in outcomes.values_list("annotator_id", "kind", "passed"):
        found.setdefault(pk, {}).setdefault(kind, []).append(passed)
    return found


def _rules(scope: Scope) -> dict[int, list[str]]:
    """Return the rules that noted something about a person."""
    found: dict[int, list[str]] = {}
    noted = StandingChange.objects.filter(annotator__in=among(scope.people), by=None)
    known = noted.filter(recorded_at__lte=scope.snapshot_at).values_list("annotator_id", "rule").distinct()
    for pk, rule in known.order_by("annotator_id", "rule"):
        found.setdefault(pk, []).append(rule)
    return found


CANDIDATE_FIELDS = (
    "slot",
    "text",
    "method",
    "author_kind",
    "author",
    "labels",
    "completion_id",
    "completion__number",
    "completion__generator",
    "completion__model",
    "completion__revision",
    "completion__wording_sha256",
    "completion__decoding",
    "completion__seed",
    "completion__stop_reason",
    "candidate_set__published__number",
    "candidate_set__language",
    "candidate_set__factual",
    "candidate_set__remarks",
    "candidate_set__canonical_order",
    "candidate_set__recipe__sha256",
    "candidate_set__source_file",
    "candidate_set__source_sha256",
    "candidate_set__source_line",
    "measured__mean_distance",
)


def candidates(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per candidate of the sets that were shown."""
    shown = Q(candidate_set__diversities__of=Diversity.Of.SHOWN, candidate_set__diversities__embedder=N_GRAMS)
    measured = scope.candidates().annotate(measured=FilteredRelation("candidate_set__diversities", condition=shown))
    for row in measured.values_list(*CANDIDATE_FIELDS, named=True).iterator(chunk_size=2000):
        candidate = _candidate(row)
        tally.add("method", candidate.method)
        tally.add("recipe", candidate.recipe_sha256)
        if candidate.model:
            tally.add("model", candidate.model)
        if candidate.slot == 0:
            tally.add("sets", CandidateSet.Status.READY)
        yield values_of(records.Candidate)(candidate)


def _candidate(row: Any) -> records.Candidate:
    written = row.completion_id is not None
    return records.Candidate(
        candidate_set_id=row.candidate_set__published__number,
        slot=row.slot,
        response=LETTERS[row.candidate_set__canonical_order.index(row.slot)],
        text=row.text,
        language=row.candidate_set__language,
        factual=row.candidate_set__factual,
        method=row.method,
        generator=row.completion__generator,
        model=row.completion__model,
        revision=row.completion__revision or None,
        recipe_sha256=row.candidate_set__recipe__sha256,
        wording_sha256=row.completion__wording_sha256 or None,
        decoding=json.dumps(row.completion__decoding, sort_keys=True, ensure_ascii=False) if written else None,
        seed=row.completion__seed,
        completion=row.completion__number,
        stop_reason=row.completion__stop_reason,
        author_kind=row.author_kind or None,
        author=row.author or None,
        labels=row.labels,
        set_remarks=row.candidate_set__remarks,
        # Sets that came ready may be measured at any later time: the same snapshot would not give the same bytes.
        set_distance=_rounded(row.measured__mean_distance) if written else None,
        # The folder it lay in is the researcher's affair.
        source_file=PurePath(row.candidate_set__source_file).name or None,
        source_sha256=row.candidate_set__source_sha256 or None,
        source_line=row.candidate_set__source_line,
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)


TURNS = Table(
    name="turns",
    about="One turn a line: what was asked, how the candidates were shown, what was chosen, how long it took.",
    columns=records.columns(records.Turn),
    along="conversations",
    rows=turns,
    total=lambda scope: scope.turns().count(),
    rows_per_batch=5000,
)

ANNOTATORS = Table(
    name="annotators",
    about="One person a line: who they are, as far as they said, and how they worked.",
    columns=records.columns(records.Annotator),
    along="people",
    rows=annotators,
    total=lambda scope: len(scope.people),
    rows_per_batch=5000,
    fresh=True,
)

CANDIDATES = Table(
    name="candidates",
    about="One candidate a line: its text, and the model, settings and recipe it comes from.",
    columns=records.columns(records.Candidate),
    along="sets",
    rows=candidates,
    total=lambda scope: scope.candidates().count(),
    rows_per_batch=5000,
)

CONVERSATIONS = Table(
    name="conversations",
    about="One conversation a line: who had it, in which language, and how it began.",
    columns=records.columns(records.Conversation),
    along="conversations",
    rows=conversations,
    total=lambda scope: scope.accepted().order_by().values("turn__task").distinct().count(),
    rows_per_batch=5000,
)

FORMAT = Format(
    name="long-tables",
    about=_("Conversations, turns, people, candidates, comparisons and shared items, each in a table of its own."),
    tables=(CONVERSATIONS, TURNS, ANNOTATORS, CANDIDATES, COMPARISONS, ITEMS),
)
