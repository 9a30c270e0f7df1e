"""How different the candidates of one set are, recipe by recipe. Knows no Django."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from exports.reports.figures import Cell, Dots, Section, Table, estimated
from exports.reports.people import Settings
from exports.reports.reading import UNKNOWN, Item, Release
from pluralism.correlation import UNLABELLED, Correlation, correlation
from pluralism.coverage import values_held
from pluralism.diversity import mean_pairwise_distance, vendi_score
from pluralism.resampling import by_prompt, ratio
from sampling.alikeness import ALIKE_FROM, resemblance
from sampling.embedding import N_GRAMS, vectors

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

ORDINARY = "ordinary"
"""The method of the one answer in a 3+1 set that was not asked to differ."""

MEASURES = ("mean distance", "Vendi score", "near-duplicates")


def diversity(release: Release, settings: Settings) -> Section:
    """Return how different candidates are by their words, and by what they speak for."""
    refused: list[str] = []
    recipes = sorted({item.recipe for item in release.items})
    tables = [_distances(release, recipes, settings)]
    if release.labels:
        tables += _values(release, recipes, settings, refused)
    else:
        refused.append("Coverage of values and rho_w: candidates have no labels.")
    return Section(
        key="sets",
        title="How different the candidates are",
        text=[
            "Of the items that people shared. Distances see words and not what is meant; what is said about values "
            "rests on the researchers' labels. Figures depend on the language and are compared within it."
        ],
        tables=tables,
        refused=refused,
    )


def _distances(release: Release, recipes: list[str], settings: Settings) -> Table:
    measured = np.array([_measured(item) for item in release.items])
    prompts = _prompts(release)
    rows: list[list[Cell]] = []
    for recipe in recipes:
        of = np.array([item.recipe == recipe for item in release.items])
        for place, measure in enumerate(MEASURES):
            sums = by_prompt(np.stack([measured[of, place], np.ones(of.sum())], axis=1), prompts[of])[1]
            found = ratio(sums[:, 0], sums[:, 1], seed=settings.seed)
            rows.append([recipe, measure, *estimated(found), int(of.sum())])
    return Table(
        key="distances",
        title="Words, by recipe",
        about=f"Means over sets, 95 % interval by drawing prompts again. Mean distance: 1 - cosine of {N_GRAMS}, 0 "
        f"(copies) to 1. Vendi score: the effective number of different texts, 1 to {release.k} (Friedman and Dieng "
        f"2023). Near-duplicates: candidates that share {100 * ALIKE_FROM:.0f} % of their shingles with an earlier "
        "one of the set.",
        columns=["recipe", "measure", "mean", "low", "high", "sets"],
        rows=rows,
    )


def _measured(item: Item) -> list[float]:
    of = vectors(item.texts, embedder=None)
    copies = {
        later
        for (_one, first), (later, second) in combinations(enumerate(item.texts), 2)
        if resemblance(first, second) >= ALIKE_FROM
    }
    return [mean_pairwise_distance(of), vendi_score(of), float(len(copies))]


def _apart(
    release: Release, of: Flags, labels: Codes, prompts: Codes, recipe: str, settings: Settings
) -> list[list[Cell]]:
    """Return rho_w of the candidates that are no ordinary answers, where a recipe's sets hold both."""
    ordinary = np.array([[method == ORDINARY for method in item.methods] for item in release.items])
    if not ordinary[of].any() or ordinary[of].all():
        return []
    found = correlation(np.where(ordinary, UNLABELLED, labels)[of], prompts[of], seed=settings.seed)
    return [] if found.rho_w is None else [_correlated(f"{recipe}, without ordinary answers", found)]


def _correlated(name: str, found: Correlation) -> list[Cell]:
    return [name, *estimated(found.rho_w), found.floor, found.prompts, found.prompts_of_one_value]


def _prompts(release: Release) -> Codes:
    """Return the number of each item's prompt, in its language."""
    names = [(item.language, item.prompt) for item in release.items]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([numbers[name] for name in names])


def _values(release: Release, recipes: list[str], settings: Settings, refused: list[str]) -> list[Table]:
    kinds, prompts = release.kinds(), _prompts(release)
    labels = np.where(kinds == UNKNOWN, UNLABELLED, kinds)
    covered: list[list[Cell]] = []
    correlated: list[list[Cell]] = []
    for recipe in recipes:
        of = np.array([item.recipe == recipe for item in release.items])
        correlated += _apart(release, of, labels, prompts, recipe, settings)
        held = values_held(labels[of], prompts[of], values=len(release.labels), seed=settings.seed)
        covered += [
            [recipe, label, *estimated(one.covered), *estimated(one.if_independent)[:1], held.sets]
            for label, one in zip(release.labels, held.coverage, strict=True)
            if one
        ]
        found = correlation(labels[of], prompts[of], seed=settings.seed)
        if found.rho_w is None:
            refused.append(
                f"rho_w of {recipe}: no prompt has two sets, so that nothing tells what other sets would hold."
            )
        else:
            correlated.append(_correlated(recipe, found))
    tables = []
    if covered:
        tables.append(
            Table(
                key="coverage",
                title="Which values sets hold, by recipe",
                about="Share of sets with a candidate that speaks for the value, beside what independent draws "
                "with the same frequencies would cover (known where a prompt has two sets). 95 % interval by "
                "drawing prompts again.",
                columns=["recipe", "label", "covered", "low", "high", "if independent", "sets"],
                rows=covered,
                plot=Dots(
                    value="covered", low="low", high="high", null="if independent", labels=["label"], bounds=(0, 1)
                ),
            )
        )
    if correlated:
        tables.append(
            Table(
                key="rho-w",
                title="Do the values of one set avoid each other?",
                about="rho_w = (S - D) / (1 - D): 0 for independent draws, below 0 where candidates of one set "
                "differ more than those of different sets for the same prompt. It stands beside its floor. Prompts "
                "on which all candidates speak for one value are counted.",
                columns=["recipe", "rho_w", "low", "high", "floor", "prompts", "prompts of one value"],
                rows=correlated,
                plot=Dots(value="rho_w", low="low", high="high", null="floor", labels=["recipe"]),
            )
        )
    return tables
