"""What a release takes in: one study, up to one moment, and the people whose consent stands."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from annotators.models import Annotator, SurveyAnswer
from annotators.survey import NOT_SAID
from collection.configuration import Configuration
from collection.models import Comparison, Study, Task, Turn
from exports.models import PublishedAnnotator
from sampling.models import Candidate, CandidateSet

DEMOGRAPHICS = (
    "annotator_age",
    "annotator_gender",
    "annotator_education_level",
    "annotator_political",
    "annotator_ethnicity",
    "annotator_country",
)


@dataclass(frozen=True, slots=True)
class Person:
    """What is published about one annotator."""

    number: int
    demographics: dict[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a release takes in. Its people are read once; everything else is streamed."""

    study: Study
    asks: Configuration
    """The configuration in force at the moment of the snapshot."""
    snapshot_at: datetime
    people: dict[int, Person] = field(default_factory=dict)
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)
    """Answers without a published name, by column: published as null, and counted here by the key of the option."""

    def turns(self) -> QuerySet[Turn]:
        """The turns to be published, by conversation and number."""
        happened = Turn.objects.that_happened().without_practice()
        return happened.filter(
            task__published__study=self.study,
            task__annotator__in=Annotator.objects.consenting(),
            recorded_at__lte=self.snapshot_at,
        ).order_by("task__published__number", "number")

    def accepted(self) -> QuerySet[Comparison]:
        """The comparisons of conversations that count in an overlap or began with own words, in the same order."""
        return Comparison.objects.filter(
            turn__task__published__study=self.study,
            turn__task__annotator__in=Annotator.objects.consenting(),
            turn__task__surplus=False,
            turn__task__kind=Task.Kind.REGULAR,
            recorded_at__lte=self.snapshot_at,
        ).order_by("turn__task__published__number", "turn__number")

    def candidates(self) -> QuerySet[Candidate]:
        """The candidates of the sets in those turns, by set and slot."""
        return Candidate.objects.filter(
            candidate_set__published__study=self.study,
            candidate_set__status=CandidateSet.Status.READY,
            candidate_set__finished_at__lte=self.snapshot_at,
            candidate_set__in=self.turns().order_by().values("candidate_set"),
        ).order_by("candidate_set__published__number", "slot")


def scope_of(*, study: Study, snapshot_at: datetime) -> Scope:
    """Return what a release of a study at this moment takes in."""
    version = study.versions.filter(recorded_at__lte=snapshot_at).order_by("number").last() or study.version
    assert version is not None
    scope = Scope(study=study, asks=version.asks, snapshot_at=snapshot_at)
    _read_people(scope)
    return scope


def _read_people(scope: Scope) -> None:
    numbered = PublishedAnnotator.objects.filter(
        study=scope.study,
        annotator__in=Annotator.objects.consenting(),
        annotator__tasks__in=scope.turns().order_by().values("task"),
    )
    for annotator_id, number in numbered.distinct().values_list("annotator_id", "number"):
        scope.people[annotator_id] = Person(number, dict.fromkeys(DEMOGRAPHICS))
    options = {
        question.key: {option.key for option in question.options} for question in scope.study.panel.survey.questions
    }
    for name, column in scope.asks.columns.items():
        unmapped: Counter[str] = Counter()
        for annotator_id, answer in _answers(scope, column.question):
            if annotator_id in scope.people:
                scope.people[annotator_id].demographics[name] = column.values.get(answer) or None
                if answer not in column.values and answer != NOT_SAID:
                    # What people typed themselves is not repeated.
                    unmapped[answer if answer in options.get(column.question, ()) else "other"] += 1
        if unmapped:
            scope.unmapped[name] = unmapped


def _answers(scope: Scope, question: str) -> Iterator[tuple[int, str]]:
    answers = SurveyAnswer.objects.filter(
        annotator__panel=scope.study.panel_id, question=question, recorded_at__lte=scope.snapshot_at
    )
    return answers.values_list("annotator_id", "value").iterator(chunk_size=10_000)
