"""How far a study is: per language, what was asked for, what is done, and what went wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.translation import get_language

from annotators.models import Annotator
from collection import languages
from collection.models import Comparison, Item, Overlap, Study, Task
from sampling.models import CandidateSet
from sampling.reasons import explain, explain_detail

Status = CandidateSet.Status


@dataclass(frozen=True)
class Part:
    """A piece of a drawn bar: where it starts and how long it is, as SVG wants to read it."""

    kind: str
    start: str
    length: str


@dataclass
class LanguageProgress:
    """One row of the progress table."""

    language: str
    items: int = 0
    items_reached: int = 0
    """Items whose overlap is reached."""
    wanted: int = 0
    """Places over all items."""
    taken: int = 0
    """Places held: accepted first-turn comparisons and live assignments."""
    annotators: int = 0
    tasks_open: int = 0
    tasks_completed: int = 0
    tasks_left: int = 0
    """Expired or abandoned."""
    comparisons: int = 0
    none_of_these: int = 0
    sets_ready: int = 0
    sets_waiting: int = 0
    sets_failed: int = 0

    @property
    def name(self) -> str:
        """The language in the language of the page."""
        return languages.name_of(self.language, shown_in=get_language() or "en")

    @property
    def share_taken(self) -> int:
        """Places held, in per cent of places wanted."""
        return round(100 * self.taken / self.wanted) if self.wanted else 0

    @property
    def sets_drawn(self) -> list[Part]:
        """The candidate sets as one bar: ready, waiting, failed."""
        counted = {"ready": self.sets_ready, "waiting": self.sets_waiting, "failed": self.sets_failed}
        total, start = sum(counted.values()) or 1, 0
        parts = []
        for kind, sets in counted.items():
            parts.append(Part(kind, _per_cent(start, total), _per_cent(sets, total)))
            start += sets
        return parts


@dataclass
class Failure:
    """Why candidate sets failed that people waited for, and how many."""

    code: str
    detail: str
    sets: int

    @property
    def reason(self) -> str:
        """The code in words."""
        return str(explain(self.code))

    @property
    def what_else(self) -> str:
        """What else is known, in words where it is made of codes."""
        return explain_detail(self.code, self.detail)


@dataclass
class Progress:
    """What a study's page shows."""

    languages: list[LanguageProgress] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def total(self) -> LanguageProgress:
        """All languages together."""
        figures = [figure.name for figure in fields(LanguageProgress) if figure.name != "language"]
        sums = {name: sum(getattr(row, name) for row in self.languages) for name in figures}
        return LanguageProgress(language="", **sums)


def of(study: Study) -> Progress:
    """Return the progress of a study; the number of queries does not depend on its size."""
    rows = {language: LanguageProgress(language=language) for language in study.asks.languages}
    for figures in (_items(study), _sets(study), _tasks(study), _comparisons(study)):
        for found in figures:
            row = rows.setdefault(found["in_language"], LanguageProgress(language=found["in_language"]))
            for name, value in found.items():
                if name != "in_language":
                    setattr(row, name, value or 0)
    return Progress(languages=list(rows.values()), failures=_failures(study))


def places(studies: Iterable[Study]) -> dict[int, tuple[int, int]]:
    """Return how many places of each study are taken and how many are wanted, in one query."""
    counted = (
        Overlap.objects.filter(study__in=studies).values("study").annotate(taken=Sum("taken"), wanted=Sum("wanted"))
    )
    return {row["study"]: (row["taken"], row["wanted"]) for row in counted}


def _per_cent(count: int, total: int) -> str:
    return f"{100 * count / total:.2f}%"


def _items(study: Study) -> Iterable[Mapping[str, Any]]:
    return (
        Overlap.objects.filter(study=study)
        .values(in_language=F("language"))
        .annotate(
            items=Count("item", distinct=True),
            items_reached=Count("pk", filter=Q(taken__gte=F("wanted"))),
            wanted=Sum("wanted"),
            taken=Sum("taken"),
        )
    )


def _sets(study: Study) -> Iterable[Mapping[str, Any]]:
    status = "candidate_set__status"
    return (
        Item.objects.filter(study=study)
        .values(in_language=F("prompt__language"))
        .annotate(
            sets_ready=Count("pk", filter=Q(**{status: Status.READY})),
            sets_waiting=Count(
                "pk", filter=Q(candidate_set=None) | Q(**{f"{status}__in": [Status.REQUESTED, Status.GENERATING]})
            ),
            sets_failed=Count("pk", filter=Q(**{status: Status.FAILED})),
        )
    )


def _tasks(study: Study) -> Iterable[Mapping[str, Any]]:
    return (
        Task.objects.filter(study=study)
        .exclude(annotator__standing=Annotator.Standing.WITHDRAWN)
        .values(in_language=F("annotator__language"))
        .annotate(
            annotators=Count("annotator", distinct=True),
            tasks_open=Count("pk", filter=Q(state=Task.State.OPEN)),
            tasks_completed=Count("pk", filter=Q(state=Task.State.COMPLETED)),
            tasks_left=Count("pk", filter=Q(state__in=[Task.State.EXPIRED, Task.State.ABANDONED])),
        )
    )


def _comparisons(study: Study) -> Iterable[Mapping[str, Any]]:
    return (
        Comparison.objects.filter(turn__task__study=study)
        .exclude(turn__task__annotator__standing=Annotator.Standing.WITHDRAWN)
        .values(in_language=F("turn__task__annotator__language"))
        .annotate(comparisons=Count("pk"), none_of_these=Count("pk", filter=Q(outcome=Comparison.Outcome.NONE)))
    )


def _failures(study: Study) -> list[Failure]:
    waited_for = CandidateSet.objects.filter(turns__task__study=study, item=None)
    failed = waited_for.filter(status=Status.FAILED).values("failure", "failure_detail")
    counted = failed.annotate(sets=Count("pk", distinct=True)).order_by("-sets", "failure", "failure_detail")
    return [Failure(code=row["failure"], detail=row["failure_detail"], sets=row["sets"]) for row in counted[:10]]
