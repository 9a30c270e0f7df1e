"""What is asked: studies, prompts, items, tasks, turns, comparisons."""

from collection.models.prompt import Item, Overlap, Prompt
from collection.models.study import Study, StudyVersion, User
from collection.models.task import Comparison, Draft, Report, Task, Turn

__all__ = [
    "Comparison",
    "Draft",
    "Item",
    "Overlap",
    "Prompt",
    "Report",
    "Study",
    "StudyVersion",
    "Task",
    "Turn",
    "User",
]
