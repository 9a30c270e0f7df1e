"""Judging practice, attention checks and repeats: whether the choice was the one that they expect, and what follows."""

from datetime import datetime

from annotators import qualification, standing
from collection.models import Comparison, Task

KINDS = {
    Task.Kind.PRACTICE: qualification.Kind.PRACTICE,
    Task.Kind.ATTENTION: qualification.Kind.ATTENTION,
    Task.Kind.REPEAT: qualification.Kind.REPEAT,
}


def judge(comparison: Comparison, *, now: datetime) -> None:
    """Note the outcome of a check with the person who did it; a regular comparison is judged by nobody."""
    task = comparison.turn.task
    if task.is_regular or comparison.turn.number > 1:
        return
    passed = _as_before(comparison, task) if task.repeat_of_id else _as_expected(comparison, task)
    qualification.record(annotator=task.annotator, kind=KINDS[Task.Kind(task.kind)], passed=passed, now=now)
    _apply_rules(task, now=now)


def _apply_rules(task: Task, *, now: datetime) -> None:
    asks = task.asks
    if task.kind == Task.Kind.ATTENTION:
        flag_after, pause_after = asks.attention.flag_after, asks.attention.pause_after
        standing.judge_attention(annotator=task.annotator, flag_after=flag_after, pause_after=pause_after, now=now)
    if task.kind == Task.Kind.REPEAT:
        standing.judge_repeats(annotator=task.annotator, flag_below=asks.repeats.flag_below, now=now)


def _as_expected(comparison: Comparison, task: Task) -> bool:
    assert task.item is not None
    expected = task.item.prompt.expected_slot
    return expected is None or (comparison.candidate is not None and comparison.candidate.slot == expected)


def _as_before(comparison: Comparison, task: Task) -> bool:
    first = Comparison.objects.get(turn__task=task.repeat_of_id, turn__number=1)
    return (first.outcome, first.candidate_id) == (comparison.outcome, comparison.candidate_id)
