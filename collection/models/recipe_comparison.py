"""Several recipes tried on the same prompts, to be measured against each other."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from collection.models.prompt import Prompt
from collection.models.study import Study, User
from sampling.models import Batch, CandidateSet, Recipe


class RecipeComparisonQuerySet(models.QuerySet["RecipeComparison"]):
    def visible_to(self, user: User) -> "RecipeComparisonQuerySet":
        """Restrict to those of studies that this researcher works on."""
        return self.filter(study__in=Study.objects.visible_to(user))


class RecipeComparison(models.Model):
    """The same prompts through several recipes. Nobody answers these sets and no release holds them."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="recipe_comparisons")
    # Draws the prompts, and the samples of every interval.
    seed = models.BigIntegerField()
    # How many were asked for; a study that has fewer gives all it has.
    prompts_wanted = models.PositiveIntegerField()
    # A set speaks of its recipe only beside other sets of the same recipe for the same prompt: two or more.
    sets_per_prompt = models.PositiveSmallIntegerField()
    # All of its sets, so that they can be held back together.
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="recipe_comparison")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RecipeComparisonQuerySet.as_manager()

    def __str__(self) -> str:
        return f"comparison {self.pk} of recipes for {self.study}"


class DrawnPrompt(models.Model):
    """One prompt of a comparison: every recipe is tried on it, and on those of lower places before."""

    comparison = models.ForeignKey(RecipeComparison, on_delete=models.CASCADE, related_name="drawn")
    place = models.PositiveIntegerField()
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ("place",)
        constraints = [
            models.UniqueConstraint(fields=["comparison", "place"], name="drawn_prompts_are_numbered"),
            models.UniqueConstraint(fields=["comparison", "prompt"], name="a_comparison_draws_a_prompt_once"),
        ]

    def __str__(self) -> str:
        return f"prompt {self.prompt_id} of {self.comparison}"


class ComparedRecipe(models.Model):
    """One recipe of a comparison, by the name that the researcher gave it."""

    comparison = models.ForeignKey(RecipeComparison, on_delete=models.CASCADE, related_name="recipes")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("place",)
        constraints = [
            models.UniqueConstraint(fields=["comparison", "place"], name="compared_recipes_are_numbered"),
            models.UniqueConstraint(fields=["comparison", "name"], name="compared_recipes_have_names"),
        ]

    def __str__(self) -> str:
        return self.name


class Trial(models.Model):
    """One set of one recipe for one prompt."""

    compared = models.ForeignKey(ComparedRecipe, on_delete=models.CASCADE, related_name="trials")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveSmallIntegerField()
    candidate_set = models.OneToOneField(CandidateSet, on_delete=models.PROTECT, related_name="trial")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["compared", "prompt", "number"], name="trials_of_a_prompt_are_numbered")
        ]

    def __str__(self) -> str:
        return f"{self.compared}, prompt {self.prompt_id}, {self.number}"
