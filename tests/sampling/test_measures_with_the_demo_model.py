"""The whole way on real sets: written, measured, labelled, compared.

The demo model was trained to write four values under ### and one favourite value otherwise. So this shows that the
measures see the difference, not that the method makes one with other models.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from sampling.generation import fill
from sampling.intake import define_recipe
from sampling.labelling import RESEARCHER, Given, labelables, record
from sampling.models import CandidateSet
from sampling.recipe_figures import RecipeFigures, Tried, compared
from tests.sampling.conftest import document

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo_model"))
import corpus

PROMPTS = [
    "How should I spend my first free weekend in months?",
    "How do I talk about money with my parents?",
    "How can I sleep better at night?",
    "Should I take the job in another town?",
    "How do I teach my children to share?",
    "How do I make friends at my age?",
]
SETS = 2


@pytest.fixture
def figures(make_set: Callable[..., CandidateSet]) -> tuple[RecipeFigures, RecipeFigures]:
    """The figures of independent sets and of negatively-correlated ones."""

    def tried(method: str) -> Tried:
        recipe = define_recipe(document(method=method, alike="allow"))
        sets: dict[int, int] = {}
        for prompt, text in enumerate(PROMPTS):
            for _set in range(SETS):
                made = make_set(recipe=recipe, messages=[{"role": "user", "content": text}])
                fill(candidate_set_id=made.pk)
                sets[made.pk] = prompt
        return sets

    both = [tried("independent"), tried("negatively-correlated")]
    given = [
        Given(
            candidate_set_id=one.candidate_set_id,
            text_sha256=one.sha256,
            value=corpus.label_value(one.text, "en") or "",
        )
        for one in labelables(CandidateSet.objects.all())
    ]
    record(given, scheme="map", source=RESEARCHER, now=timezone.now())
    independent, diverse = compared(both, seed=1)
    return independent, diverse


@pytest.mark.whole
def test_measures_tell_sets_that_differ_from_independent_ones(figures: tuple[RecipeFigures, RecipeFigures]) -> None:
    independent, diverse = figures
    assert independent.not_measured == diverse.not_measured == 0
    [apart] = [labels for labels in diverse.labels if labels.of == "first-try"]
    assert apart.correlation.is_negative
    assert diverse.means["new_tokens"]
    assert diverse.means["new_tokens"].value > 50
    # With so few prompts only the largest differences are beyond chance.
    assert apart.less_baseline["distinct"]
    assert apart.less_baseline["distinct"].is_positive
    assert apart.less_baseline["rho_w"]
    assert apart.less_baseline["rho_w"].value < 0
    assert diverse.less_baseline["first-try.mean_distance"]
    assert diverse.less_baseline["first-try.mean_distance"].value > 0
