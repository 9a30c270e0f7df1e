"""Are a model's probabilities those of people? The distributional benchmark. Knows no Django.

Sorensen et al., "A Roadmap to Pluralistic Alignment" (ICML 2024, arXiv 2402.05070).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exports.reports.answers import Answers
from exports.reports.figures import Dots, Section, Table, between
from exports.reports.people import DISTANCE, Settings
from exports.reports.reading import Groups, Release
from pluralism import distributional, families
from pluralism.two_way import Rows

Numbers = NDArray[np.float64]


def following(release: Release, groups: Groups, models: Sequence[Answers], settings: Settings) -> Section:
    """Return how near each model's probabilities are to what each group chose."""
    refused, found = [], []
    for model in models:
        if np.isnan(model.probabilities).all():
            refused.append(f"{model.name}: the file gives no probabilities, and single answers have no distribution.")
            continue
        for number, name in enumerate(groups.names):
            rows, shares, said = _with_or_without_none(release, groups.choices(release, number), model)
            apart = distributional.against(rows, shares, seed=settings.seed, fewest=settings.fewest)
            if apart is None:
                refused.append(f"{model.name}, {name}: no item with {settings.fewest} people that the model was asked.")
            else:
                found.append((model.name, name, said, apart))
    return Section(
        key="distributional",
        title="Distributional: do probabilities follow people?",
        text=[
            "The model's probabilities of the candidates against the choices of each group, within an item, "
            "averaged over items. The null is what as many people would give who answer just as the model says; "
            "look at the excess over it. `shuffled` deals the model's probabilities to other candidates: a model "
            "that is no nearer than that knows, at most, how divided people are, and not about what.",
        ],
        tables=_distances(found, settings) if found else [],
        refused=refused,
    )


def _with_or_without_none(release: Release, rows: Rows, model: Answers) -> tuple[Rows, Numbers, str]:
    """Return choices and probabilities of the same answers: with "none of these" if the model makes it probable."""
    if np.nansum(model.probabilities[:, release.k]) > 0:
        return rows, model.probabilities, "with none"
    return rows.where(rows.categories < release.k), model.probabilities[:, : release.k], "without none"


def _distances(found: Sequence[tuple[str, str, str, distributional.Distance]], settings: Settings) -> list[Table]:
    corrected = families.holm(np.array([apart.p for *_names, apart in found]))
    main = Table(
        key="distributional",
        title="Distance to each group",
        about="Jensen-Shannon distance: square root of the divergence, base 2, 0 to 1. 95 % interval of the excess "
        f"by the jackknife over people and items; p is one-sided, `p (Holm)` corrected for these {len(found)} tests.",
        columns=[
            "model",
            "group",
            "answers",
            DISTANCE,
            "null",
            "excess",
            "low",
            "high",
            "p",
            "p (Holm)",
            "shuffled",
            "items",
            "people",
        ],
        rows=[
            [
                model,
                group,
                said,
                apart.distance,
                apart.null,
                apart.excess,
                *between(apart.interval),
                apart.p,
                float(p),
                apart.shuffled,
                apart.items,
                apart.people,
            ]
            for (model, group, said, apart), p in zip(found, corrected, strict=True)
        ],
        plot=Dots(value="excess", low="low", high="high", null="0", labels=["model", "group"]),
    )
    others = Table(
        key="distributional-other-measures",
        title="The same by other measures",
        about="KL: Kullback-Leibler divergence of people from the model in bits, over items where it is finite; "
        "`infinite` is the share of the others, where somebody chose what the model gives no probability. Moved: "
        "Wasserstein distance with candidates equally far apart, the share of people who would have to choose "
        "another. Tetrachoric: correlation of being favoured (above even chances) by model and group. Entropies in "
        "bits, that of people corrected for their number.",
        columns=["model", "group", "KL", "infinite", "moved", "tetrachoric", "entropy of people", "entropy of model"],
        rows=[
            [
                model,
                group,
                apart.divergence,
                apart.infinite,
                apart.moved,
                apart.correlation,
                apart.entropy_of_people,
                apart.entropy_of_model,
            ]
            for model, group, _said, apart in found
        ],
    )
    return [main, others]
