"""manage.py simulate STUDY --annotators N --seed S [--url …] [--think-time …]"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from collection import dry_run_intake, dry_running
from collection.dry_run_intake import CannotDryRun
from collection.models import DryRun, Study
from collection.simulation import population, summary
from collection.simulation.person import Temper
from collection.simulation.population import Stratum, TableUnreadable
from collection.simulation.visit import Pace

STATUS_AFTER_CTRL_C = 130


class Command(BaseCommand):
    """Let simulated people work through a copy of a study, over HTTP as people do, and say what came of it."""

    help = (
        "Let simulated people work through a copy of a study: through the pages of a running site, all at the same "
        "time. The copy is never exported as real data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's short name, as in its address")
        parser.add_argument("--annotators", type=_positive, default=50, help="how many people come (50)")
        parser.add_argument("--seed", type=int, default=1, help="draws the people and all that they decide (1)")
        parser.add_argument("--url", default="", help="the site's address; else SITE_URL")
        parser.add_argument("--think-time", type=float, default=0.0, help="mean seconds before each click (0)")
        parser.add_argument("--at-once", type=_positive, help="the most people on the site at a time; else all")
        parser.add_argument("--population", type=Path, help="CSV to draw people from, in place of the panel's quotas")
        parser.add_argument("--temper", nargs="*", default=[], metavar="NAME=VALUE", help=_tempers())
        parser.add_argument("--patience", type=float, default=900.0, help="seconds that people wait for answers (900)")
        parser.add_argument("--json", type=Path, help="where the summary is written as JSON too")

    def handle(self, *args: Any, study: str, **options: Any) -> None:
        found = Study.objects.select_related("panel", "version").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        how = dry_running.Settings(
            site=options["url"] or settings.SITE_URL,
            pace=Pace(think_seconds=options["think_time"], patience_seconds=options["patience"]),
            temper=_temper(options["temper"]),
            at_once=options["at_once"],
            strata=_strata(options["population"], found),
        )
        done = self._run(found, how, people=options["annotators"], seed=options["seed"])
        self._tell(done)
        if options["json"]:
            options["json"].write_text(json.dumps(done.figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    def _run(self, study: Study, how: dry_running.Settings, *, people: int, seed: int) -> DryRun:
        try:
            asked = dry_run_intake.prepare(study=study, people=people, seed=seed, by=None, now=timezone.now())
        except CannotDryRun as refusal:
            raise CommandError(str(refusal)) from None
        with tqdm(total=people, unit=" people", disable=None) as bar:
            try:
                ran = dry_running.run(dry_run_id=asked.pk, settings=how, told=lambda done: bar.update(done - bar.n))
            except dry_running.ClaimLost:
                ran = None
            except KeyboardInterrupt:
                self.stdout.write("\nStopped. What the people did until now is in the copy; nothing was counted.")
                sys.exit(STATUS_AFTER_CTRL_C)
        if ran is None:
            raise CommandError("The dry run was taken from this command: it had not been heard of for a minute.")
        if ran.has_failed:
            raise CommandError(ran.failure_sentence)
        return ran

    def _tell(self, done: DryRun) -> None:
        said = done.figures
        self.stdout.write(summary.table(said))
        self.stdout.write("")
        self.stdout.write(summary.reached_table(said["overlap"], said["quotas"]))
        self.stdout.write(f"Saved: {said['saved']:,} of {said['comparisons']:,} comparisons.")
        assert done.study is not None
        self.stdout.write(f"The copy is the study {done.study.slug}; what it exports says SIMULATED.")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _tempers() -> str:
    defaults = ", ".join(f"{each.name}={each.default}" for each in fields(Temper))
    return f"what people are like, other than {defaults}"


def _temper(said: list[str]) -> Temper:
    known = {each.name for each in fields(Temper)}
    given: dict[str, float] = {}
    for entry in said:
        name, _sign, value = entry.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            name = ""
        if name not in known:
            raise CommandError(f"--temper takes NAME=NUMBER with one of {', '.join(sorted(known))}, not {entry}.")
    return Temper(**given)


def _strata(path: Path | None, study: Study) -> list[Stratum] | None:
    try:
        return population.read_table(path, survey=study.panel.survey) if path else None
    except TableUnreadable as refusal:
        raise CommandError(str(refusal)) from None
