"""What people are owed: derived here and nowhere else, from what they did; asked again it adds what is new.

Everything that was done is paid: also what nobody can use, what came too late, and what was begun and left. Amounts go
up and never down: whoever settles again finds what is written, and adds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from annotators.forms import in_language
from annotators.ledger import PayEntry
from annotators.models import Annotator, Panel
from annotators.pay_terms import Offer, PayPart, offer, rounded
from collection.models import Comparison, Prompt, Study, Task, Turn
from pluralism import pay_rates

Reason = PayEntry.Reason
State = Task.State

LONGEST_PAUSE = timedelta(minutes=15)
"""What lies between two signs of a person counts as work up to this long: longer ones are breaks."""

ENDED = (State.COMPLETED, State.ABANDONED, State.EXPIRED)
MAY_GO_ON = ("expired", "closed")
"""How a conversation ended that can still be completed: looked at again."""

PAID_IN_FULL = ("completed", "none", "surplus", "reported")


# ---- writing it down -------------------------------------------------------------------------------------------------
def settle_panel(*, panel: Panel, now: datetime) -> int:
    """Write down what people of a panel are owed and nobody has written down; return of how many people."""
    if panel.part.pay is None:
        return 0
    people = Annotator.objects.filter(pk__in=_unsettled_people(panel)).order_by("pk")
    for person in people.select_related("panel"):
        settle(annotator=person, now=now)
    return len(people)


@transaction.atomic
def settle(*, annotator: Annotator, now: datetime) -> None:
    """Write down what a person is owed and nobody has written down. Doing it again changes nothing."""
    # What they do at this moment comes before all of this or after it, and two who settle do so one after the other.
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    pay = person.panel.part.pay
    if pay is None:
        return
    known = {(entry.reason, entry.subject): entry for entry in person.pay_entries.all()}
    for owed in _owed(person, pay):
        owed.annotator, owed.currency, owed.recorded_at = person, pay.currency, now
        _write(owed, known.get((owed.reason, owed.subject)))


def _write(owed: PayEntry, known: PayEntry | None) -> None:
    if known is None:
        owed.save(force_insert=True)
    elif (known.because, known.turns) != (owed.because, owed.turns) or owed.amount > known.amount:
        known.because, known.turns = owed.because, owed.turns
        known.amount, known.seconds = max(known.amount, owed.amount), max(known.seconds, owed.seconds)
        known.recorded_at = owed.recorded_at
        known.save()


def _unsettled_people(panel: Panel) -> set[int]:
    people = Annotator.objects.filter(panel=panel)
    entries = PayEntry.objects.filter(annotator=OuterRef("pk"))
    away = people.filter(standing=Annotator.Standing.SCREENED_OUT)
    found = set(away.filter(~Exists(entries.filter(reason=Reason.SCREENED_OUT))).values_list("pk", flat=True))
    for subject, stage in enumerate(("before", "after")):
        asked = people.filter(survey_answers__question__in=_asked(panel, stage))
        unpaid = asked.filter(~Exists(entries.filter(reason=Reason.SURVEY, subject=subject)))
        found |= set(unpaid.values_list("pk", flat=True))
    return found | set(unsettled(Task.objects.filter(annotator__panel=panel)).values_list("annotator_id", flat=True))


def unsettled(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Restrict to tasks that ended and of which not all that is owed is written down."""
    entry = PayEntry.objects.filter(
        annotator=OuterRef("annotator"), reason__in=[Reason.CONVERSATION, Reason.PRACTICE], subject=OuterRef("pk")
    )
    compared = Comparison.objects.filter(turn__task=OuterRef("pk")).order_by().values("turn__task")
    counted = Coalesce(Subquery(compared.annotate(n=Count("pk")).values("n")), 0)
    again = entry.filter(because__in=MAY_GO_ON)
    return (
        tasks.filter(state__in=ENDED)
        .annotate(compared=counted)
        .filter(
            ~Exists(entry)
            | (Exists(again) & ~Q(state=State.EXPIRED))
            | Exists(again.exclude(turns=OuterRef("compared")))
        )
    )


# ---- what is owed ----------------------------------------------------------------------------------------------------
def _owed(person: Annotator, pay: PayPart) -> Iterator[PayEntry]:
    """Yield what a person is owed for everything that is over and not written down yet."""
    if person.standing == Annotator.Standing.SCREENED_OUT:
        yield PayEntry(reason=Reason.SCREENED_OUT, amount=pay.screened_out)
        return
    yield from _for_questions(person, pay)
    tasks = unsettled(Task.objects.of(person)).select_related("version", "study", "item__prompt").order_by("pk")
    for task in tasks:
        turns = list(task.turns.order_by("number").select_related("comparison", "candidate_set"))
        yield _for_task(task, turns, pay)
        for turn in turns:
            if (waited := _waited(task, turn)) > timedelta(0):
                yield _for_waiting(turn, waited, pay)


