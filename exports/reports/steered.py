"""Does the answer that was steered to a group win with that group? The steerable benchmark. Knows no Django.

Sorensen et al., "A Roadmap to Pluralistic Alignment" (ICML 2024, arXiv 2402.05070).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exports.reports.answers import Answers
from exports.reports.figures import Cell, Dots, Section, Table, between
from exports.reports.people import Settings
from exports.reports.reading import Groups, Release
from pluralism import steering
from pluralism.two_way import Rows, intervals


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """How often whoever mapped free answers to candidates was right, by a check of some."""

    right: int
    checked: int

    def drawn(self, random: np.random.Generator) -> float:
        """Draw how often they are right, given the check: Beta with Jeffreys' prior."""
        return float(random.beta(self.right + 0.5, self.checked - self.right + 0.5))


def winning(
    release: Release, groups: Groups, models: Sequence[Answers], settings: Settings, *, mapping: Mapping | None
) -> Section:
    """Return whether the answer that was steered to a group wins with it, and with the others."""
    plain = {model.model: model for model in models if model.steered_to is None}
    refused, rows = [], []
    for model in (each for each in models if each.steered_to is not None):
        if model.steered_to not in groups.names:
            refused.append(f"{model.name}: no group of that name is reported.")
        elif model.model not in plain:
            refused.append(f"{model.name}: the file has no answers of {model.model} as it is, to compare with.")
        else:
            for number, name in enumerate(groups.names):
                mine = groups.choices(release, number)
                line = _wins(mine, model, plain[model.model], settings, mapping, release.k)
                if line is None:
                    refused.append(f"{model.name}, {name}: fewer than {settings.fewest} people chose either answer.")
                else:
                    rows.append([model.model, str(model.steered_to), name, name == model.steered_to, *line])
    if not rows and not refused:
        refused.append("The file has no answers that were steered to a group (`steered_to`).")
    return Section(
        key="steerable",
        title="Steerable: does the answer for a group win with that group?",
        text=[
            "Of the people of a group who chose the candidate that the steered answer comes to, or that of the "
            "same model as it is, the share who chose the former: 0.5 is no effect. Steering works if answers win "
            "with their own group, and discriminates if they win there more often than with others.",
            _mapping_said(models, mapping),
        ],
        tables=[_wins_table(rows)] if rows else [],
        refused=refused,
    )


def _mapping_said(models: Sequence[Answers], mapping: Mapping | None) -> str:
    if not any(model.mapped for model in models):
        return "Answers name candidates themselves; nothing had to be mapped."
    if mapping is None:
        return (
            "Free answers were mapped to candidates, and nobody checked how well (--mapping-checked): intervals do "
            "not hold the error of that."
        )
    return (
        f"Free answers were mapped to candidates; of {mapping.checked} that were checked {mapping.right} were "
        "right, and intervals hold that error."
    )


def _wins(
    rows: Rows, model: Answers, plain: Answers, settings: Settings, mapping: Mapping | None, k: int
) -> list[Cell] | None:
    answered = model.given & plain.given
    chosen = rows.where(answered[rows.items])
    either = (chosen.categories == model.picks[chosen.items]) | (chosen.categories == plain.picks[chosen.items])
    people = len(np.unique(chosen.people[either]))
    if people < settings.fewest:
        return None
    random = np.random.default_rng(settings.seed)

    def picks(of: Answers) -> NDArray[np.int64]:
        right = 1.0 if mapping is None or not of.mapped else mapping.drawn(random)
        return steering.misread(of.picks, right=right, k=k, random=random)

    found = intervals(
        chosen,
        lambda of, times: np.array([steering.win_rate(of, picks(model), picks(plain), times)]),
        seed=settings.seed,
        resamples=settings.draws,
    )[0]
    value = steering.win_rate(chosen, model.picks, plain.picks)
    differ = int(np.sum(model.picks[answered] != plain.picks[answered]))
    return [value, *between(found), people, int(answered.sum()), differ]


def _wins_table(rows: list[list[Cell]]) -> Table:
    return Table(
        key="steerable",
        title="Win rates of steered answers",
        about="0 to 1; 95 % interval by drawing people and items again. `differ` is on how many items the steered "
        "answer is another candidate than the unsteered one; where it is the same, its choosers count half.",
        columns=[
            "model",
            "steered to",
            "people of",
            "own group",
            "win rate",
            "low",
            "high",
            "people",
            "items",
            "differ",
        ],
        rows=[[("yes" if cell else "no") if place == 3 else cell for place, cell in enumerate(row)] for row in rows],
        plot=Dots(
            value="win rate",
            low="low",
            high="high",
            null="0.5",
            labels=["model", "steered to", "people of"],
            bounds=(0, 1),
        ),
    )
