"""Conversations: tasks, their turns, the comparisons made, and what was typed but not sent."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from annotators.models import Annotator
from collection.configuration import Configuration
from collection.models.prompt import Item, Overlap
from collection.models.study import Study, StudyVersion
from sampling.models import Candidate, CandidateSet


def without(row: models.Model, *names: str) -> None:
    """Remember that a row just made has no rows of these one-to-one relations, so that nobody asks the database."""
    for name in names:
        getattr(type(row), name).related.set_cached_value(row, None)


class TaskQuerySet(models.QuerySet["Task"]):
    def of(self, annotator: Annotator) -> "TaskQuerySet":
        return self.filter(annotator=annotator)

    def open(self) -> "TaskQuerySet":
        return self.filter(state=Task.State.OPEN)

    def live(self) -> "TaskQuerySet":
        """Restrict to open and held tasks: their places count as taken."""
        return self.filter(state__in=Task.LIVE)

    def held(self) -> "TaskQuerySet":
        return self.filter(state=Task.State.HELD)

    def overdue(self, *, now: datetime) -> "TaskQuerySet":
        """Restrict to open and held tasks whose lease has run out."""
        return self.live().filter(lease_until__lt=now)

    def done(self) -> "TaskQuerySet":
        """Restrict to tasks that count towards what a person is asked to do: completed, or expired with work in it."""
        compared = Comparison.objects.filter(turn__task=models.OuterRef("pk"))
        over = Q(state=Task.State.COMPLETED) | Q(models.Exists(compared), state=Task.State.EXPIRED)
        return self.filter(over).exclude(kind=Task.Kind.PRACTICE)


class Task(models.Model):
    """One conversation assigned to one annotator."""

    class State(models.TextChoices):
        HELD = "held", _("held")  # kept for its annotator, who has not seen it yet; its place counts as taken
        OPEN = "open", _("open")  # being worked on
        COMPLETED = "completed", _("completed")  # as many turns as the study wants
        EXPIRED = "expired", _("expired")  # its lease ran out before it was completed
        ABANDONED = "abandoned", _("abandoned")  # skipped, reported, or left by somebody who withdrew

    class Kind(models.TextChoices):
        REGULAR = "regular", _("regular")  # an item, or a prompt of one's own
        REPEAT = "repeat", _("repeat")  # an item once more, to measure a person against themselves
        ATTENTION = "attention", _("attention check")  # an item that says which answer to choose
        PRACTICE = "practice", _("practice")  # before the first one; no data

    LIVE = (State.OPEN, State.HELD)

    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="tasks")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="tasks")
    version = models.ForeignKey(StudyVersion, on_delete=models.PROTECT, related_name="tasks")
    # None: the annotator writes the opening prompt.
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks")
    # The place this task holds in the item's overlap; none once given back, and for prompts of one's own.
    overlap = models.ForeignKey(Overlap, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Only regular tasks count in an overlap (decision 2).
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REGULAR)
    repeat_of = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeat")
    lease_until = models.DateTimeField()
    # How it was drawn: the seed, and the probability with which this item (or a prompt of one's own) came.
    draw_seed = models.BigIntegerField()
    draw_probability = models.FloatField()
    # Why it was left: the reason of a skip, or "reported", "withdrawn".
    left_because = models.CharField(max_length=40, blank=True)
    # Accepted after the place had gone to somebody else: paid, in the long tables, in no overlap.
    surplus = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator"], condition=Q(state="open"), name="one_open_task_each"),
            models.UniqueConstraint(
                fields=["annotator", "item"], condition=Q(repeat_of=None), name="nobody_gets_an_item_twice"
            ),
            models.CheckConstraint(
                condition=Q(kind="repeat", repeat_of__isnull=False) | (~Q(kind="repeat") & Q(repeat_of=None)),
                name="a_repeat_says_of_what",
            ),
            models.CheckConstraint(
                condition=Q(kind="regular") | Q(overlap=None), name="only_regular_tasks_hold_places"
            ),
            models.CheckConstraint(
                condition=Q(overlap=None) | Q(item__isnull=False), name="only_an_item_has_a_place_to_hold"
            ),
            models.CheckConstraint(condition=Q(surplus=False) | Q(overlap=None), name="surplus_work_holds_no_place"),
        ]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(state__in=["open", "held"]), name="live_tasks_by_lease")
        ]

    def __str__(self) -> str:
        return f"task {self.pk} of {self.annotator}"

    @property
    def terms(self) -> StudyVersion:
        """The version of the study under which this task was given, with its recipes; only to be read."""
        return StudyVersion.known(self.version_id)

    @property
    def asks(self) -> Configuration:
        """The configuration under which this task was given."""
        return self.terms.asks

    @property
    def is_regular(self) -> bool:
        return self.kind == self.Kind.REGULAR

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD

    @cached_property
    def turns_so_far(self) -> list["Turn"]:
        """The turns in order, with their comparisons and candidates, as they were when first asked for."""
        return list(self.turns.order_by("number").select_related("comparison__candidate", "candidate_set"))

    @property
    def current_turn(self) -> "Turn | None":
        """The last turn, or none before the opening prompt was sent."""
        return self.turns_so_far[-1] if self.turns_so_far else None

    def history(self) -> list[dict[str, Any]]:
        """Return the conversation so far as a chat model takes it: only turns in which an answer was chosen."""
        messages = []
        for turn in self.turns_so_far:
            chosen = turn.chosen
            if chosen is not None:
                messages.append({"role": "user", "content": turn.message})
                messages.append({"role": "assistant", "content": chosen.text})
        return messages


class TurnQuerySet(models.QuerySet["Turn"]):
    def of(self, annotator: Annotator) -> "TurnQuerySet":
        return self.filter(task__annotator=annotator)

    def that_happened(self) -> "TurnQuerySet":
        """Leave out those of held tasks, which nobody has seen."""
        return self.exclude(task__state=Task.State.HELD)

    def without_practice(self) -> "TurnQuerySet":
        """Leave out practice, which is no data."""
        return self.exclude(task__kind=Task.Kind.PRACTICE)


class Turn(models.Model):
    """A message, the candidate set for it, and the order in which this annotator saw it."""

    class Follows(models.TextChoices):
        START = "start", _("the start")  # the opening prompt
        CHOICE = "choice", _("a choice")  # the next message after a chosen answer
        REWORDING = "rewording", _("a rewording")  # the message said otherwise, after none of these
        FRESH_SET = "fresh", _("a fresh set")  # the same message with another set, after none of these

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveSmallIntegerField()
    follows = models.CharField(max_length=10, choices=Follows, default=Follows.START)
    message = models.TextField()
    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.PROTECT, related_name="turns")
    # order[i] is the slot (as generated) of the candidate in place i on this person's screen.
    order = models.JSONField()
    order_seed = models.BigIntegerField()
    # Place in the item's Latin square; none where the order was drawn freely.
    order_index = models.PositiveIntegerField(null=True, blank=True)
    # The browser's name for this message: the same name again is a repetition of the same request.
    idempotency_key = models.UUIDField()
    recorded_at = models.DateTimeField(default=timezone.now)
    # When the four answers were first on the screen.
    shown_at = models.DateTimeField(null=True, blank=True)
    # How many characters of the message were pasted, never which; none: the page's script did not say.
    pasted_characters = models.PositiveIntegerField(null=True, blank=True)
    # How often its candidates were asked for again after they could not be written; the first time by itself.
    asked_again = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = TurnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="turns_are_numbered"),
            models.UniqueConstraint(fields=["task", "idempotency_key"], name="a_message_is_sent_once"),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of {self.task_id}"

    @property
    def chosen(self) -> Candidate | None:
        """The answer that was preferred, if one was."""
        comparison = getattr(self, "comparison", None)
        return comparison.candidate if comparison else None

    @property
    def is_compared(self) -> bool:
        return getattr(self, "comparison", None) is not None

    def candidates_in_order(self) -> list[Candidate]:
        """Return the candidates as this annotator sees them."""
        by_slot = {candidate.slot: candidate for candidate in self.candidate_set.candidates.all()}
        return [by_slot[slot] for slot in self.order]


class Comparison(models.Model):
    """The choice made in a turn, with its explanation."""

    class Outcome(models.TextChoices):
        CHOSEN = "chosen", _("chosen")  # one of k
        NONE = "none", _("none of these")  # an outcome of its own (decision 1)

    class Device(models.TextChoices):
        PHONE = "phone", _("phone")  # fingers, and a narrow screen
        TABLET = "tablet", _("tablet")  # fingers
        COMPUTER = "computer", _("computer")  # a mouse or the like

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="comparison")
    outcome = models.CharField(max_length=8, choices=Outcome)
    candidate = models.ForeignKey(
        Candidate, on_delete=models.PROTECT, null=True, blank=True, related_name="comparisons"
    )
    explanation = models.TextField(blank=True)
    idempotency_key = models.UUIDField()
    recorded_at = models.DateTimeField(default=timezone.now)
    # What the page's script measured, and nothing where there was none: on which kind of device, how long the page
    # could be seen with the answers on it, and how many characters of the explanation were pasted (never which).
    device = models.CharField(max_length=8, choices=Device, blank=True, default="", db_default="")
    seconds_visible = models.FloatField(null=True, blank=True)
    pasted_characters = models.PositiveIntegerField(null=True, blank=True)
    # What the study asked for beside the choice, and nothing where it did not or the person did not say: how clear the
    # preference is (1 to 3); of every place on the screen whether its answer is acceptable ("yes", "no", ""); what
    # would have been better than all of them.
    strength = models.PositiveSmallIntegerField(null=True, blank=True)
    acceptable = models.JSONField(null=True, blank=True)
    better = models.TextField(blank=True, default="", db_default="")
    # By place on the screen (decision 37): as which one it was first seen (0: never), for how many milliseconds some of
    # it was on the screen, and how much of its height came there, in percent. None: the page's script did not say.
    exposure = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(strength=None) | Q(strength__range=(1, 3), outcome="chosen"),
                name="only_a_choice_has_a_strength",
            ),
            models.CheckConstraint(
                condition=Q(better="") | Q(outcome="none"), name="only_none_of_these_says_what_is_better"
            ),
            models.CheckConstraint(
                condition=(Q(outcome="chosen") & Q(candidate__isnull=False))
                | (~Q(outcome="chosen") & Q(candidate__isnull=True)),
                name="a_choice_names_a_candidate_and_nothing_else_does",
            ),
        ]

    def __str__(self) -> str:
        return f"comparison of turn {self.turn_id}"


class Draft(models.Model):
    """What the annotator has typed or picked in a task and not sent yet."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="draft")
    message = models.TextField(blank=True)
    explanation = models.TextField(blank=True)
    # Place on the screen (0 …), "none", or empty.
    choice = models.CharField(max_length=4, blank=True)
    # What else the form of a comparison asks for, by the name of its field.
    more = models.JSONField(null=True, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.task_id}"


class ReportQuerySet(models.QuerySet["Report"]):
    def open_in(self, study: Study) -> "ReportQuerySet":
        """Restrict to reports of a study on which no researcher has decided."""
        return self.filter(turn__task__study=study, decided_at=None)


class Report(models.Model):
    """Somebody found a candidate harmful (decision 7)."""

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="reports")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="reports")
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    # A researcher has given the item back to annotators, or keeps it away from them.
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["turn", "candidate"], name="a_candidate_is_reported_once_per_turn")
        ]

    def __str__(self) -> str:
        return f"report on candidate {self.candidate_id}"
