"""What a task's page shows: one step of one conversation, whole or as the part that changes."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext_lazy

from annotators.forms import in_language
from collection import assignment, conversation
from collection.conversation import Step
from collection.forms import ComparisonForm, MessageForm, acceptable_in
from collection.models import Draft, Task, Turn
from sampling import intake
from sampling.models import Candidate

# The names of the answers on the screen; scripts with letters of their own order have their own.
LABELS = [
    pgettext_lazy("name of an answer", "A"),
    pgettext_lazy("name of an answer", "B"),
    pgettext_lazy("name of an answer", "C"),
    pgettext_lazy("name of an answer", "D"),
    pgettext_lazy("name of an answer", "E"),
    pgettext_lazy("name of an answer", "F"),
    pgettext_lazy("name of an answer", "G"),
    pgettext_lazy("name of an answer", "H"),
]
DEMO_MODEL = "demo_model/weights"


@dataclass(frozen=True)
class Shown:
    """A candidate in its place on this person's screen."""

    place: int
    number: int
    label: str
    candidate: Candidate
    acceptable: str = ""
    """What the form holds: "yes", "no", or nothing."""


def task_page(
    request: HttpRequest, task: Task, *, status: int = 200, form: Form | None = None, preview: bool = False, **more: Any
) -> HttpResponse:
    """Show where the task stands: the part that changes to htmx, else the whole page.

    With `preview` the page is a researcher's look: nothing on it can be sent.
    """
    context = {**_context(task), "preview": preview, **more}
    draft = getattr(task, "draft", None) if task.is_open else None
    context["draft_at"] = milliseconds(draft.updated_at) if draft else 0
    context["form"] = form = form or _form(context["step"], context["turn"], draft or Draft())
    if isinstance(form, ComparisonForm) and form.asks.also_ask.acceptable:
        held = {each: form[acceptable_in(each.place)].value() or "" for each in context["shown"]}
        context["shown"] = [replace(each, acceptable=said) for each, said in held.items()]
    part = bool(getattr(request, "htmx", False))
    page = "collection/managing/preview.html" if preview else "collection/annotating/task.html"
    return render(request, "collection/annotating/_task.html" if part else page, context, status=status)


def _context(task: Task) -> dict[str, Any]:
    step, turn, asks = conversation.step(task), task.current_turn, task.asks
    language, number = task.annotator.language, turn.number if turn else 0
    return {
        "task": task,
        "step": step.value,
        "turn": turn,
        "turn_number": number,
        "message_number": number + 1 if step in {Step.WRITE_OPENING, Step.WRITE_NEXT, Step.REWORD} else number,
        "asks": asks,
        "language": language,
        "question": in_language(asks.questions.choice, language)[0],
        "explanation_question": in_language(asks.questions.explanation, language)[0],
        "said": task.history(),
        "message": turn.message if turn and step in {Step.COMPARE, Step.WAIT, Step.FAILED} else "",
        "shown": shown(turn) if turn and step == Step.COMPARE else [],
        "asks_why": turn is not None and asks.explanations.is_asked_in(turn.pk),
        "least_characters": asks.explanations.minimum(language),
        "is_last": conversation.is_last_turn(turn) if turn else False,
        "can_end": conversation.can_end(task),
        "messages_left": asks.turns.maximum - number,
        "demo_model": step in {Step.COMPARE, Step.WAIT} and is_by_demo_model(turn),
        "progress": assignment.progress(task.annotator),
        "practice": practice_of(task) if step == Step.DONE else None,
        **(waiting_context(turn) if turn and step == Step.WAIT else {}),
    }


def waiting_context(turn: Turn) -> dict[str, Any]:
    """Return what can be said to who waits for candidates."""
    waiting = intake.waiting(candidate_set=turn.candidate_set)
    seconds = waiting.typical_seconds
    return {
        "turn": turn,
        "being_written": waiting.position == 0,
        "ahead": max(0, waiting.position - 1),
        "typical_seconds": max(1, round(seconds)) if seconds is not None and seconds < 90 else None,
        "typical_minutes": round(seconds / 60) if seconds is not None and seconds >= 90 else None,
    }


def shown(turn: Turn) -> list[Shown]:
    """Return the candidates as this annotator sees them, with their names on the screen."""
    candidates = enumerate(turn.candidates_in_order())
    return [Shown(place, place + 1, str(LABELS[place]), candidate) for place, candidate in candidates]


@dataclass(frozen=True)
class Practice:
    """What to tell somebody who has done a practice task."""

    expected: Shown | None
    """The answer that practice calls the better one; none where it calls none so."""
    chosen: Shown | None
    """The answer that they chose; none where they said "none of these"."""
    text: str
    """What the researcher says to it, in the prompt's language; or nothing."""

    @property
    def as_expected(self) -> bool:
        """Whether they chose what was expected."""
        return self.expected is not None and self.expected == self.chosen


def practice_of(task: Task) -> Practice | None:
    """Return what to tell about a practice task that was done."""
    turn = task.current_turn
    if task.kind != Task.Kind.PRACTICE or task.item is None or turn is None or not turn.is_compared:
        return None
    by_slot = {each.candidate.slot: each for each in shown(turn)}
    prompt = task.item.prompt
    expected = None if prompt.expected_slot is None else by_slot.get(prompt.expected_slot)
    chosen = by_slot[turn.chosen.slot] if turn.chosen else None
    return Practice(expected=expected, chosen=chosen, text=prompt.feedback)


def is_by_demo_model(turn: Turn | None) -> bool:
    """Whether the answers come from the model that only shows how things work."""
    writers = turn.candidate_set.made_by.says.writers() if turn else ()
    return any(writer.model.rstrip("/").endswith(DEMO_MODEL) for writer in writers)


def milliseconds(moment: datetime) -> int:
    """Return a moment as scripts count time."""
    return int(moment.timestamp() * 1000)


def _form(step: Step | str, turn: Turn | None, draft: Draft) -> Form | None:
    """Return the step's form, with what was typed and not sent."""
    step = Step(step)
    if step == Step.COMPARE and turn is not None:
        drafted = {**(draft.more or {}), "choice": draft.choice, "explanation": draft.explanation}
        return ComparisonForm(turn=turn, initial=drafted)
    if step == Step.REWORD and turn is not None:
        return MessageForm(initial={"message": draft.message or turn.message})
    if step in {Step.WRITE_OPENING, Step.WRITE_NEXT}:
        return MessageForm(initial={"message": draft.message})
    return None
