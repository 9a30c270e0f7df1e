"""What a release takes in: one study, up to one moment, and the people whose consent stands; whole, or in parts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.db.models import F, Min, Q, QuerySet

from annotators.identities import Identity
from annotators.models import Consent, SurveyAnswer
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
class Agreed:
    """What somebody whose answers are published agreed to beside that."""

    sensitive: bool
    verbatim: bool
    training: bool


@dataclass(frozen=True, slots=True)
class Person:
    """What is published about one annotator."""

    number: int
    demographics: dict[str, str | None]
    agreed: Agreed
    surveyed_at: datetime | None
    """When they first answered a question that does not come before the first task."""
    known_by: str
    """`invitation`, `signed-id` or `bare-id`: see records.Annotator."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A span of published numbers, both ends included."""

    along: Literal["conversations", "sets", "people"]
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a release takes in, or a part of it. Its people are read once; everything else is streamed."""

    study: Study
    asks: Configuration
    """The configuration in force at the moment of the snapshot."""
    snapshot_at: datetime
    people: dict[int, Person] = field(default_factory=dict)
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)
    """Answers without a published name, by column: published as null, and counted here by the key of the option."""

    part: Part | None = None
    """None: all of it."""
    uncut: "Scope | None" = None
    shared: dict[str, Any] = field(default_factory=dict)
    """What was worked out from the whole, for all parts that this process writes."""

    def in_part(self, part: Part) -> "Scope":
        """Return a part of this scope."""
        people = self.people
        if part.along == "people":
            people = {pk: person for pk, person in people.items() if part.first <= person.number <= part.last}
        return replace(self, part=part, people=people, uncut=self)

    def whole(self) -> "Scope":
        """Return the scope without its cut."""
        return self.uncut or self

    def once(self, name: str, work_out: Callable[["Scope"], T]) -> T:
        """Return what a function makes of the whole scope, worked out once for all parts."""
        if name not in self.shared:
            self.shared[name] = work_out(self.whole())
        found: T = self.shared[name]
        return found

    def turns(self) -> QuerySet[Turn]:
        """The turns to be published, by conversation and number."""
        happened = Turn.objects.that_happened().without_practice()
        return (
            happened.filter(
                agreed_to(self.asks.licence),
                self._lies_in(turn=""),
                task__published__study=self.study,
                recorded_at__lte=self.snapshot_at,
            )
            .annotate(repeat_of=F("task__repeat_of__published__number"))
            .order_by("task__published__number", "number")
        )

    def accepted(self) -> QuerySet[Comparison]:
        """The comparisons of conversations that count in an overlap or began with own words, in the same order."""
        return Comparison.objects.filter(
            agreed_to(self.asks.licence, turn="turn__"),
            self._lies_in(turn="turn__"),
            turn__task__published__study=self.study,
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

    def _lies_in(self, *, turn: str) -> Q:
        """Return what is true of turns in this part. `turn` is the way to the turn, such as `turn__`."""
        if self.part is None:
            return Q()
        number = {
            "conversations": f"{turn}task__published__number",
            "sets": f"{turn}candidate_set__published__number",
            "people": f"{turn}task__annotator__published__number",
        }[self.part.along]
        lies = Q(**{f"{number}__range": (self.part.first, self.part.last)})
        if self.part.along == "people":
            return lies & Q(**{f"{turn}task__annotator__published__study": self.study})
        return lies


def scope_of(*, study: Study, snapshot_at: datetime) -> Scope:
    """Return what a release of a study at this moment takes in."""
    scope = Scope(study=study, asks=asks_of(study, snapshot_at=snapshot_at), snapshot_at=snapshot_at)
    _read_people(scope)
    return scope


def asks_of(study: Study, *, snapshot_at: datetime) -> Configuration:
    """Return the configuration that was in force at a moment."""
    version = study.versions.filter(recorded_at__lte=snapshot_at).order_by("number").last() or study.version
    assert version is not None
    return version.asks


def agreed_to(licence: str, *, turn: str = "") -> Q:
    """Return what people agree at this moment to have published under this licence.

    Of who keeps their own texts to themselves these are first turns on given prompts: the candidates of all others
    answer what they wrote, and may repeat it. `turn` is the way to the turn, such as `turn__`.
    """
    publish = Consent.objects.to_publish(licence)
    of_person = f"{turn}task__annotator__in"
    given = Q(**{f"{turn}number": 1, f"{turn}task__item__isnull": False})
    everything = Q(**{of_person: publish.filter(verbatim=True).values("annotator")})
    return everything | (given & Q(**{of_person: publish.values("annotator")}))


def agreements(people: Iterable[int], *, licence: str) -> dict[int, Agreed]:
    """Return what those of these people agreed to, by primary key, whose answers may be published at this moment."""
    publish = Consent.objects.to_publish(licence).filter(annotator__in=people)
    rows = publish.values_list("annotator_id", "sensitive", "verbatim", "training")
    return {annotator_id: Agreed(*ticks) for annotator_id, *ticks in rows}


def _read_people(scope: Scope) -> None:
    numbered = PublishedAnnotator.objects.filter(
        study=scope.study, annotator__tasks__in=scope.turns().order_by().values("task")
    )
    numbers = dict(numbered.distinct().values_list("annotator_id", "number"))
    questions = {question.key: question for question in scope.study.panel.survey.questions}
    surveyed = _surveyed(scope, [key for key, question in questions.items() if question.asked != "before"])
    known_by = _known_by(scope)
    for annotator_id, agreed in agreements(numbers, licence=scope.asks.licence).items():
        scope.people[annotator_id] = Person(
            number=numbers[annotator_id],
            demographics=dict.fromkeys(DEMOGRAPHICS),
            agreed=agreed,
            surveyed_at=surveyed.get(annotator_id),
            known_by=known_by.get(annotator_id, "invitation"),
        )
    options = {key: {option.key for option in question.options} for key, question in questions.items()}
    for name, column in scope.asks.columns.items():
        unmapped: Counter[str] = Counter()
        is_sensitive = column.question in questions and questions[column.question].sensitive
        for annotator_id, answer in _answers(scope, column.question):
            person = scope.people.get(annotator_id)
            if person and (person.agreed.sensitive or not is_sensitive):
                person.demographics[name] = column.values.get(answer) or None
                if answer not in column.values and answer != NOT_SAID:
                    # What people typed themselves is not repeated.
                    unmapped[answer if answer in options.get(column.question, ()) else "other"] += 1
        if unmapped:
            scope.unmapped[name] = unmapped


def _surveyed(scope: Scope, later: Iterable[str]) -> dict[int, datetime]:
    answers = SurveyAnswer.objects.filter(
        annotator__panel=scope.study.panel_id, question__in=later, recorded_at__lte=scope.snapshot_at
    )
    return dict(answers.values("annotator").annotate(first=Min("recorded_at")).values_list("annotator", "first"))


def _known_by(scope: Scope) -> dict[int, str]:
    """Return how those were known, by primary key, whom a panel sent. Their ids stay where they are."""
    sent = Identity.objects.filter(annotator__panel=scope.study.panel_id).values_list("annotator", "verified")
    return {annotator_id: "signed-id" if verified else "bare-id" for annotator_id, verified in sent}


def _answers(scope: Scope, question: str) -> Iterator[tuple[int, str]]:
    answers = SurveyAnswer.objects.filter(
        annotator__panel=scope.study.panel_id, question=question, recorded_at__lte=scope.snapshot_at
    )
    return answers.values_list("annotator_id", "value").iterator(chunk_size=10_000)
