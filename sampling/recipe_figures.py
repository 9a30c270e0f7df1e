"""What the sets of several recipes measure beside each other: means with intervals, correlation, what went wrong.

Sets come with the number of the prompt that they answer, so that whoever asks decides what one prompt is. Every
interval draws prompts; a difference draws the prompts that both recipes have, together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from pluralism.resampling import Estimate
from sampling import label_figures
from sampling.embedding import N_GRAMS
from sampling.label_figures import LabelFigures, Labelled
from sampling.models import Diversity
from sampling.paired import Column, less, mean
from sampling.recipe_sets import RecipeSets, Tried


class Figure(NamedTuple):
    """A figure of each set, of which means are shown."""

    key: str
    title: Any
    """Translated when it is shown."""
    better: str
    """"more", "less", or "" where neither is."""


MEASURES = [
    Figure("mean_distance", _("mean distance"), ""),
    Figure("vendi", _("Vendi score"), ""),
    Figure("distinctness", _("different word pairs"), ""),
    Figure("length_spread", _("spread of lengths"), ""),
    Figure("near_duplicates", _("near-duplicates"), "less"),
    Figure("relevance", _("relevance"), "more"),
    Figure("lowest_relevance", _("relevance of the least relevant"), "more"),
]
"""Of the texts of a set. In `means` each stands twice: "first-try.KEY" and "shown.KEY"."""

COSTS = [
    Figure("fit_at_first_try", _("fit at the first try"), "more"),
    Figure("fit_after_repair", _("fit after repair"), "more"),
    Figure("prompt_tokens", _("tokens read"), "less"),
    Figure("new_tokens", _("tokens written"), "less"),
    Figure("seconds", _("seconds to write a set"), "less"),
    Figure("cost", _("cost"), "less"),
]
"""Of a set as a whole, under these keys in `means`; all tries count."""


@dataclass(frozen=True, kw_only=True)
class RecipeFigures:
    """What the sets of one recipe measure."""

    sets: int
    """Without erased ones."""
    prompts: int
    unfinished: int
    """Sets that are still waited for."""
    erased: int
    """Sets that are gone or whose texts are; left out of everything else."""
    factual: int
    """Sets for questions of fact, to which answers should agree: left out of distances, relevance and labels."""
    failed: dict[str, int]
    """How many sets failed, by code of sampling.reasons, the most frequent first."""
    raw_answers: int
    """Answers of first tries."""
    faults: dict[str, int]
    """Of these, how many had each fault (codes of sampling.reasons), the most frequent first. One can have several."""
    rejections: dict[str, int]
    """The same over all tries: answers that were not used, and completions that held none."""
    not_measured: int
    """Ready sets without distances in this embedding."""
    embedder: str
    """Whose distances and relevance."""
    means: dict[str, Estimate | None]
    """By the keys of MEASURES and COSTS. None: there is nothing to take a mean of."""
    less_baseline: dict[str, Estimate | None]
    """The same, less that of the baseline on the same prompts; empty for the baseline itself."""
    labels: list[LabelFigures] = field(default_factory=list)
    """What each source of labels says: of first tries and of shown sets, whole and in parts."""


def compared(tried: Sequence[Tried], *, seed: int, embedder: str = N_GRAMS) -> list[RecipeFigures]:
    """Return the figures of several recipes; the first is the baseline that the others are compared with.

    :param tried: The sets of each recipe. Sets for one prompt have one number in all recipes.
    :param seed: Draws the samples of every interval: the same seed and sets give the same figures.
    :param embedder: Whose distances; `embedders` lists which there are.
    """
    read = [RecipeSets(sets, embedder=embedder) for sets in tried]
    labels = label_figures.labelled(read)
    return [
        _figures(sets, read[0] if place else None, labels, seed=seed, embedder=embedder)
        for place, sets in enumerate(read)
    ]


def embedders(tried: Sequence[Tried]) -> list[str]:
    """Return the embedders by which any of these sets was measured, n-grams first."""
    measured = Diversity.objects.filter(candidate_set__in=[pk for sets in tried for pk in sets])
    names = set(measured.values_list("embedder", flat=True))
    return sorted(names, key=lambda name: (name != N_GRAMS, name))


def _figures(
    sets: RecipeSets, baseline: RecipeSets | None, labels: list[Labelled], *, seed: int, embedder: str
) -> RecipeFigures:
    return RecipeFigures(
        sets=len(sets.ids),
        prompts=len(set(sets.prompts.tolist())),
        unfinished=sets.unfinished(),
        erased=sets.erased,
        factual=int(sets.factual.sum()),
        failed=_in_order(sets.failed()),
        raw_answers=sum(len(answers) for answers in sets.raw_faults.values()),
        faults=_in_order(sets.faults()),
        rejections=_in_order(sets.rejections()),
        not_measured=sets.not_measured(),
        embedder=embedder,
        means={key: mean((sets.compared_column(key), sets.prompts), seed=seed) for key in sets.columns},
        less_baseline=_differences(sets, baseline, seed=seed) if baseline else {},
        labels=[found for one in labels for found in label_figures.figures(one, sets, baseline, seed=seed)],
    )


def _differences(sets: RecipeSets, baseline: RecipeSets, *, seed: int) -> dict[str, Estimate | None]:
    def column(of: RecipeSets, key: str) -> Column:
        return of.compared_column(key), of.prompts

    return {key: less(column(sets, key), column(baseline, key), seed=seed) for key in sets.columns}


def _in_order(counted: Counter[str]) -> dict[str, int]:
    return dict(counted.most_common())
