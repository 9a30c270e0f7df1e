"""manage.py pluralism_report RELEASE [--answers MODEL.jsonl …] [--output DIR]"""

import csv
import os
import shutil
import uuid
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from exports.records import LETTERS
from exports.reports import (
    answers,
    choosing,
    distributions,
    juries,
    page,
    people,
    reading,
    reasonable,
    sets,
    steered,
    value_axes,
    weighing,
)
from exports.reports.answers import Answers, BadAnswers
from exports.reports.figures import Section
from exports.reports.juries import Jury, JuryFile
from exports.reports.people import Settings
from exports.reports.reading import Groups, NotARelease, Release
from exports.reports.reasonable import Verdicts
from exports.reports.steered import Mapping
from exports.reports.weighing import Population
from pluralism import divergence, overton, welfare
from sampling.recipe_document import LocalModel

FEWEST_THAT_CAN_BE_ASKED = 2

Document = TypeVar("Document", bound=BaseModel)


def checked(text: str) -> Mapping:
    """Read RIGHT/CHECKED, as 86/100."""
    right, _slash, all_of_them = text.partition("/")
    if not (right.isdigit() and all_of_them.isdigit() and 0 <= int(right) <= int(all_of_them) != 0):
        raise ArgumentTypeError("give it as RIGHT/CHECKED, such as 86/100")
    return Mapping(right=int(right), checked=int(all_of_them))


def share(text: str) -> float:
    """Read a number between 0 and 1."""
    try:
        found = float(text)
    except ValueError:
        raise ArgumentTypeError("give a number between 0 and 1") from None
    if not 0 < found < 1:
        raise ArgumentTypeError("give a number between 0 and 1")
    return found


