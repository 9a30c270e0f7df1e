"""manage.py compare_recipes STUDY --recipes FILE.yaml … --prompts 200 [--output DIR]"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collection import comparison_files, comparison_tables, recipe_comparing, recipe_file, watching
from collection.comparison_figures import remembered_figures
from collection.comparison_tables import Table, is_negative
from collection.estimates import interval, number
from collection.models import RecipeComparison, Study
from collection.plotting import name_of
from collection.recipe_file import Named, printable
from collection.writing_ahead import Progress

STATUS_AFTER_CTRL_C = 130


class Command(BaseCommand):
    """Try several recipes on the same prompts, and say how they differ."""

    help = (
        "Have workers write sets for the same prompts by several recipes, after whatever people wait for, and compare "
        "what comes out. Ended and started again with the same words, it goes on; another --seed draws other prompts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument(
            "--recipes", nargs="+", required=True, metavar="RECIPE", help="YAML files, or the study's own: first, later"
        )
        parser.add_argument("--prompts", type=int, default=200, help="how many are drawn at random (default 200)")
        parser.add_argument("--sets-per-prompt", type=int, default=2, help="of each recipe (default 2)")
        parser.add_argument("--seed", type=int, default=1, help="draws the prompts and the intervals (default 1)")
        parser.add_argument("--baseline", default="", metavar="NAME", help="with which others are compared: the first")
        parser.add_argument("--labels", default="", metavar="SCHEME", help="only labels of this list of values")
        parser.add_argument("--source", default="", help="only labels by this source: researcher, or a judge")
        parser.add_argument("--output", type=Path, metavar="DIR", help="write tables, plots and CSV to this folder")
        parser.add_argument("--retry", action="store_true", help="ask again for what failed for no fault of a recipe")
        parser.add_argument("--no-wait", action="store_true", help="ask, and end without watching")

    def handle(self, *args: Any, study: str, **options: Any) -> None:
        found = Study.objects.select_related("version").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        recipes = [_recipe(given, found) for given in options["recipes"]]
        baseline = options["baseline"] or recipes[0][0]
        if baseline not in dict(recipes):
            raise CommandError(f"No recipe is called {baseline}; there are {', '.join(dict(recipes))}.")
        comparison = self._start(found, recipes, options)
        if not options["no_wait"]:
            self._watch_until_told_otherwise(comparison)
        self._tell_how_far(_progress(comparison))
        self._tell(comparison, baseline, options)

    def _start(self, study: Study, recipes: list[Named], options: dict[str, Any]) -> RecipeComparison:
        try:
            comparison = recipe_comparing.start(
                study=study,
                recipes=recipes,
                prompts=options["prompts"],
                sets_per_prompt=options["sets_per_prompt"],
                seed=options["seed"],
                by=None,
                now=timezone.now(),
            )
            again = recipe_comparing.ask_again(comparison=comparison, now=timezone.now()) if options["retry"] else 0
        except recipe_comparing.CannotCompare as refusal:
            raise CommandError(str(refusal)) from None
        except KeyboardInterrupt:
            self._stop("\nNot everything is asked for yet; start it again to go on.")
        drawn = comparison.drawn.count()
        if drawn < options["prompts"]:
            self.stdout.write(f"The study has {drawn} prompts; all of them are taken.")
        if again:
            self.stdout.write(f"Asked again for {again} sets.")
        return comparison

    def _watch_until_told_otherwise(self, comparison: RecipeComparison) -> None:
        try:
            watching.watch(lambda: _progress(comparison), complain=self.stderr.write)
        except KeyboardInterrupt:
            self._stop("\nThe sets go on being written without this; start it again to see how far they are.")

    def _stop(self, said: str) -> None:
        self.stdout.write(said)
        sys.exit(STATUS_AFTER_CTRL_C)

    def _tell_how_far(self, now: Progress) -> None:
        self.stdout.write(f"Sets: {watching.counted(now)}")
        for failure in now.failures:
            self.stdout.write(f"{failure.sets} failed ({failure.code}): {failure.reason}")
        if now.paused:
            self.stdout.write("Paused: no more sets are begun. Go on from the study's page.")
        if recipe_comparing.can_ask_again(now):
            self.stdout.write("Ask again for what failed for no fault of a recipe with --retry.")

    def _tell(self, comparison: RecipeComparison, baseline: str, options: dict[str, Any]) -> None:
        found = remembered_figures(comparison=comparison, baseline=baseline)
        groups = comparison_tables.groups(found, baseline=baseline)
        for group in comparison_tables.only(groups, scheme=options["labels"], source=options["source"]):
            self.stdout.write(f"\n{printable(str(group.title))}")
            if group.is_judged and group.accuracy:
                self.stdout.write(comparison_tables.accuracy_said(group.accuracy))
            for table in group.tables:
                self._tell_table(table)
        if options["output"]:
            self._write(comparison, baseline, options)

    def _tell_table(self, table: Table) -> None:
        side = table.sides[-1]
        self.stdout.write(f"  {printable(str(table.title))}")
        for row in table.rows:
            cell = row.cells.get(side)
            if cell is not None:
                between = interval(cell.estimate, table.decimals)
                said = f"    {name_of(row):<44.44} {number(cell.estimate, table.decimals):>8}"
                said += f"  ({between})" if between else ""
                self.stdout.write(said + ("  negatively correlated" if is_negative(table, cell) else ""))

    def _write(self, comparison: RecipeComparison, baseline: str, options: dict[str, Any]) -> None:
        folder: Path = options["output"]
        whose = {"scheme": options["labels"], "source": options["source"]}
        try:
            files = comparison_files.write(folder, comparison, baseline=baseline, **whose)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error}") from None
        self.stdout.write(f"\nWrote table.md, figures.csv, sets.csv and {len(files) - 3} plots to {folder}.")


def _recipe(given: str, study: Study) -> Named:
    """Return a recipe of the study by its name there, or that of a file."""
    if given in {"first", "later"}:
        own = getattr(study.asks.recipes, given)
        if own is None:
            raise CommandError(f"The study has no recipe for {given} turns.")
        return given, own
    try:
        return recipe_file.read(Path(given).read_text(encoding="utf-8-sig"), file=Path(given).name)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{given} cannot be read: {error}") from None
    except recipe_file.RecipeFileInvalid as invalid:
        raise CommandError(str(invalid)) from None


def _progress(comparison: RecipeComparison) -> Progress:
    return recipe_comparing.progress(comparison=comparison, now=timezone.now())
