"""Welfare of juries, and models against several aims at once. Knows no Django."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from exports.reports.answers import Answers
from exports.reports.figures import Cell, Dots, Map, Section, Table, between
from exports.reports.people import Settings
from exports.reports.reading import Groups, Release
from exports.reports.steered import Mapping as Checked
from pluralism import welfare
from pluralism.steering import OTHER, misread
from pluralism.two_way import Times, intervals

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

AT_RANDOM, MOST_CHOSEN = "(a candidate at random)", "(the most chosen candidate)"


class JuryFile(BaseModel):
    """Who sits on the jury: by default everybody of the reported groups, each with one vote."""

    model_config = ConfigDict(extra="forbid")

    seats: int | dict[str, int] | None = None
    """How many people are drawn by lot: of all together, or of each group. Null: everybody sits."""
    weights: dict[str, float] = Field(default_factory=dict)
    """What the vote of each member of a group counts; 1 where nothing is said."""
    amplified: dict[str, float] = Field(default_factory=dict)
    """Groups whose votes count so many times more, on top of weights: to hear who is few."""
    threshold: float = Field(default=0.25, gt=0, lt=1)
    """From which utility on a juror counts as satisfied."""


Source = Literal["choice share", "acceptability", "strength"]


@dataclass(frozen=True, kw_only=True)
class Jury:
    """The welfare that is asked for."""

    asked: JuryFile
    source: Source


def jury(
    release: Release,
    groups: Groups,
    models: Sequence[Answers],
    settings: Settings,
    *,
    of: Jury,
    checked: Checked | None,
) -> Section:
    """Return the welfare of a jury under each model's answers."""
    title = "Jury-pluralistic: the welfare of explicit people"
    reasons = _cannot_sit(of.asked, groups)
    measure = _measure(release, groups, of.source)
    if measure is None:
        reasons.append(f"Utilities by {of.source}: it was not asked in this study.")
    if reasons:
        return Section(key="jury", title=title, text=[], refused=reasons)
    assert measure is not None
    counts = np.array([_people_on(release, groups, number) for number in range(len(groups.names))])
    seated = _seated(of.asked, groups)
    usable = np.asarray((counts[seated > 0] >= settings.fewest).all(axis=0))
    if not usable.any():
        why = (
            f"No item was answered by {settings.fewest} people of every group on the jury ({', '.join(groups.names)})."
        )
        more = "Groups that speak different languages share no items: report by another column, or seat fewer groups."
        return Section(key="jury", title=title, text=[], refused=[f"{why} {more}"])
    found = [
        _welfare(release, groups, model, settings, of, measure, usable, checked)
        for model in [*_references(release, usable), *models]
    ]
    return Section(
        key="jury",
        title=title,
        text=[
            f"Utilities are {of.source}: {welfare.SOURCES[of.source]}. They are those of a juror's group on the "
            f"item, above 0, on {int(usable.sum())} items that every group on the jury answered. "
            f"{_seats_said(of.asked, groups)}",
            "w_alpha puts them together: the mean at alpha 0, Nash's geometric mean at 1, the worst-off at infinity. "
            + " ".join(f"{name.capitalize()}: {warning}" for name, warning in welfare.WARNINGS.items()),
            "The most chosen candidate is known from the very choices it is judged by, so it comes out a little "
            "too well.",
        ],
        tables=[_welfare_table([row for rows in found for row in rows])] if any(found) else [],
        refused=[
            f"{model.name}: no answer to these items that comes to a candidate."
            for model, rows in zip(models, found[2:], strict=True)
            if not rows
        ],
    )


def _cannot_sit(asked: JuryFile, groups: Groups) -> list[str]:
    """Return why there can be no such jury."""
    named = {*asked.weights, *asked.amplified, *(asked.seats if isinstance(asked.seats, dict) else ())}
    unknown = [f"The jury names {name}, which is no reported group." for name in sorted(named - set(groups.names))]
    people = int(np.sum(groups.of >= 0))
    if isinstance(asked.seats, int) and asked.seats > people:
        unknown.append(f"{asked.seats:,} jurors cannot be drawn of the {people:,} people of reported groups.")
    return unknown


