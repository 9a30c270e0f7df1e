"""Comparisons of recipes whose sets are there, for tests of what is shown of them."""

from collections.abc import Mapping, Sequence

from collection.models import ComparedRecipe, DrawnPrompt, RecipeComparison, Study, Trial
from sampling.models import Batch, CandidateSet
from tests.factories import PromptFactory, StudyFactory


def comparison_of(
    sets: Mapping[str, Sequence[CandidateSet]], *, study: Study | None = None, sets_per_prompt: int = 2
) -> RecipeComparison:
    """Return a comparison of recipes by name; their sets stand in the order of the prompts, so many for each."""
    study = study or StudyFactory()
    prompts = max(len(of_recipe) for of_recipe in sets.values()) // sets_per_prompt
    comparison = RecipeComparison.objects.create(
        study=study, seed=1, prompts_wanted=prompts, sets_per_prompt=sets_per_prompt, batch=Batch.objects.create()
    )
    drawn = [
        DrawnPrompt.objects.create(comparison=comparison, place=place, prompt=PromptFactory(study=study))
        for place in range(prompts)
    ]
    for place, (name, of_recipe) in enumerate(sets.items()):
        compared = ComparedRecipe.objects.create(
            comparison=comparison, place=place, name=name, recipe=of_recipe[0].recipe
        )
        for number, one in enumerate(of_recipe):
            prompt = drawn[number // sets_per_prompt].prompt
            Trial.objects.create(compared=compared, prompt=prompt, number=number % sets_per_prompt, candidate_set=one)
    return comparison
