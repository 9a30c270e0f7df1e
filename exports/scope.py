"""What a release takes in: one study, up to one moment, and the people whose consent stands; whole, or in parts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeVar

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from annotators.identities import Identity
from annotators.models import Consent, SurveyAnswer
from annotators.survey import NOT_SAID
from collection.configuration import Configuration
from collection.models import Comparison, Study, Task, Turn
from exports.models import PublishedAnnotator, PublishedConversation, Release, ReleasedPerson
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
    balanced: bool = False
    """Whether they were drawn for the balanced subset."""
    weight: float | None = None
    """Post-stratification weight; None: the study asks for none."""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as it is kept with a release."""
        return {
            "number": self.number,
            "demographics": self.demographics,
            "agreed": [self.agreed.sensitive, self.agreed.verbatim, self.agreed.training],
            "surveyed_at": self.surveyed_at.isoformat() if self.surveyed_at else None,
            "known_by": self.known_by,
            "balanced": self.balanced,
            "weight": self.weight,
        }

    @classmethod
    def from_json(cls, says: Mapping[str, Any]) -> "Person":
        surveyed_at = says["surveyed_at"]
        return cls(
            number=says["number"],
            demographics={name: says["demographics"][name] for name in DEMOGRAPHICS},
            agreed=Agreed(*says["agreed"]),
            surveyed_at=datetime.fromisoformat(surveyed_at) if surveyed_at else None,
            known_by=says["known_by"],
            balanced=says["balanced"],
            weight=says["weight"],
        )


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
    line: int = 1
    """The line of releases whose numbers are meant."""
    release: Release | None = None
    """Whose people these are, as they were fixed when it was laid out. None: whoever agrees at this moment."""
    living: dict[int, Person] = field(default_factory=dict)
    """Who agrees at this moment, where it is no release that was laid out."""
    balanced_now: dict[int, bool] = field(default_factory=dict)
    """The balanced conversations, likewise."""
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)
    """Answers without a published name, by column: published as null, and counted here by the key of the option."""
    part: Part | None = None
    """None: all of it."""
    uncut: "Scope | None" = None
    shared: dict[str, Any] = field(default_factory=dict)
    """What was worked out from the whole, for all parts that this process writes."""

    def in_part(self, part: Part) -> "Scope":
        """Return a part of this scope."""
        return replace(self, part=part, uncut=self)

    def whole(self) -> "Scope":
        """Return the scope without its cut."""
        return self.uncut or self

    def once(self, name: str, work_out: Callable[["Scope"], T]) -> T:
        """Return what a function makes of the whole scope, worked out once for all parts."""
        if name not in self.shared:
            self.shared[name] = work_out(self.whole())
        found: T = self.shared[name]
        return found

    @cached_property
    def people(self) -> dict[int, Person]:
        """Who is in it, by primary key; in a part along people nobody else."""
        if self.release is not None:
            return _released(self.release, self._people_of_part())
        if self.part is None or self.part.along != "people":
            return self.living
        span = range(self.part.first, self.part.last + 1)
        return {pk: person for pk, person in self.living.items() if person.number in span}

    @cached_property
    def balanced(self) -> dict[int, bool]:
        """The conversations in the balanced subset by number; whether their items have ten of its people."""
        if self.release is None:
            return self.balanced_now
        rows = self.release.balanced.filter(task__published__line=self.line, **self._span_of_conversations())
        return dict(rows.values_list("task__published__number", "of_ten").iterator(chunk_size=10_000))

    def _span_of_conversations(self) -> dict[str, Any]:
        if self.part is None or self.part.along != "conversations":
            return {}
        return {"task__published__number__range": (self.part.first, self.part.last)}

    def turns(self) -> QuerySet[Turn]:
        """The turns to be published, by conversation and number."""
        happened = Turn.objects.that_happened().without_practice()
        repeated = PublishedConversation.objects.filter(task=OuterRef("task__repeat_of"), line=self.line)
        return (
            happened.filter(
                self._agreed(turn=""),
                self._lies_in(turn=""),
                task__published__study=self.study,
                task__published__line=self.line,
                candidate_set__published__line=self.line,
                recorded_at__lte=self.snapshot_at,
            )
            .annotate(repeat_of=Subquery(repeated.values("number")))
            .order_by("task__published__number", "number")
        )

    def accepted(self) -> QuerySet[Comparison]:
        """The comparisons of conversations that count in an overlap or began with own words, in the same order."""
        return Comparison.objects.filter(
            self._agreed(turn="turn__"),
            self._lies_in(turn="turn__"),
            turn__task__published__study=self.study,
            turn__task__published__line=self.line,
            turn__candidate_set__published__line=self.line,
            turn__task__surplus=False,
            turn__task__kind=Task.Kind.REGULAR,
            recorded_at__lte=self.snapshot_at,
        ).order_by("turn__task__published__number", "turn__number")

    def candidates(self) -> QuerySet[Candidate]:
        """The candidates of the sets in those turns, by set and slot."""
        return Candidate.objects.filter(
            candidate_set__published__study=self.study,
            candidate_set__published__line=self.line,
            candidate_set__status=CandidateSet.Status.READY,
            candidate_set__finished_at__lte=self.snapshot_at,
            candidate_set__in=self.turns().order_by().values("candidate_set"),
        ).order_by("candidate_set__published__number", "slot")

    def _agreed(self, *, turn: str) -> Q:
        if self.release is None:
            return agreed_to(self.asks.licence, turn=turn)
        people = self.release.people.order_by()
        return _of_people(people.values("annotator"), people.filter(verbatim=True).values("annotator"), turn=turn)

    def _lies_in(self, *, turn: str) -> Q:
        """Return what is true of turns in this part. `turn` is the way to the turn, such as `turn__`."""
        if self.part is None:
            return Q()
        span = (self.part.first, self.part.last)
        if self.part.along == "people":
            return Q(**{f"{turn}task__annotator__in": self._numbered(span).values("annotator")})
        to_number = {"conversations": "task__published", "sets": "candidate_set__published"}[self.part.along]
        return Q(**{f"{turn}{to_number}__number__range": span})

    def _numbered(self, span: tuple[int, int]) -> QuerySet[PublishedAnnotator]:
        return PublishedAnnotator.objects.filter(study=self.study, line=self.line, number__range=span)

    def _people_of_part(self) -> Q:
        """Return what is true of released people in this part."""
        if self.part is None:
            return Q()
        span = (self.part.first, self.part.last)
        if self.part.along == "people":
            return Q(annotator__in=self._numbered(span).values("annotator"))
        if self.part.along == "conversations":
            tasks = PublishedConversation.objects.filter(study=self.study, line=self.line, number__range=span)
            return Q(annotator__in=tasks.values("task__annotator"))
        return Q(annotator__in=self.turns().order_by().values("task__annotator"))