def _seated(asked: JuryFile, groups: Groups) -> Codes:
    """Return how many jurors each group has on average."""
    people = np.bincount(groups.of[groups.of >= 0], minlength=len(groups.names))
    if asked.seats is None or isinstance(asked.seats, int):
        return people
    return np.array([asked.seats.get(name, 0) for name in groups.names])


def _seats_said(asked: JuryFile, groups: Groups) -> str:
    seats = "Everybody of these groups sits on the jury." if asked.seats is None else "Jurors are drawn by lot: "
    if isinstance(asked.seats, int):
        seats += f"{asked.seats} of all."
    elif asked.seats is not None:
        seats += ", ".join(f"{count} of {name}" for name, count in asked.seats.items()) + "."
    votes = [f"{name} x {weight:g}" for name, weight in {**asked.weights}.items()]
    louder = [f"{name} x {factor:g}" for name, factor in asked.amplified.items()]
    seats += f" Weights: {', '.join(votes)}." if votes else ""
    return seats + (f" Amplified: {', '.join(louder)}." if louder else "")


def _votes_of(asked: JuryFile, groups: Groups, random: np.random.Generator | None) -> Numbers:
    """Return what the votes of each group come to; with `random` jurors are drawn, else they are as on average."""
    seated = _seated(asked, groups)
    if random is not None and isinstance(asked.seats, int):
        drawn = welfare.sortition(
            np.where(groups.of >= 0, 0, -1), np.array([asked.seats]), seed=int(random.integers(2**32))
        )
        seated = np.bincount(groups.of[drawn], minlength=len(groups.names))
    factors = [asked.weights.get(name, 1.0) * asked.amplified.get(name, 1.0) for name in groups.names]
    return np.asarray(seated * np.array(factors), dtype=float)


Measure = Callable[[Times | None], Numbers]
"""Returns the utility of each candidate to each group on each item, shape (groups, items, k)."""


def _people_on(release: Release, groups: Groups, number: int) -> Codes:
    mine = groups.of[release.rows.people] == number
    return np.bincount(release.rows.items[mine], minlength=len(release.items))


def _measure(release: Release, groups: Groups, source: Source) -> Measure | None:
    """Return how utilities are made; None where the study did not ask for them."""
    rows, k, count = release.rows, release.k, len(release.items)
    of = groups.of[rows.people]

    def summed(values: Numbers, times: Times | None) -> Numbers:
        weights = np.ones(len(rows.items)) if times is None else times.people[rows.people]
        sums = np.zeros((len(groups.names), count, values.shape[1]))
        inside = of >= 0
        np.add.at(sums, (of[inside], rows.items[inside]), values[inside] * weights[inside, None])
        return sums

    chosen = (rows.categories[:, None] == np.arange(k)).astype(float)
    if source == "choice share":
        outcome = (rows.categories[:, None] == np.arange(k + 1)).astype(float)[:, : k + release.none_can_be_said]
        return lambda times: _smoothed(summed(outcome, times))[:, :, :k]
    if source == "acceptability":
        said = np.isfinite(release.acceptable)
        if not said.any():
            return None
        yes, all_said = np.nan_to_num(release.acceptable), said.astype(float)
        return lambda times: (summed(yes, times) + 0.5) / (summed(all_said, times) + 1)
    if not np.isfinite(release.strength).any():
        return None
    strong = chosen * np.nan_to_num(release.strength)[:, None]
    ones = np.isfinite(release.strength).astype(float)[:, None]
    return lambda times: (summed(strong, times) + 0.5) / (3 * summed(ones, times) + 1)


def _smoothed(votes: Numbers) -> Numbers:
    return welfare.smoothed_shares(votes.reshape(-1, votes.shape[2])).reshape(votes.shape)