def _for_questions(person: Annotator, pay: PayPart) -> Iterator[PayEntry]:
    before, after = _asked(person.panel, "before"), _asked(person.panel, "after")
    answered = dict(person.survey_answers.values_list("question", "recorded_at"))
    if (said := [answered[key] for key in before if key in answered]) and not person.open_questions("before"):
        seconds = _seconds(_work(person.joined_at, max(said)))
        yield PayEntry(reason=Reason.SURVEY, subject=0, amount=pay.survey, seconds=seconds)
    if any(key in answered for key in after) and not person.open_questions("after"):
        stated = timedelta(minutes=pay.minutes.last_questions)
        yield PayEntry(reason=Reason.SURVEY, subject=1, amount=pay.last_questions, seconds=_seconds(stated))


def _asked(panel: Panel, stage: str) -> list[str]:
    return [question.key for question in panel.part.questions() if question.asked == stage]


def _for_task(task: Task, turns: list[Turn], pay: PayPart) -> PayEntry:
    because, compared = _because(task, turns), sum(turn.is_compared for turn in turns)
    worked = _worked(task, turns)
    practice = task.kind == Task.Kind.PRACTICE
    rate = pay.practice if practice else pay.conversation
    stated = pay.minutes.practice if practice else pay.minutes.conversation
    share = Decimal(1)
    if because not in PAID_IN_FULL:
        # As far as it got, or for the time it took, whichever is more.
        share = min(Decimal(1), Decimal(compared) / (1 if practice else task.asks.turns.minimum))
    by_time = pay.minute * Decimal(str(min(worked.total_seconds() / 60, stated)))
    return PayEntry(
        reason=Reason.PRACTICE if practice else Reason.CONVERSATION,
        subject=task.pk,
        because=because,
        turns=compared,
        amount=rounded(min(rate, max(rate * share, by_time))),
        seconds=_seconds(worked),
    )


def _because(task: Task, turns: list[Turn]) -> str:
    """Return how a conversation ended."""
    if task.state == State.EXPIRED:
        return "closed" if task.study.state == Study.State.CLOSED else "expired"
    if task.state == State.ABANDONED:
        known = {"reported", "withdrawn", "ended", "failed"}
        return task.left_because if task.left_because in known else "skipped"
    if task.surplus:
        return "surplus"
    last = turns[-1] if turns else None
    nothing_good = last is not None and last.is_compared and last.comparison.outcome == Comparison.Outcome.NONE
    return "none" if nothing_good else "completed"


def _worked(task: Task, turns: list[Turn]) -> timedelta:
    """Return for how long somebody read, chose and wrote in a task, without waiting and without breaks."""
    total, since = timedelta(0), task.recorded_at
    for turn in turns:
        total += _work(since, turn.recorded_at)
        shown, compared = turn.shown_at or turn.recorded_at, turn.comparison.recorded_at if turn.is_compared else None
        # Who left it by themselves looked at it until then; of who was gone when it expired nobody knows.
        until = compared or (task.finished_at if task.state == State.ABANDONED and turn.shown_at else shown)
        total += _work(shown, until or shown)
        since = until or shown
    return total


def _work(start: datetime, end: datetime) -> timedelta:
    return max(timedelta(0), min(end - start, LONGEST_PAUSE))


def _waited(task: Task, turn: Turn) -> timedelta:
    """Return for how long somebody waited for the answers of a turn; an item's own are there at once."""
    if turn.number == 1 and task.item_id is not None:
        return timedelta(0)
    ends = [moment for moment in (turn.candidate_set.finished_at, turn.shown_at, task.finished_at) if moment]
    return _work(turn.recorded_at, min(ends)) if ends else timedelta(0)


def _for_waiting(turn: Turn, waited: timedelta, pay: PayPart) -> PayEntry:
    failed = not turn.is_compared and turn.candidate_set.has_failed
    return PayEntry(
        reason=Reason.FAILED_SET if failed else Reason.WAITING,
        subject=turn.pk,
        amount=rounded(pay.minute * Decimal(str(waited.total_seconds() / 60))),
        seconds=_seconds(waited),
    )


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


# ---- reading it ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """What one person is owed for things of one kind."""

    reason: str
    number: int
    amount: Decimal


@dataclass(frozen=True)
class Account:
    """What one person is owed."""

    currency: str
    lines: list[Line]

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


