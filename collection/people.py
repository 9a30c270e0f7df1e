"""The people of a study's panel, as its researchers see them: standing, what rules counted, who appealed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, When
from django.utils.translation import get_language, gettext

from annotators.forms import in_language
from annotators.judgements import Appeal, StandingChange
from annotators.models import Annotator, CheckOutcome, SurveyAnswer
from annotators.qualification import Tally
from collection import languages
from collection.models import Study, Task
from pluralism.flag_rates import Rate, by_stratum

AT_A_TIME = 50
"""People on one page."""

NOTHING = Tally(missed=0, of=0)


@dataclass
class Row:
    """One person in the table."""

    annotator: Annotator
    done: int = 0
    attention: Tally = NOTHING
    repeats: Tally = NOTHING
    rules: list[str] = field(default_factory=list)
    """Rules that hit them and that no researcher has looked at since, in words."""
    has_appealed: bool = False
    owed: Decimal = Decimal(0)

    @property
    def language(self) -> str:
        """The language of their tasks, in that of the page."""
        return languages.name_of(self.annotator.language, shown_in=get_language() or "en")


@dataclass(frozen=True)
class RuleRates:
    """One rule, and how often it hits the people of each stratum."""

    rule: str
    judged: int
    hit: int
    rates: list[tuple[str, Rate]]
    """By name of the question, one for each answer."""

    @property
    def warns(self) -> bool:
        """Whether it hits a stratum twice as often as the others."""
        return any(rate.warns for _question, rate in self.rates)


# ---- the table -------------------------------------------------------------------------------------------------------
def of(study: Study) -> QuerySet[Annotator]:
    """Return the people of a study's panel: who waits for an answer first, then who is stopped, then the newest."""
    appealed = Appeal.objects.filter(annotator=OuterRef("pk"), answered_at=None)
    there = Annotator.objects.filter(panel=study.panel).exclude(standing=Annotator.Standing.SCREENED_OUT)
    order = Case(
        When(standing=Annotator.Standing.PAUSED, then=0),
        When(standing=Annotator.Standing.ENDED, then=1),
        default=2,
        output_field=IntegerField(),
    )
    return there.annotate(has_appealed=Exists(appealed), order=order).order_by("-has_appealed", "order", "-pk")


def page_of(study: Study, number: str | None) -> tuple[Page[Annotator], list[Row]]:
    """Return one page of people and their rows; the number of queries does not depend on how many they are."""
    page = Paginator(of(study), AT_A_TIME).get_page(number)
    return page, rows(list(page.object_list), study)


def rows(people: list[Annotator], study: Study) -> list[Row]:
    """Return the rows of these people, in order."""
    found = {person.pk: Row(annotator=person, has_appealed=_appealed(person)) for person in people}
    done = Task.objects.filter(annotator__in=people, study=study).done().values("annotator").annotate(n=Count("pk"))
    for row in done.order_by():
        found[row["annotator"]].done = row["n"]
    for annotator, kind, tally in _tallies(people):
        if kind == CheckOutcome.Kind.ATTENTION:
            found[annotator].attention = tally
        elif kind == CheckOutcome.Kind.REPEAT:
            found[annotator].repeats = tally
    for change in _standing_flags(people):
        label = str(StandingChange.Rule(change.rule).label)
        if label not in found[change.annotator_id].rules:
            found[change.annotator_id].rules.append(label)
    return list(found.values())


def _appealed(person: Annotator) -> bool:
    return bool(getattr(person, "has_appealed", False))


def _tallies(people: Iterable[Annotator]) -> Iterable[tuple[int, str, Tally]]:
    counted = CheckOutcome.objects.filter(annotator__in=people).values("annotator", "kind")
    missed = Count("pk", filter=Q(passed=False))
    for row in counted.annotate(missed=missed, of=Count("pk")).order_by():
        yield row["annotator"], row["kind"], Tally(missed=row["missed"], of=row["of"])