def _references(release: Release, usable: NDArray[np.bool_]) -> list[Answers]:
    """Return what models are held against: a candidate at random, and the one that most people chose."""
    count, k = len(release.items), release.k
    most = release.rows.votes(count, k + 1)[:, :k].argmax(axis=1)
    evenly = np.hstack([np.full((count, k), 1 / k), np.zeros((count, 1))])
    empty = np.zeros((count, k), dtype=bool)

    def reference(name: str, picks: Codes, probabilities: Numbers) -> Answers:
        return Answers(
            model=name,
            steered_to=None,
            picks=picks,
            given=usable,
            mapped=False,
            probabilities=probabilities,
            covers=empty,
            told=np.zeros(count, dtype=bool),
            poles=np.full((count, 2), np.nan),
        )

    nothing = np.full((count, k + 1), np.nan)
    return [reference(AT_RANDOM, np.full(count, OTHER), evenly), reference(MOST_CHOSEN, most, nothing)]


def _gained(utilities: Numbers, model: Answers, picks: Codes) -> Numbers:
    """Return what each group gets of the model's answer to each item, shape (groups, items); NaN without an answer.

    A candidate at random gives the mean of all; an answer that no candidate says gives the least that any does.
    """
    if model.model == AT_RANDOM:
        return np.asarray(utilities.mean(axis=2))
    other = picks == OTHER
    found = np.take_along_axis(utilities, np.where(other, 0, picks)[None, :, None], axis=2)[:, :, 0]
    found = np.where(other, utilities.min(axis=2), found)
    return np.where(model.given, found, np.nan)


def _welfare(
    release: Release,
    groups: Groups,
    model: Answers,
    settings: Settings,
    of: Jury,
    measure: Measure,
    usable: NDArray[np.bool_],
    checked: Checked | None,
) -> list[list[Cell]]:
    answered = np.flatnonzero(usable & model.given)
    if not len(answered):
        return []
    random = np.random.default_rng(settings.seed)

    def figures(times: Times | None) -> Numbers:
        right = 1.0 if times is None or checked is None or not model.mapped else checked.drawn(random)
        picks = model.picks if right == 1 else misread(model.picks, right=right, k=release.k, random=random)
        votes = _votes_of(of.asked, groups, None if times is None else random)
        gained = _gained(measure(times), model, picks)[:, answered]
        often = np.ones(len(answered)) if times is None else _often(times, answered)
        return _figures(gained, votes, often, of.asked.threshold)

    inside = release.rows.where(np.isin(release.rows.items, answered) & (groups.of[release.rows.people] >= 0))
    within = intervals(inside, lambda _rows, times: figures(times), seed=settings.seed, resamples=settings.draws)
    names = [*(f"w at {'infinity' if isinf(alpha) else format(alpha, 'g')}" for alpha in welfare.ALPHAS), "satisfied"]
    if within == [None]:
        within = [None] * len(names)
    return [
        [model.name, name, float(value), *between(interval), len(answered)]
        for name, value, interval in zip(names, figures(None), within, strict=True)
    ]


def _often(times: Times, answered: Codes) -> Numbers:
    often = np.zeros(int(answered[-1]) + 1)
    often[: len(times.items)] = times.items[: len(often)]
    return often[answered]


def _figures(gained: Numbers, votes: Numbers, often: Numbers, threshold: float) -> Numbers:
    """Return each welfare averaged over items, and the share of satisfied jurors."""
    sits = votes > 0
    if not often.any() or not sits.any():
        return np.full(len(welfare.ALPHAS) + 1, np.nan)
    seated, jurors = gained[sits], votes[sits]
    # The mean over items, each as often as it was drawn.
    figures = [np.average(welfare.welfare_of_each(seated, alpha, jurors), weights=often) for alpha in welfare.ALPHAS]
    reached = np.average(seated >= threshold, axis=0, weights=jurors)
    return np.array([*figures, np.average(reached, weights=often)])


def _welfare_table(rows: list[list[Cell]]) -> Table:
    return Table(
        key="jury",
        title="Welfare",
        about="In the unit of the utilities, averaged over items; `satisfied` is the share of votes whose utility "
        "reaches the jury's threshold. 95 % interval by drawing people, items and, where they are drawn by lot, "
        "jurors again.",
        columns=["model", "figure", "welfare", "low", "high", "items"],
        rows=rows,
        plot=Dots(value="welfare", low="low", high="high", labels=["model", "figure"], only=("figure", "w at 1")),
    )