def account(annotator: Annotator) -> Account | None:
    """Return what is written down for a person; None where people of their panel are not paid."""
    pay = annotator.panel.part.pay
    if pay is None:
        return None
    entries = annotator.pay_entries.values("reason").annotate(number=Count("pk"), sum=Sum("amount")).order_by()
    found = {row["reason"]: row for row in entries if row["sum"]}
    lines = [
        Line(reason=str(reason.label), number=found[reason]["number"], amount=found[reason]["sum"])
        for reason in Reason
        if reason in found
    ]
    return Account(currency=pay.currency, lines=lines)


def totals(people: Iterable[Annotator]) -> dict[int, Decimal]:
    """Return what these people are owed, by key."""
    entries = PayEntry.objects.filter(annotator__in=people).values("annotator").annotate(sum=Sum("amount"))
    return {row["annotator"]: row["sum"] for row in entries.order_by()}


def offered(study: Study, *, language: str | None = None) -> Offer | None:
    """Return what somebody who does all of a study can expect, and how long it takes; None without pay."""
    pay = study.panel.part.pay
    if pay is None:
        return None
    practice = study.prompts.filter(role=Prompt.Role.PRACTICE)
    by_language = practice.values("language").annotate(n=Count("pk")).values_list("language", "n").order_by()
    found = dict(by_language)
    practices = found.get(language, 0) if language else max(found.values(), default=0)
    after = any(question.asked == "after" for question in study.panel.part.questions())
    return offer(pay, conversations=study.asks.tasks_per_annotator, practices=practices, last_questions=after)


def offered_to(annotator: Annotator) -> Offer | None:
    """Return what somebody can expect who does all that the open studies of their panel ask; None without pay."""
    if annotator.panel.part.pay is None:
        return None
    studies = Study.objects.open().for_panel(annotator.panel).select_related("version", "panel")
    offers = [offered(study, language=annotator.language) for study in studies]
    return next((found for found in offers if found), None)


# ---- by the hour -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Hourly:
    """What an hour of work paid people who gave one answer, beside the floor that holds for them."""

    answer: str
    """In the panel file's words; empty: all whose answer is not known, or not asked."""
    name: str
    """The answer as people read it."""
    spread: pay_rates.Spread
    floor: Decimal | None

    @property
    def is_below(self) -> bool:
        """Whether half of them had less than the floor."""
        return self.floor is not None and Decimal(str(self.spread.median)) < self.floor

    @property
    def has_some_below(self) -> bool:
        """Whether one in ten had less than the floor."""
        return self.floor is not None and Decimal(str(self.spread.tenth)) < self.floor


def by_the_hour(panel: Panel) -> list[Hourly]:
    """Return the hourly pay of people who worked, by the answer that tells floors apart; else by country."""
    pay = panel.part.pay
    if pay is None:
        return []
    question = (pay.floor.per if pay.floor else "") or "country"
    entries = PayEntry.objects.filter(annotator__panel=panel).exclude(reason=Reason.SCREENED_OUT)
    sums = entries.values("annotator").annotate(amount=Sum("amount"), time=Sum("seconds")).order_by()
    said = Annotator.objects.filter(panel=panel, survey_answers__question=question)
    answers = dict(said.values_list("pk", "survey_answers__value"))
    rates: dict[str, list[float]] = defaultdict(list)
    for row in sums:
        rate = pay_rates.hourly(float(row["amount"]), row["time"])
        if rate is not None:
            rates[answers.get(row["annotator"], "")].append(rate)
    names = _names(panel, question)
    return [_hourly(answer, names, pay, found) for answer, found in sorted(rates.items())]


def _hourly(answer: str, names: dict[str, str], pay: PayPart, rates: list[float]) -> Hourly:
    found = pay_rates.spread(rates)
    assert found is not None
    floor = rounded(pay.floor.of_answer(answer)) if pay.floor else None
    return Hourly(answer=answer, name=names.get(answer, "–"), spread=found, floor=floor)


def _names(panel: Panel, key: str) -> dict[str, str]:
    """Return the answers to a question as people read them, by key."""
    options = [option for question in panel.part.questions() if question.key == key for option in question.options]
    return {option.key: in_language(option.text, get_language())[0] for option in options}


@dataclass(frozen=True)
class BelowFloor:
    """A study promises less than the floor of its panel."""

    hourly: Decimal
    floor: Decimal
    answer: str
    """For whom that floor holds; empty: for all others."""
    currency: str


def below_floor(study: Study) -> BelowFloor | None:
    """Return by how much a study promises too little by the hour, at the stated length; None where it does not."""
    pay, promised = study.panel.part.pay, offered(study)
    if pay is None or promised is None or pay.floor is None:
        return None
    answer, floor = max(pay.floor.each(), key=lambda each: each[1])
    if promised.hourly >= floor:
        return None
    return BelowFloor(hourly=promised.hourly, floor=rounded(floor), answer=answer, currency=pay.currency)