def _released(release: Release, which: Q) -> dict[int, Person]:
    rows = ReleasedPerson.objects.filter(which, release=release).values_list("annotator_id", "says")
    return {annotator_id: Person.from_json(says) for annotator_id, says in rows.iterator(chunk_size=5000)}


def scope_of(*, study: Study, snapshot_at: datetime, line: int = 1) -> Scope:
    """Return what a release of a study at this moment takes in, by what people agree to now."""
    scope = Scope(study=study, asks=asks_of(study, snapshot_at=snapshot_at), snapshot_at=snapshot_at, line=line)
    _read_people(scope)
    return scope


def scope_of_release(release: Release) -> Scope:
    """Return what a release takes in that is laid out: the people of then, and what they agreed to."""
    assert release.snapshot_at is not None
    return Scope(
        study=release.study,
        asks=asks_of(release.study, snapshot_at=release.snapshot_at),
        snapshot_at=release.snapshot_at,
        line=release.line,
        release=release,
    )


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
    return _of_people(publish.values("annotator"), publish.filter(verbatim=True).values("annotator"), turn=turn)


def _of_people(publish: QuerySet[Any], verbatim: QuerySet[Any], *, turn: str) -> Q:
    of_person = f"{turn}task__annotator__in"
    given = Q(**{f"{turn}number": 1, f"{turn}task__item__isnull": False})
    return Q(**{of_person: verbatim}) | (given & Q(**{of_person: publish}))


def among(keys: Iterable[int]) -> RawSQL:
    """Return keys as `__in` takes them: in one value, since a statement takes 65,535 at most."""
    return RawSQL("select unnest(%s::bigint[])", [list(keys)])


def agreements(people: Iterable[int], *, licence: str) -> dict[int, Agreed]:
    """Return what those of these people agreed to, by primary key, whose answers may be published at this moment."""
    publish = Consent.objects.to_publish(licence).filter(annotator__in=among(people))
    rows = publish.values_list("annotator_id", "sensitive", "verbatim", "training")
    return {annotator_id: Agreed(*ticks) for annotator_id, *ticks in rows}


def _read_people(scope: Scope) -> None:
    numbered = PublishedAnnotator.objects.filter(
        study=scope.study, line=scope.line, annotator__tasks__in=scope.turns().order_by().values("task")
    )
    numbers = dict(numbered.distinct().values_list("annotator_id", "number"))
    questions = {question.key: question for question in scope.study.panel.survey.questions}
    surveyed = _surveyed(scope, [key for key, question in questions.items() if question.asked != "before"])
    known_by = _known_by(scope)
    for annotator_id, agreed in agreements(numbers, licence=scope.asks.licence).items():
        scope.living[annotator_id] = Person(
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
            person = scope.living.get(annotator_id)
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