class Command(BaseCommand):
    """Report what the people of a release chose, and how models' answers stand to them."""

    help = (
        "Read a release folder, and nothing else, and write a report: agreement, divergence, places, sets; with "
        "--answers the benchmarks of pluralistic alignment. docs/pluralism-report.md says what each figure is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("release", type=Path, help="a release folder, or what export_dataset wrote")
        parser.add_argument("--answers", type=Path, nargs="+", default=[], metavar="MODEL.jsonl")
        parser.add_argument(
            "--output", type=Path, default=Path("pluralism-report"), help="a folder that is new or empty"
        )
        parser.add_argument(
            "--by",
            nargs="+",
            default=["annotator_country"],
            metavar="COLUMN",
            help="columns of annotators; several cross",
        )
        parser.add_argument(
            "--fewest", type=int, default=divergence.FEWEST, help="people below which nothing is reported"
        )
        parser.add_argument("--draws", type=int, default=1000, help="permutations of tests, samples of intervals")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--threshold", type=share, default=overton.THRESHOLD, help="from which share reasonable")
        parser.add_argument("--balanced", action="store_true", help="only conversations of the balanced subset")
        parser.add_argument("--labels", type=Path, metavar="FILE.csv", help="candidate_set_id, response, label")
        parser.add_argument("--population", type=Path, metavar="FILE.yaml", help="margins to weigh people to")
        parser.add_argument("--verdicts", type=Path, metavar="FILE.csv", help="candidate_set_id, response, verdict")
        parser.add_argument("--utilities", choices=list(welfare.SOURCES), default="choice share")
        parser.add_argument("--jury", type=Path, metavar="JURY.yaml", help="who sits: seats, weights, amplified")
        parser.add_argument("--mapping-checked", type=checked, metavar="RIGHT/CHECKED", help="of free answers mapped")
        parser.add_argument("--entailment", metavar="MODEL", help="classifier that says what free answers cover")
        parser.add_argument("--entailment-revision")

    def handle(self, *args: Any, release: Path, output: Path, **options: Any) -> None:
        if output.exists() and not (output.is_dir() and not any(output.iterdir())):
            raise CommandError(f"{output} is not an empty folder; nothing was written.")
        if options["fewest"] < FEWEST_THAT_CAN_BE_ASKED or options["draws"] < 1:
            raise CommandError("--fewest is 2 or more, --draws 1 or more.")
        try:
            found = reading.read(release, balanced=options["balanced"])
            if options["labels"]:
                found = reading.with_labels(found, _labels(options["labels"]))
            groups = reading.groups_of(found, options["by"], fewest=options["fewest"])
            models = _models(found, options)
            sections = list(_sections(found, groups, models, options))
        except (NotARelease, BadAnswers) as error:
            raise CommandError(str(error)) from None
        written = _write(output.absolute(), found, sections, options)
        self.stdout.write(f"{output / written[0].name}: {len(sections)} parts, {len(written) - 1} tables as CSV.")


def _models(release: Release, options: dict[str, Any]) -> list[Answers]:
    lines = [line for path in options["answers"] for line in _lines(path)]
    return list(answers.of(lines, release, entails=_entails(options)))


def _lines(path: Path) -> list[answers.Line]:
    try:
        return answers.read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None


def _entails(options: dict[str, Any]) -> answers.Entails | None:
    if not options["entailment"]:
        return None
    from sampling.generators.entailment import entailment_of
    from sampling.generators.interface import ModelNotLoadable

    try:
        return entailment_of(LocalModel(model=options["entailment"], revision=options["entailment_revision"]))
    except ModelNotLoadable as error:
        raise CommandError(f"{error}.") from None


def _sections(release: Release, groups: Groups, models: list[Answers], options: dict[str, Any]) -> list[Section]:
    settings = Settings(seed=options["seed"], fewest=options["fewest"], draws=options["draws"])
    found = [
        people.who(release, groups, settings),
        people.agreeing(release, groups, settings),
        people.diverging(release, groups, settings),
        choosing.reasons(release, groups, settings),
        sets.diversity(release, settings),
    ]
    if options["population"]:
        found.insert(1, weighing.representativeness(release, _yaml(options["population"], Population)))
    if not models:
        return found
    mapping, jury = options["mapping_checked"], Jury(asked=_jury(options["jury"]), source=options["utilities"])
    verdicts = _verdicts(options["verdicts"], release)
    return [
        *found,
        distributions.following(release, groups, models, settings),
        reasonable.covered(release, groups, models, settings, threshold=options["threshold"], verdicts=verdicts),
        steered.winning(release, groups, models, settings, mapping=mapping),
        juries.jury(release, groups, models, settings, of=jury, checked=mapping),
        juries.objectives(release, groups, models, settings, source=jury.source),
        value_axes.standing(release, groups, models, settings),
    ]


def _jury(path: Path | None) -> JuryFile:
    return JuryFile() if path is None else _yaml(path, JuryFile)


def _yaml(path: Path, document: type[Document]) -> Document:
    try:
        return document.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise CommandError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from None


def _labels(path: Path) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for number, row in enumerate(_rows(path), start=2):
        if not (row.get("candidate_set_id") and row.get("response") and row.get("label")):
            raise CommandError(f"{path}, line {number}: it needs a candidate_set_id, a response and a label.")
        found.setdefault((row["candidate_set_id"], row["response"]), []).append(row["label"])
    return found


def _verdicts(path: Path | None, release: Release) -> Verdicts:
    shape = (len(release.items), release.k)
    found = {name: np.zeros(shape, dtype=bool) for name in ("correct", "unreasonable")}
    items = {str(item.candidate_set_id): number for number, item in enumerate(release.items)}
    letters = {name: place for place, name in enumerate(LETTERS[: release.k])}
    for number, row in enumerate(_rows(path) if path else [], start=2):
        item, place = items.get(row.get("candidate_set_id", "")), letters.get(row.get("response", ""))
        if item is None or place is None or row.get("verdict") not in found:
            raise CommandError(
                f"{path}, line {number}: it needs a candidate_set_id and a response of the release's shared items, "
                "and a verdict: correct or unreasonable."
            )
        found[row["verdict"]][item, place] = True
    return Verdicts(**found)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None


def _write(output: Path, release: Release, sections: list[Section], options: dict[str, Any]) -> list[Path]:
    """Write the report aside, and put it in its place when it is complete."""
    aside = output.with_name(f".{output.name}-{uuid.uuid4().hex}")
    subset = " Only conversations of the balanced subset." if options["balanced"] else ""
    about = [
        f"Snapshot of {release.snapshot_at}, schema version {release.schema_version}. Seed {options['seed']}, "
        f"{options['draws']:,} draws; nothing is reported on fewer than {options['fewest']} people.{subset}",
        "The figures describe these people and items. They are a quota sample at best; intervals say how much "
        "chance is in them, not whom they stand for. Behind every table is a CSV file.",
    ]
    try:
        page.write(
            aside,
            title=f"Pluralism report: {release.title}",
            about=about,
            sections=sections,
            simulated=release.simulated,
        )
        os.rename(aside, output)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sorted(output.iterdir(), key=lambda path: (path.suffix != ".html", path.name))