def _standing_flags(people: Iterable[Annotator]) -> QuerySet[StandingChange]:
    """Return what rules noted and no researcher has looked at since."""
    looked = StandingChange.objects.filter(
        annotator=OuterRef("annotator"), kind=StandingChange.Kind.RESUMED, pk__gt=OuterRef("pk")
    )
    noted = StandingChange.objects.filter(annotator__in=people, by=None)
    return noted.filter(~Exists(looked)).order_by("pk")


@dataclass(frozen=True)
class Waiting:
    """Who in a panel waits for a researcher."""

    appeals: int
    paused: int


def waiting(study: Study) -> Waiting:
    """Return how many people of a study's panel wrote and have no answer, and how many are paused."""
    people = Annotator.objects.filter(panel=study.panel)
    return Waiting(
        appeals=Appeal.objects.filter(annotator__in=people, answered_at=None).count(),
        paused=people.filter(standing=Annotator.Standing.PAUSED).count(),
    )


# ---- rules and strata ------------------------------------------------------------------------------------------------
def rule_rates(study: Study) -> list[RuleRates]:
    """Return for each rule that hit anybody how often it hits the people of each stratum.

    Strata are the answers to each question with options that is asked before the first task, and the languages. A rule
    could have hit whoever did a task of the kind that it looks at.
    """
    people = Annotator.objects.filter(panel=study.panel)
    hits: dict[str, set[int]] = {}
    for rule, annotator in _hits(people):
        hits.setdefault(rule, set()).add(annotator)
    if not hits:
        return []
    strata = _strata(study)
    return [_rates(rule, hit, strata, study) for rule, hit in sorted(hits.items())]


def _hits(people: QuerySet[Annotator]) -> Iterable[tuple[str, int]]:
    noted = StandingChange.objects.filter(annotator__in=people, by=None)
    return noted.values_list("rule", "annotator_id").distinct().order_by("rule", "annotator_id")


def _strata(study: Study) -> dict[str, dict[int, str]]:
    """Return the answer of every person, by question; in words."""
    shown_in = get_language() or "en"
    of_panel = Annotator.objects.filter(panel=study.panel).exclude(standing=Annotator.Standing.SCREENED_OUT)
    spoken = of_panel.values_list("pk", "language")
    by_question = {gettext("Language"): {pk: languages.name_of(code, shown_in=shown_in) for pk, code in spoken}}
    for question in study.panel.survey.questions:
        if question.asked == "before" and question.kind == "choice":
            named = {option.key: in_language(option.text, shown_in)[0] for option in question.options}
            said = SurveyAnswer.objects.filter(annotator__panel=study.panel, question=question.key)
            answers = dict(said.values_list("annotator_id", "value"))
            title = in_language(question.text, shown_in)[0]
            by_question[title] = {pk: named[value] for pk, value in answers.items() if value in named}
    return by_question


def _rates(rule: str, hit: set[int], strata: Mapping[str, Mapping[int, str]], study: Study) -> RuleRates:
    judged = _judged(rule, study) | hit
    rates = [
        (question, rate)
        for question, answers in strata.items()
        for rate in by_stratum({pk: name for pk, name in answers.items() if pk in judged}, hit)
        if rate.others
    ]
    label = str(StandingChange.Rule(rule).label)
    return RuleRates(rule=label, judged=len(judged), hit=len(hit), rates=rates)


def _judged(rule: str, study: Study) -> set[int]:
    """Return whom a rule could have hit: who did a task of its kind; by speed, who did any."""
    if rule == StandingChange.Rule.TIMING:
        tasks = Task.objects.filter(annotator__panel=study.panel).done()
        return set(tasks.values_list("annotator_id", flat=True).distinct().order_by())
    outcomes = CheckOutcome.objects.filter(annotator__panel=study.panel, kind=rule)
    return set(outcomes.values_list("annotator_id", flat=True).distinct())
