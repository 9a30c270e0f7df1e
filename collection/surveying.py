"""When the questions come that are asked at a random place among a person's tasks (decision 39)."""

from annotators.models import Annotator
from collection import assignment
from collection.models import Task


def is_due(annotator: Annotator) -> bool:
    """Whether the person is to answer them before their next task. Who is in a task is not interrupted."""
    if annotator.survey_at is None or not annotator.open_questions("random"):
        return False
    if Task.objects.of(annotator).open().exists():
        return False
    progress = assignment.progress(annotator)
    return progress.done >= place_of(annotator.survey_at, tasks=progress.of)


def place_of(survey_at: float, *, tasks: int) -> int:
    """Return after how many tasks the questions come: from 0 to all of them, each as probable as the others."""
    return int(survey_at * (tasks + 1))
