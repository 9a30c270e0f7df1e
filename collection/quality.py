"""What is known of how turns were done, as facts: in bulk for releases, and person by person for researchers.

Nothing here compares a person's choices with those of others, and no fact alone is a reason to doubt somebody: who
dictates, pastes from a notebook or reads fast is as welcome as everybody else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DurationField,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract, Greatest, Length

from annotators import standing
from annotators.models import Annotator
from collection.models import Comparison, Study, Turn
from collection.models.task import TurnQuerySet
from pluralism import quality
from sampling import languages
from sampling.models import Candidate

FAST_PERCENTILE = 95
"""From which percentile of speed on a turn is called fast."""
ENOUGH_TO_COMPARE = 30
"""Turns in a language on one kind of device from which on percentiles are given."""
ENOUGH_TIMED = 20
"""Turns with a percentile from which on a rule looks at a person's speed."""
SHORT_LETTERS = 8
"""An explanation with fewer letters than this is called short."""
MOSTLY_COPIED = 0.5
"""Share of an explanation from which on it is called copied."""

FIELDS = (
    "number",
    "message",
    "order",
    "shown_at",
    "pasted_characters",
    "candidate_set__language",
    "task__annotator_id",
    "task__item_id",
    "comparison__recorded_at",
    "comparison__outcome",
    "comparison__candidate__slot",
    "comparison__explanation",
    "comparison__device",
    "comparison__seconds_visible",
    "comparison__pasted_characters",
    "characters",
    "texts",
)
"""What is read of each row of `measured`."""


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """How one turn was done."""

    characters_read: int
    """Of the message and the candidates."""
    characters_per_second: float | None
    """Those, by the time to the choice. None: not compared, or the time is not known."""
    pace_percentile: int | None
    """Of a hundred turns in the same language on the same kind of device, how many were slower. None: too few."""
    explanation_copied: float | None
    """Share of the explanation that stands word for word in one of the candidates. None: there is none."""
    explanation_times: int | None
    """How often the person gave this very explanation. None: there is none."""
    explanation_pasted: float | None
    """Share of it that was pasted, at most. None: there is none, or the page did not say."""
    message_pasted: float | None
    """The same of the message. None: the person did not write it, or the page did not say."""
    flags: tuple[str, ...]
    """fast, short-explanation, copied, repeated, other-language. Pasting is no flag."""


@dataclass(frozen=True)
class Reference:
    """What a turn is looked at beside."""

    paces: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """The 1st to the 99th percentile of speed, by language and device."""
    times: dict[tuple[int, str], int] = field(default_factory=dict)
    """How often a person gave the very same explanation, where more than once."""


