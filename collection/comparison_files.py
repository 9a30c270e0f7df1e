"""A comparison of recipes as a folder of files: its tables as Markdown and CSV, its plots as SVG."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.utils.translation import override

from collection import comparison_tables, plotting, recipe_comparing
from collection.comparison_csv import figures_csv, sets_csv
from collection.comparison_figures import Figures, remembered_figures
from collection.comparison_tables import BESIDE, SIDES, Cell, Counts, Group, Row, Table, is_negative
from collection.estimates import interval, number
from collection.models import RecipeComparison
from pluralism.resampling import Estimate

NEGATIVE = " (negatively correlated)"


def write(
    folder: Path, comparison: RecipeComparison, *, baseline: str, scheme: str = "", source: str = ""
) -> list[Path]:
    """Write table.md, figures.csv, sets.csv and a plot of every figure into a folder; return the files.

    The same sets and labels give the same bytes.

    :param scheme: Only the labels of this list of values, in table.md and the plots.
    :param source: Only those by this source.
    :raises OSError: if the folder cannot be written to.
    """
    # Files are read far from who wrote them: in one language, whatever that of this machine is.
    with override("en"):
        folder.mkdir(parents=True, exist_ok=True)
        found = remembered_figures(comparison=comparison, baseline=baseline)
        groups = comparison_tables.groups(found, baseline=baseline)
        groups = comparison_tables.only(groups, scheme=scheme, source=source)
        plots = {
            slug(group, place): (f"{slug(group, place)}.svg", plotting.as_file(table))
            for group in groups
            for place, table in enumerate(group.tables)
        }
        said = markdown(
            groups,
            comparison_tables.counts(found),
            baseline=baseline,
            plots={key: name for key, (name, _drawn) in plots.items()},
        )
        texts = {
            "table.md": f"{_heading(comparison)}{_about_facts(found)}\n{said}",
            "figures.csv": "".join(figures_csv(comparison, baseline=baseline)),
            "sets.csv": "".join(sets_csv(comparison)),
            **dict(plots.values()),
        }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


def _heading(comparison: RecipeComparison) -> str:
    languages = recipe_comparing.languages_of(comparison)
    counted = ", ".join(f"{count} {language}" for language, count in languages.items())
    names = ", ".join(_escaped(name) for name in comparison.recipes.values_list("name", flat=True))
    return (
        f"# Recipes compared: {names}\n\n"
        f"{sum(languages.values())} prompts of the study {comparison.study.slug} ({counted}), drawn with the seed "
        f"{comparison.seed}; {comparison.sets_per_prompt} sets of each recipe for each prompt. In brackets: 95 % "
        "intervals, drawn over prompts; differences are taken on the prompts that both recipes have.\n"
    )


def _about_facts(found: Figures) -> str:
    facts = max(one.factual for one in found.values())
    note = f"\n{facts} sets of each recipe answer questions of fact: they are left out of distances and labels.\n"
    return note if facts else ""


def markdown(groups: Sequence[Group], counts: Sequence[Counts], *, baseline: str, plots: Mapping[str, str]) -> str:
    """Return the tables of a comparison, the intervals in brackets.

    :param plots: The plot of each table that has one, by `slug`: where its file stands.
    """
    parts = []
    for group in groups:
        parts.append(f"## {_escaped(str(group.title))}\n")
        if group.is_judged and group.accuracy:
            parts.append(f"{comparison_tables.accuracy_said(group.accuracy)}\n")
        for place, table in enumerate(group.tables):
            parts.append(_markdown_of(table, baseline, plots.get(slug(group, place), "")))
    parts += [_markdown_of_counts(one) for one in counts]
    return "\n".join(parts)


def slug(group: Group, place: int) -> str:
    """Return a name for the table at a place of its group that no file system and no address takes for more."""
    words = "-".join(re.findall(r"[a-z0-9]+", f"{group.key} {group.tables[place].key}".lower()))
    return f"{words[:60]}-{place}" if group.key.startswith("labels") else words


def _markdown_of(table: Table, baseline: str, plot: str) -> str:
    title = _escaped(str(table.title))
    lines = [f"### {title[:1].upper()}{title[1:]}\n"]
    lines += [f"![{title}]({plot})\n"] if plot else []
    heads = ["Recipe", *_heads(table, baseline)]
    lines += [_row(heads), "| --- |" + " ---: |" * (len(heads) - 1)]
    lines += [_row([_escaped(plotting.name_of(row)), *_cells(table, row)]) for row in table.rows]
    return "\n".join([*lines, ""])


def _heads(table: Table, baseline: str) -> list[str]:
    named = _escaped(baseline)
    sides = [str(SIDES[side]) for side in table.sides]
    apart = [f"{side}, difference from {named}" for side in sides]
    heads = [*sides, *apart] if len(sides) > 1 else ["Value", f"Difference from {named}"]
    return [*heads, str(BESIDE[table.beside]).capitalize()] if table.beside else heads


def _cells(table: Table, row: Row) -> list[str]:
    cells = [row.cells.get(side, Cell(estimate=None)) for side in table.sides]
    values = [_said(cell.estimate, table.decimals) + (NEGATIVE if is_negative(table, cell) else "") for cell in cells]
    beside = [_said(cells[-1].beside.get(table.beside), table.decimals)] if table.beside else []
    return [*values, *(_said(cell.less, table.decimals) for cell in cells), *beside]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(found: Estimate | float | None, decimals: int) -> str:
    between = interval(found, decimals) if isinstance(found, Estimate) else ""
    return f"{number(found, decimals)} [{between}]" if between else number(found, decimals)


def _markdown_of_counts(counts: Counts) -> str:
    names = [_escaped(name) for name in counts.recipes]
    lines = [f"### {_escaped(str(counts.title))}\n", _row(["Reason", *names]), "| --- |" + " ---: |" * len(names)]
    for reason, found in counts.said:
        cells = [f"{count} of {of}" if of else str(count) for count, of in found]
        lines.append(_row([_escaped(reason), *cells]))
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|&~$])", r"\\\1", " ".join(text.split()))
