"""What is asked: studies, prompts, items, tasks, turns, comparisons."""

from collection.models.dry_run import DryRun
from collection.models.prompt import Item, Overlap, Prompt
from collection.models.recipe_comparison import ComparedRecipe, DrawnPrompt, RecipeComparison, Trial
from collection.models.study import Study, StudyVersion, User
from collection.models.task import Comparison, Draft, Report, Task, Turn

__all__ = [
    "ComparedRecipe",
    "Comparison",
    "Draft",
    "DrawnPrompt",
    "DryRun",
    "Item",
    "Overlap",
    "Prompt",
    "RecipeComparison",
    "Report",
    "Study",
    "StudyVersion",
    "Task",
    "Trial",
    "Turn",
    "User",
]
