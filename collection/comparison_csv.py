"""A comparison of recipes as CSV: every figure in one table, every set in another. Safe in a spreadsheet."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np

from collection import comparison_tables, recipe_comparing
from collection.comparison_figures import Figures, remembered_figures, tried
from collection.comparison_tables import FIRST_TRY, SHOWN, Table
from collection.models import ComparedRecipe, RecipeComparison
from collection.spreadsheets import plain
from pluralism.resampling import Estimate
from sampling.embedding import N_GRAMS
from sampling.label_figures import Labelled, labelled
from sampling.recipe_figures import embedders
from sampling.recipe_sets import RecipeSets

Cells = list[Any]

_WHOSE = ("recipe", "recipe_sha256", "part")
_OF = ("of", "embedder", "scheme", "source")
_ESTIMATE = ("value", "low", "high", "prompts")
FIGURE_COLUMNS = (*_WHOSE, "figure", *_OF, *_ESTIMATE, *(f"less_baseline_{name}" for name in _ESTIMATE))
SET_COLUMNS = (
    "recipe",
    "recipe_sha256",
    "prompt",
    "prompt_key",
    "language",
    "factual",
    "number",
    "set",
    "status",
    "failure",
)

OF_WORDS = ("words", "relevance")
"""Groups of tables that depend on the embedder."""


def figures_csv(comparison: RecipeComparison, *, baseline: str) -> Iterator[str]:
    """Yield the lines of a table: every figure of every recipe, its interval, and on how many prompts it rests."""
    hashes = dict(comparison.recipes.values_list("name", "recipe__sha256"))
    yield _line(FIGURE_COLUMNS)
    for embedder in embedders(list(tried(comparison).values())) or [N_GRAMS]:
        found = remembered_figures(comparison=comparison, baseline=baseline, embedder=embedder)
        for group in comparison_tables.groups(found, baseline=baseline):
            # What knows no embedder stands there once.
            if group.key in OF_WORDS or embedder == N_GRAMS:
                of_words = embedder if group.key in OF_WORDS else ""
                for table in group.tables:
                    yield from (_line(cells) for cells in _figures_of(table, hashes, of_words))
        if embedder == N_GRAMS:
            yield from (_line(cells) for cells in _counts(found, hashes))


def _figures_of(table: Table, hashes: Mapping[str, str], embedder: str) -> Iterator[Cells]:
    for row in table.rows:
        for side, cell in row.cells.items():
            whose = [plain(row.recipe), hashes[row.recipe], row.part]
            of = [side, plain(embedder), plain(table.scheme), plain(table.source)]
            yield [*whose, plain(table.key), *of, *_numbers(cell.estimate), *_numbers(cell.less)]
            for key, beside in cell.beside.items():
                yield [*whose, plain(f"{table.key}.{key}"), *of, *_numbers(beside), *_numbers(None)]


def _counts(found: Figures, hashes: Mapping[str, str]) -> Iterator[Cells]:
    for name, one in found.items():
        counted: dict[str, int] = {
            **{key: getattr(one, key) for key in ("sets", "prompts", "unfinished", "erased", "factual", "raw_answers")},
            **{
                f"{kind}.{code}": n
                for kind in ("failed", "faults", "rejections")
                for code, n in getattr(one, kind).items()
            },
        }
        for key, count in counted.items():
            yield [plain(name), hashes[name], "", key, "", "", "", "", *_numbers(count), *_numbers(None)]


def _numbers(value: Estimate | float | int | None) -> Cells:
    if isinstance(value, Estimate):
        return [*(_rounded(end) for end in (value.value, value.low, value.high)), value.prompts]
    return [_rounded(value), "", "", ""]


def _rounded(value: float | int | None) -> str:
    # So many digits that nothing is lost that an interval could tell, and none that another processor would change.
    return "" if value is None or np.isnan(value) else f"{value:.6g}" if isinstance(value, float) else str(value)


def sets_csv(comparison: RecipeComparison) -> Iterator[str]:
    """Yield the lines of a table with every set: what it measures, what it took, what its answers are labelled as."""
    by_recipe = tried(comparison)
    measured_by = embedders(list(by_recipe.values())) or [N_GRAMS]
    read = {name: {by: RecipeSets(sets, embedder=by) for by in measured_by} for name, sets in by_recipe.items()}
    labels = labelled([sets[measured_by[0]] for sets in read.values()])
    columns = _set_columns(next(iter(read.values())), labels)
    yield _line([*SET_COLUMNS, *map(plain, columns)])
    prompts = dict(comparison.drawn.values_list("prompt", "prompt__key"))
    numbers = dict(recipe_comparing.sets_of(comparison).values_list("pk", "trial__number"))
    for compared in comparison.recipes.select_related("recipe"):
        for cells in _sets_of(compared, read[compared.name], labels, prompts, numbers):
            yield _line(cells)


def _set_columns(read: Mapping[str, RecipeSets], labels: Sequence[Labelled]) -> list[str]:
    [first, *others] = read
    columns = list(read[first].columns)
    columns += [f"{key} by {embedder}" for embedder in others for key in read[embedder].columns if _is_of_words(key)]
    return columns + [f"{side}.{one.scheme} by {one.source}" for one in labels for side in (FIRST_TRY, SHOWN)]


def _sets_of(
    compared: ComparedRecipe,
    read: Mapping[str, RecipeSets],
    labels: Sequence[Labelled],
    prompts: Mapping[int, str],
    numbers: Mapping[int, int],
) -> Iterator[Cells]:
    [first, *others] = read
    sets = read[first]
    columns = list(sets.columns.values())
    for embedder in others:
        columns += [column for key, column in read[embedder].columns.items() if _is_of_words(key)]
    values = [_values(sets, one, side) for one in labels for side in (FIRST_TRY, SHOWN)]
    for place, row in enumerate(sets.rows):
        prompt = int(sets.prompts[place])
        whose = [plain(compared.name), compared.recipe.sha256, prompt, plain(prompts[prompt]), row.language]
        state = [int(row.factual), numbers[row.pk], row.pk, row.status, row.failure]
        measures = [_rounded(float(column[place])) for column in columns]
        said = [json.dumps(one[row.pk], ensure_ascii=False) if row.pk in one else "" for one in values]
        yield [*whose, *state, *measures, *said]


def _is_of_words(key: str) -> bool:
    return "." in key


def _values(sets: RecipeSets, labels: Labelled, side: str) -> dict[int, list[str | None]]:
    """Return the values of each set's texts in their order; None where nobody has looked, "" where it was not told."""
    found: dict[int, list[str | None]] = {}
    for text in sets.texts(side):
        found.setdefault(text.candidate_set_id, []).append(labels.said.get((text.candidate_set_id, text.sha256)))
    return {pk: values for pk, values in found.items() if any(value is not None for value in values)}


def _line(cells: Iterable[Any]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()
