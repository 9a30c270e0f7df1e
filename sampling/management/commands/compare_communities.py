"""manage.py compare_communities RECIPE.yaml [RECIPE.yaml …] --prompts FILE"""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tqdm import tqdm

from pluralism.entailment import THRESHOLD
from pluralism.resampling import Estimate
from sampling.asking import Order
from sampling.carrying import Carrier
from sampling.communities import comparing, figures
from sampling.communities.comparing import CommunitiesDisagree, Compared
from sampling.communities.figures import Row, Summary
from sampling.generators.interface import ModelNotLoadable, Progress
from sampling.recipe_document import LocalModel, RecipeDocument

AT_ONCE = 8
"""Messages that are answered side by side."""

WIDTHS = "{:<20} {:<19} {:>18} {:>18} {:>18} {:>18} {:>8}"


class Prompt(BaseModel):
    """One line of the file of prompts."""

    text: str = Field(min_length=1)
    language: str = Field(pattern=r"^[a-z]{2,3}$")


class Command(BaseCommand):
    """Compare pools of communities with each other and with their baselines."""

    help = (
        "Answer the same prompts (JSON Lines with text and language) by Modular Pluralism and by its baselines: the "
        "base model as it is, asked for diverse values, and with one community of its choice (mixture of experts)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipes", metavar="RECIPE.yaml", type=Path, nargs="+", help="of the method community")
        parser.add_argument("--prompts", type=Path, required=True)
        parser.add_argument("--limit", type=int, help="answer only the first so many prompts")
        parser.add_argument("--entailment", metavar="MODEL", help="classifier that says what an answer covers")
        parser.add_argument("--entailment-revision")
        parser.add_argument("--threshold", type=float, default=THRESHOLD, help="probability that counts as entailed")
        parser.add_argument("--csv", type=Path, help="write the figures of every prompt to this file")
        parser.add_argument("--answers", type=Path, help="write comments and answers to this file, as JSON Lines")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        recipes = {path.stem: _recipe(path) for path in options["recipes"]}
        prompts = _prompts(options["prompts"])[: options["limit"]]
        try:
            comparing.everybody(recipes)
            entails = _classifier(options["entailment"], options["entailment_revision"])
        except (CommunitiesDisagree, ModelNotLoadable) as error:
            raise CommandError(f"{error}.") from error
        found: list[Row] = []
        everything = []
        for number, compared in enumerate(_compared(recipes, prompts, options["seed"]), start=1):
            everything.append(compared)
            if compared.failure:
                self.stderr.write(f"Prompt {number}: {compared.failure}.")
            found += figures.rows(number, compared, entails=entails, threshold=options["threshold"])
        if not found:
            raise CommandError("No prompt was answered.")
        self._tell(figures.summaries(found, seed=options["seed"]), measured=entails is not None)
        if options["csv"]:
            _write_csv(options["csv"], found)
        if options["answers"]:
            _write_answers(options["answers"], prompts, everything)

    def _tell(self, summaries: Sequence[Summary], *, measured: bool) -> None:
        self.stdout.write(WIDTHS.format("recipe", "approach", "fit", "coverage", "reflected", "faithfulness", "tokens"))
        for line in summaries:
            measures = [_said(each) for each in (line.fit, line.coverage, line.reflected, line.faithfulness)]
            self.stdout.write(WIDTHS.format(line.recipe[:20], line.approach, *measures, f"{line.tokens:.0f}"))
        if not measured:
            self.stdout.write("Coverage and faithfulness need --entailment MODEL.")


def _said(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _recipe(path: Path) -> RecipeDocument:
    try:
        recipe = RecipeDocument.model_validate(YAML(typ="safe").load(path))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise CommandError(f"{path} is no recipe: {place} {fault['msg']}".replace("  ", " ") + ".") from error
    if recipe.method != "community":
        raise CommandError(f"{path} is a recipe of the method {recipe.method}, and only community is compared here.")
    return recipe


def _prompts(path: Path) -> list[Prompt]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from error
    prompts = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                prompts.append(Prompt.model_validate_json(line))
            except ValidationError as error:
                raise CommandError(f"{path}, line {number}, needs a text and a language: {line[:80]}") from error
    if not prompts:
        raise CommandError(f"{path} holds no prompts.")
    return prompts


def _classifier(model: str | None, revision: str | None) -> figures.Classifier | None:
    if model is None:
        return None
    # It brings torch, which the command itself can do without where all models are behind endpoints.
    from sampling.generators.entailment import entailment_of

    return entailment_of(LocalModel(model=model, revision=revision))


def _compared(recipes: dict[str, RecipeDocument], prompts: Sequence[Prompt], seed: int) -> Iterator[Compared]:
    """Yield what came of each prompt, in their order, with a bar."""

    def compare(place: int) -> Compared:
        answered = {name: Carrier(recipe, progress=Progress()).answered for name, recipe in recipes.items()}
        messages = [{"role": "user", "content": prompts[place].text}]
        orders = {
            name: Order(messages=messages, language=prompts[place].language, recipe=recipe, seed=seed + place)
            for name, recipe in recipes.items()
        }
        return comparing.compare(orders, answered)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from tqdm(threads.map(compare, range(len(prompts))), total=len(prompts), unit="prompt", disable=None)


def _write_csv(path: Path, found: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=figures.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in found)


def _write_answers(path: Path, prompts: Sequence[Prompt], everything: Sequence[Compared]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for prompt, compared in zip(prompts, everything, strict=True):
            file.write(f"{json.dumps(prompt.model_dump() | asdict(compared), ensure_ascii=False)}\n")