def objectives(
    release: Release, groups: Groups, models: Sequence[Answers], settings: Settings, *, source: Source
) -> Section:
    """Return which models no other beats for every group at once, and how well steering follows trade-offs."""
    title = "Multi-objective: each group is an aim of its own"
    measure = _measure(release, groups, source)
    if measure is None:
        return Section(key="objectives", title=title, text=[], refused=[f"Utilities by {source}: it was not asked."])
    utilities = measure(None)
    enough = np.array([_people_on(release, groups, number) for number in range(len(groups.names))]) >= settings.fewest
    answered = np.all([model.given for model in models], axis=0) if models else np.ones(len(release.items), dtype=bool)
    aims = [number for number in range(len(groups.names)) if (enough[number] & answered).any()]
    if not aims or not models:
        why = (
            "no model has answered"
            if not models
            else f"no group has {settings.fewest} people on an item that all models answered"
        )
        return Section(key="objectives", title=title, text=[], refused=[f"Not reported: {why}."])
    everybody = [*_references(release, answered), *models]
    points = np.array(
        [
            [
                float(np.nanmean(_gained(utilities, model, model.picks)[number, enough[number] & answered]))
                for number in aims
            ]
            for model in everybody
        ]
    )
    names = [groups.names[number] for number in aims]
    steering, refused = _trade_offs(everybody, points, names)
    return Section(
        key="objectives",
        title=title,
        text=[
            f"Each aim is the mean utility ({source}: {welfare.SOURCES[source]}) that a group gets from the model's "
            f"answers, on the items that all models and {settings.fewest} people of the group answered. A model is "
            "on the front if no other is at least as good for every group and better for one. Hypervolume is what "
            "lies between the answers and a utility of 0 for every group: more is better for some group."
        ],
        tables=[_front_table(everybody, points, names), *steering],
        refused=refused,
    )


def _front_table(models: Sequence[Answers], points: Numbers, names: list[str]) -> Table:
    of_models = points[2:]
    front = [None, None, *welfare.non_dominated(of_models).tolist()]
    base = np.zeros(len(names))
    rows: list[list[Cell]] = [
        [
            model.name,
            "reference" if number < 2 else "on the front" if front[number] else "dominated",
            *(float(value) for value in points[number]),
            welfare.hypervolume(points[number : number + 1], base),
        ]
        for number, model in enumerate(models)
    ]
    rows.append(["all models together", "", *([None] * len(names)), welfare.hypervolume(of_models, base)])
    return Table(
        key="objectives",
        title="Utility to each group",
        about="In the unit of the utilities; the first two lines are references and no models. No interval: the "
        "front is descriptive. Intervals of single models are in the part on juries.",
        columns=["model", "standing", *names, "hypervolume"],
        rows=rows,
        plot=Map(x=names[0], y=names[1], label="model", kind="standing") if len(names) == 2 else None,
    )


def _trade_offs(models: Sequence[Answers], points: Numbers, names: list[str]) -> tuple[list[Table], list[str]]:
    """Return the sum of f(M_f) of each model that was steered to groups: f is the utility to that group."""
    places = {(model.model, model.steered_to): number for number, model in enumerate(models)}
    rows: list[list[Cell]] = []
    refused = []
    for name in sorted({model.model for model in models if model.steered_to is not None}):
        steered_to = [group for group in names if (name, group) in places]
        if (name, None) not in places or not steered_to:
            refused.append(f"Trade-offs of {name}: it needs answers as it is, and steered to a reported group.")
            continue
        functions = [welfare.weighted(np.eye(len(names))[names.index(group)]) for group in steered_to]
        found = welfare.steering(
            functions, points[[places[name, group] for group in steered_to]], points[places[name, None]]
        )
        rows += [
            [name, group, one, other, one - other]
            for group, one, other in zip(steered_to, found.reached, found.unsteered, strict=True)
        ]
        rows.append([name, "sum of f(M_f)", found.total, sum(found.unsteered), found.total - sum(found.unsteered)])
    if not rows:
        return [], refused
    table = Table(
        key="trade-offs",
        title="Trade-off steerable",
        about="f is the utility to one group, M_f the model steered to it: what the group gets of the steered "
        "answers, and of the model as it is.",
        columns=["model", "trade-off", "f(M_f)", "f(M)", "gain"],
        rows=rows,
    )
    return [table], refused
