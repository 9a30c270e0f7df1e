"""The figures of compared recipes as tables: one for each figure, with a row for each recipe."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import floor, log10
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collection.comparison_figures import Figures
from pluralism.coverage import Coverage
from pluralism.proportions import wilson_interval
from pluralism.resampling import Estimate
from sampling.label_figures import DIVERSE, WHOLE, LabelFigures
from sampling.labelling import RESEARCHER, Accuracy
from sampling.models import Diversity
from sampling.reasons import explain
from sampling.recipe_figures import COSTS, MEASURES, Figure, RecipeFigures

FIRST_TRY, SHOWN, AT_ALL = Diversity.Of.FIRST_TRY.value, Diversity.Of.SHOWN.value, ""
"""What a figure is of: first tries as they came, sets as they are shown, or neither: a set with all its tries."""

SIDES = {FIRST_TRY: _("First tries as they came"), SHOWN: _("As shown"), AT_ALL: _("All tries together")}

BESIDE = {
    "floor": _("lowest possible"),
    "within": _("agreement within sets"),
    "between": _("agreement between sets of one prompt"),
    "prompts_of_one_value": _("prompts with one value alone"),
    "prompts_with_too_few_sets": _("prompts left out, with too few labelled sets"),
    "share": _("of all answers"),
    "if_independent": _("what as many independent answers would cover"),
    "gain": _("more than that"),
    "sets": _("sets with labels on all answers"),
    "sets_left_out": _("sets left out, with labels on some answers"),
    "undecided": _("answers whose value could not be told"),
}

_MEASURES, _COSTS = ({figure.key: figure for figure in figures} for figures in (MEASURES, COSTS))
_RELEVANCE = {"relevance", "lowest_relevance"}
_MORE = {"distinctness", "length_spread", "near_duplicates", "lowest_relevance", "prompt_tokens"}
_IN_ONE = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure of one recipe."""

    estimate: Estimate | None
    less: Estimate | None = None
    """Less that of the baseline, on the same prompts; None for the baseline itself."""
    beside: Mapping[str, Estimate | float | int | None] = field(default_factory=dict)
    """What belongs to it, by the keys of BESIDE."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of one recipe, of its first tries and as it is shown."""

    recipe: str
    part: str
    """"" for whole sets; "negatively-correlated" for the answers that were asked to differ alone, in 3+1 sets."""
    is_baseline: bool
    cells: Mapping[str, Cell]
    """By what they are of: the keys of SIDES."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One figure of all recipes."""

    key: str
    title: Any
    better: str
    rows: Sequence[Row]
    scheme: str = ""
    source: str = ""
    """Of labels: from which list of values, and by whom."""
    bounds: tuple[float, float] | None = None
    """Between which values it always lies."""
    beside: str = ""
    """What stands beside the figure in a column of its own: a key of BESIDE."""
    is_main: bool = True
    """Whether it is shown before others of its group."""

    @cached_property
    def sides(self) -> list[str]:
        """What its cells are of."""
        return [side for side in SIDES if any(side in row.cells for row in self.rows)]

    @cached_property
    def decimals(self) -> int:
        """How many places behind the point tell its values apart."""
        cells = [cell for row in self.rows for cell in row.cells.values() if cell.estimate]
        largest = max((abs(cell.estimate.value) for cell in cells if cell.estimate), default=0.0)
        if self.bounds or not largest:
            return 2
        return min(6, max(0, 1 + (largest >= 1) - floor(log10(largest))))

    @property
    def is_empty(self) -> bool:
        """Whether no recipe has the figure."""
        return not any(cell.estimate for row in self.rows for cell in row.cells.values())