# ---- in bulk ---------------------------------------------------------------------------------------------------------
def measured(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """Add to turns what their facts need: the characters that were read; the texts where there is an explanation."""
    texts = Candidate.objects.filter(candidate_set=OuterRef("candidate_set")).order_by("slot").values("text")
    array = ArrayField(TextField())
    return turns.annotate(
        characters=_characters(),
        texts=Case(
            When(comparison__explanation__gt="", then=ArraySubquery(texts)),
            default=Value(None, output_field=array),
            output_field=array,
        ),
    )


def reference(turns: QuerySet[Turn]) -> Reference:
    """Return what these turns are looked at beside: all of them together, in two queries."""
    return Reference(paces=_paces(turns), times=_times(turns))


def facts_of(row: Any, beside: Reference) -> TurnFacts:
    """Return the facts of one row of `measured`, read with `FIELDS` by name."""
    said, language = row.comparison__explanation or "", row.candidate_set__language
    pace = _pace(row)
    percentile = _percentile(pace, beside.paces.get((language, row.comparison__device or "")))
    times = beside.times.get((row.task__annotator_id, said), 1) if said else None
    copied = round(quality.copied_share(said, row.texts or ()), 3) if said else None
    own = "" if row.number == 1 and row.task__item_id is not None else row.message
    raised = {
        "fast": percentile is not None and percentile >= FAST_PERCENTILE,
        "short-explanation": bool(said) and quality.letters(said) < SHORT_LETTERS,
        "copied": copied is not None and copied >= MOSTLY_COPIED,
        "repeated": times is not None and times > 1,
        "other-language": any(is_in_other_language(text, language) for text in (said, own) if text),
    }
    return TurnFacts(
        characters_read=row.characters or 0,
        characters_per_second=None if pace is None else round(pace, 1),
        pace_percentile=percentile,
        explanation_copied=copied,
        explanation_times=times,
        explanation_pasted=_share_pasted(row.comparison__pasted_characters, said),
        message_pasted=_share_pasted(row.pasted_characters, own),
        flags=tuple(name for name, is_so in raised.items() if is_so),
    )


def is_in_other_language(text: str, language: str) -> bool:
    """Whether a text is surely not in the language of its task.

    Hindi in Latin letters, or mixed with English, is never taken for that (decision 40): in a Hindi task nothing in
    Latin letters is.
    """
    if languages.is_in(text, language) or languages.is_latin_hindi(text):
        return False
    return not (language == "hi" and languages.main_script(text) == "latin")


def _characters() -> Expression:
    texts = Candidate.objects.filter(candidate_set=OuterRef("candidate_set")).order_by()
    sums = texts.values("candidate_set").annotate(all=Sum(Length("text"))).values("all")
    return Length("message") + Coalesce(Subquery(sums, output_field=IntegerField()), 0)


class _Hundredths(Aggregate):
    """The 1st to the 99th percentile, each a value that occurs."""

    function = "percentile_disc"
    template = (
        "%(function)s((select array_agg(n / 100.0::float8 order by n) from generate_series(1, 99) n)) "
        "within group (order by %(expressions)s)"
    )


def _paces(turns: QuerySet[Turn]) -> dict[tuple[str, str], list[float]]:
    taken = ExpressionWrapper(F("comparison__recorded_at") - F("shown_at"), output_field=DurationField())
    # The time that the page could be seen, where it said so: who left it lying open was not reading slowly.
    known = Coalesce("comparison__seconds_visible", Cast(Extract(taken, "epoch"), FloatField()))
    pace = Cast(_characters(), FloatField()) / Greatest(known, Value(0.1, output_field=FloatField()))
    compared = turns.filter(comparison__isnull=False, shown_at__isnull=False).order_by()
    found = (
        compared.annotate(pace=ExpressionWrapper(pace, output_field=FloatField()))
        .values("candidate_set__language", "comparison__device")
        .annotate(turns=Count("pk"), hundredths=_Hundredths("pace", output_field=ArrayField(FloatField())))
    )
    return {
        (row["candidate_set__language"], row["comparison__device"]): row["hundredths"]
        for row in found
        if row["turns"] >= ENOUGH_TO_COMPARE
    }


def _times(turns: QuerySet[Turn]) -> dict[tuple[int, str], int]:
    said = Comparison.objects.filter(turn__in=turns.order_by().values("pk"), explanation__gt="")
    again = said.values("turn__task__annotator_id", "explanation").annotate(times=Count("pk")).filter(times__gt=1)
    return {(row["turn__task__annotator_id"], row["explanation"]): row["times"] for row in again.order_by()}


def seconds_to_choose(row: Any) -> float | None:
    """Return how long the answers could be seen before the choice; by our clock, where the page did not say."""
    if row.comparison__seconds_visible is not None:
        return float(row.comparison__seconds_visible)
    if row.comparison__recorded_at is None or row.shown_at is None:
        return None
    return float((row.comparison__recorded_at - row.shown_at).total_seconds())


def _pace(row: Any) -> float | None:
    seconds = seconds_to_choose(row) if row.comparison__recorded_at is not None else None
    if seconds is None or row.shown_at is None:
        return None
    return quality.characters_per_second(characters=row.characters or 0, seconds=seconds)


def _percentile(pace: float | None, hundredths: Sequence[float] | None) -> int | None:
    return None if pace is None or hundredths is None else quality.percentile(pace, hundredths=hundredths)


def _share_pasted(pasted: int | None, text: str) -> float | None:
    return None if pasted is None or not text else round(min(1.0, pasted / len(text)), 3)


# ---- person by person ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PersonFacts:
    """How one person worked, over the turns that were looked at."""

    comparisons: int
    none_of_these: int
    places: quality.Places
    median_percentile: float | None
    """The median of `pace_percentile` of their turns that have one."""
    timed: int
    """Those turns."""
    fast: int
    explanations: int
    short: int
    copied: int
    repeated: int
    other_language: int
    pasted_share: float | None
    """Share of all characters of their explanations that was pasted, at most. None: the page never said."""


NOTHING_COMPARED = PersonFacts(
    comparisons=0,
    none_of_these=0,
    places=quality.places([]),
    median_percentile=None,
    timed=0,
    fast=0,
    explanations=0,
    short=0,
    copied=0,
    repeated=0,
    other_language=0,
    pasted_share=None,
)


def person_facts(turns: QuerySet[Turn], beside: Reference) -> Iterator[tuple[int, PersonFacts]]:
    """Yield the facts of each person who compared something in these turns, one person after the other, by key."""
    compared = measured(turns).filter(comparison__isnull=False)
    rows = compared.order_by("task__annotator_id", "comparison__recorded_at", "pk").values_list(*FIELDS, named=True)
    for annotator_id, theirs in groupby(rows.iterator(chunk_size=2000), key=lambda row: row.task__annotator_id):
        yield annotator_id, _person(list(theirs), beside)


def _person(rows: list[Any], beside: Reference) -> PersonFacts:
    facts = [facts_of(row, beside) for row in rows]
    paces = [fact.pace_percentile for fact in facts if fact.pace_percentile is not None]
    chosen = [row.order.index(row.comparison__candidate__slot) for row in rows if _chose(row)]
    explained = [row for row in rows if row.comparison__explanation]
    return PersonFacts(
        comparisons=len(rows),
        none_of_these=sum(row.comparison__outcome == Comparison.Outcome.NONE for row in rows),
        places=quality.places(chosen),
        median_percentile=quality.middle(paces),
        timed=len(paces),
        fast=_flagged(facts, "fast"),
        explanations=len(explained),
        short=_flagged(facts, "short-explanation"),
        copied=_flagged(facts, "copied"),
        repeated=_flagged(facts, "repeated"),
        other_language=_flagged(facts, "other-language"),
        pasted_share=_pasted_of_all(explained),
    )


def _chose(row: Any) -> bool:
    return row.comparison__candidate__slot is not None


def _flagged(facts: list[TurnFacts], flag: str) -> int:
    return sum(flag in fact.flags for fact in facts)


def _pasted_of_all(explained: list[Any]) -> float | None:
    known = [row for row in explained if row.comparison__pasted_characters is not None]
    written = sum(len(row.comparison__explanation) for row in known)
    pasted = sum(min(row.comparison__pasted_characters, len(row.comparison__explanation)) for row in known)
    return round(pasted / written, 3) if written else None


def of_person(*, study: Study, annotator: Annotator) -> PersonFacts | None:
    """Return how somebody worked in a study, beside everybody who did; None where they compared nothing."""
    turns = of_study(study)
    return next((facts for _pk, facts in person_facts(turns.of(annotator), reference(turns))), None)


def of_study(study: Study) -> TurnQuerySet:
    """Return the turns that facts are about: those of all tasks but practice."""
    return Turn.objects.that_happened().without_practice().filter(task__study=study)


def flag_fast(*, study: Study, now: datetime) -> int:
    """Flag people who are fast in as many of their turns as the study's rule says; return how many were flagged now."""
    limit = study.asks.timing.flag_share
    if limit is None:
        return 0
    flagged = 0
    turns = of_study(study)
    for pk, facts in list(person_facts(turns, reference(turns))):
        if facts.timed >= ENOUGH_TIMED and facts.fast >= limit * facts.timed:
            person = Annotator.objects.get(pk=pk)
            numbers = {"fast": facts.fast, "of": facts.timed}
            flagged += standing.flag(annotator=person, rule=standing.Rule.TIMING, numbers=numbers, now=now)
    return flagged