@dataclass(frozen=True, kw_only=True)
class Group:
    """Tables about one thing."""

    key: str
    title: Any
    tables: Sequence[Table]
    accuracy: Accuracy | None = None
    """Of a judge, on the texts labelled by hand."""
    is_judged: bool = False


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often something went wrong, for each recipe."""

    key: str
    title: Any
    recipes: Sequence[str]
    of: Sequence[int]
    """Out of how many, for each recipe."""
    rows: Sequence[tuple[str, list[int]]]
    """By code of sampling.reasons, the most frequent first."""

    @property
    def said(self) -> list[tuple[str, list[tuple[int, int]]]]:
        """The same in words, with the numbers out of which they are."""
        return [(str(explain(code)), list(zip(counts, self.of, strict=True))) for code, counts in self.rows]


def groups(figures: Figures, *, baseline: str) -> list[Group]:
    """Return all figures as tables: of labels, of words, of costs. Tables without any figure are left out.

    :param baseline: The name of the recipe that the others are compared with.
    """
    apart = [figure for figure in MEASURES if figure.key not in _RELEVANCE]
    near = [figure for figure in MEASURES if figure.key in _RELEVANCE]
    found = [
        *_labels(figures, baseline),
        Group(key="words", title=_("How far apart the answers are"), tables=_measures(figures, baseline, apart)),
        Group(key="relevance", title=_("How near they are to the message"), tables=_measures(figures, baseline, near)),
        Group(key="costs", title=_("What a set takes"), tables=list(_costs(figures, baseline))),
    ]
    kept = [replace(group, tables=[table for table in group.tables if not table.is_empty]) for group in found]
    return [group for group in kept if group.tables]


def _measures(figures: Figures, baseline: str, measures: Sequence[Figure]) -> list[Table]:
    return [
        _table(figures, baseline, measure, {side: f"{side}.{measure.key}" for side in (FIRST_TRY, SHOWN)})
        for measure in measures
    ]


def _costs(figures: Figures, baseline: str) -> Iterator[Table]:
    fit = Figure("fit", _("sets that were fit to be shown"), "more")
    yield _table(figures, baseline, fit, {FIRST_TRY: "fit_at_first_try", SHOWN: "fit_after_repair"}, bounds=_IN_ONE)
    for key in ("new_tokens", "prompt_tokens", "seconds", "cost"):
        yield _table(figures, baseline, _COSTS[key], {AT_ALL: key})


def _table(
    figures: Figures,
    baseline: str,
    figure: Figure,
    keys: Mapping[str, str],
    *,
    bounds: tuple[float, float] | None = None,
) -> Table:
    rows = [
        Row(
            recipe=name,
            part=WHOLE,
            is_baseline=name == baseline,
            cells={
                side: Cell(estimate=found.means[key], less=found.less_baseline.get(key)) for side, key in keys.items()
            },
        )
        for name, found in figures.items()
    ]
    return Table(
        key=figure.key,
        title=figure.title,
        better=figure.better,
        rows=rows,
        bounds=bounds,
        is_main=figure.key not in _MORE,
    )


# ---- labels ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Labelled:
    """What one source of labels says about one recipe, or the part of its answers that were asked to differ."""

    recipe: str
    part: str
    sides: Mapping[str, LabelFigures]


def _labels(figures: Figures, baseline: str) -> Iterator[Group]:
    everything = [labels for found in figures.values() for labels in found.labels]
    for scheme, source in dict.fromkeys((labels.scheme, labels.source) for labels in everything):
        rows = list(_rows(figures, scheme, source))
        some = next(iter(rows[0].sides.values()))
        judged = source != RESEARCHER
        title = _("Values of {scheme}, labelled by {source}") if judged else _("Values of {scheme}, labelled by hand")
        yield Group(
            key=f"labels.{scheme}.{source}",
            title=str(title).format(scheme=scheme, source=source),
            tables=list(_label_tables(rows, some.values, baseline, scheme=scheme, source=source)),
            accuracy=some.accuracy,
            is_judged=judged,
        )


def _rows(figures: Figures, scheme: str, source: str) -> Iterator[_Labelled]:
    for name, found in figures.items():
        for part in (WHOLE, DIVERSE):
            sides = {
                labels.of: labels
                for labels in found.labels
                if (labels.scheme, labels.source, labels.part) == (scheme, source, part)
            }
            if sides:
                yield _Labelled(name, part, sides)


def _label_tables(rows: Sequence[_Labelled], values: Sequence[str], baseline: str, **whose: Any) -> Iterator[Table]:
    def table(key: str, title: Any, better: str, cell: Any, **more: Any) -> Table:
        made = [
            Row(
                recipe=row.recipe,
                part=row.part,
                is_baseline=row.recipe == baseline and not row.part,
                cells={side: cell(labels) for side, labels in row.sides.items()},
            )
            for row in rows
        ]
        return Table(key=key, title=title, better=better, rows=made, **whose, **more)

    yield table("rho_w", _("correlation within sets (ρ_w)"), "less", _correlation, beside="floor")
    for place, value in enumerate(values):
        title = gettext("sets with an answer for {value}").format(value=value)
        cell = _coverage_of(place, value)
        yield table(f"covers.{value}", title, "more", cell, bounds=_IN_ONE, beside="if_independent")
    yield table("distinct", _("different values in a set"), "more", _distinct)
    title = gettext("sets in which every answer speaks for another value")
    yield table("all_distinct", title, "more", _all_distinct, bounds=_IN_ONE, is_main=False)


def _correlation(labels: LabelFigures) -> Cell:
    found = labels.correlation
    return Cell(
        estimate=found.rho_w,
        less=labels.less_baseline.get("rho_w"),
        beside={
            key: getattr(found, key)
            for key in ("floor", "within", "between", "prompts_of_one_value", "prompts_with_too_few_sets")
        },
    )


def _coverage_of(place: int, value: str) -> Any:
    def cell(labels: LabelFigures) -> Cell:
        found: Coverage | None = labels.held.coverage[place]
        if found is None:
            return Cell(estimate=None)
        return Cell(
            estimate=found.covered,
            less=labels.less_baseline.get(f"covers.{value}"),
            beside={"share": found.share, "if_independent": found.if_independent, "gain": found.gain},
        )

    return cell


def _distinct(labels: LabelFigures) -> Cell:
    held = labels.held
    beside = {"sets": held.sets, "sets_left_out": held.sets_left_out, "undecided": held.undecided}
    return Cell(estimate=held.distinct, less=labels.less_baseline.get("distinct"), beside=beside)


def _all_distinct(labels: LabelFigures) -> Cell:
    return Cell(estimate=labels.held.all_distinct, less=labels.less_baseline.get("all_distinct"))


# ---- what went wrong ------------------------------------------------------------------------------------------------
def counts(figures: Figures) -> list[Counts]:
    """Return how many sets failed, and how many answers had a fault, by reason; those without any are left out."""
    found = [
        _counts(figures, "failed", _("Sets that failed"), [one.sets for one in figures.values()]),
        _counts(figures, "faults", _("Faults of first tries’ answers"), [one.raw_answers for one in figures.values()]),
        _counts(
            figures, "rejections", _("Answers and completions that were rejected, in all tries"), [0] * len(figures)
        ),
    ]
    return [one for one in found if one.rows]


def _counts(figures: Figures, key: str, title: Any, of: Sequence[int]) -> Counts:
    by_recipe: list[dict[str, int]] = [getattr(found, key) for found in figures.values()]
    codes = {code: sum(one.get(code, 0) for one in by_recipe) for counted in by_recipe for code in counted}
    rows = [
        (code, [one.get(code, 0) for one in by_recipe]) for code in sorted(codes, key=lambda code: (-codes[code], code))
    ]
    return Counts(key=key, title=title, recipes=list(figures), of=of, rows=rows)


def failed(found: RecipeFigures) -> int:
    """Return how many sets of a recipe failed, for whatever reason."""
    return sum(found.failed.values())


def is_negative(table: Table, cell: Cell) -> bool:
    """Whether a cell says that a sampler is negatively correlated: the whole interval of rho_w lies below zero."""
    return table.key == "rho_w" and cell.estimate is not None and cell.estimate.is_negative


def only(groups: Sequence[Group], *, scheme: str = "", source: str = "") -> list[Group]:
    """Return groups without those of labels by others; empty words stand for any."""

    def wanted(table: Table) -> bool:
        return not table.scheme or (scheme in {"", table.scheme} and source in {"", table.source})

    return [group for group in groups if all(wanted(table) for table in group.tables)]


def accuracy_said(accuracy: Accuracy) -> str:
    """Say how far a judge can be believed."""
    if not accuracy.decided:
        return gettext("No text that this judge decided was labelled by hand: how often it is right is not known.")
    low, high = wilson_interval(accuracy.right, accuracy.decided)
    message = gettext(
        "Of {texts} texts labelled by hand this judge decided {decided} and was right on {right}: {share} % "
        "({low} % to {high} %)."
    )
    return message.format(
        texts=accuracy.texts,
        decided=accuracy.decided,
        right=accuracy.right,
        share=round(100 * accuracy.right / accuracy.decided),
        low=round(100 * low),
        high=round(100 * high),
    )
