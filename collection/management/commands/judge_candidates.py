"""manage.py judge_candidates STUDY --judge FILE.yaml"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from collection import labelling
from collection.models import Study
from pluralism.proportions import wilson_interval
from sampling import judge_file
from sampling.generators.engine import ENGINES
from sampling.generators.interface import GeneratorFailed
from sampling.judging import Judged
from sampling.labelling import Accuracy, accuracy


class Command(BaseCommand):
    """Have a model say what values a study's texts speak for."""

    help = (
        "Have the judge that a YAML file describes label every text of the study that it has not labelled yet: "
        "candidates as they are shown and answers of first tries. The model runs here, or at its endpoint. Ended and "
        "started again, it goes on. What it says counts as much as it is right on texts labelled by hand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument("--judge", type=Path, required=True, help="YAML file of the judge")

    def handle(self, *args: Any, study: str, judge: Path, **options: Any) -> None:
        found = Study.objects.filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        try:
            by = judge_file.read(judge)
            with tqdm(unit=" texts", disable=None) as bar:
                judged = labelling.judge(
                    study=found, by=by, now=timezone.now(), progress=lambda judged: bar.update(judged.texts - bar.n)
                )
        except judge_file.JudgeFileInvalid as error:
            raise CommandError(str(error)) from None
        except GeneratorFailed as failure:
            raise CommandError(f"The judge cannot answer: {failure}. What it said before is kept.") from None
        finally:
            # Its threads would keep this process.
            ENGINES.close()
        self.stdout.write(_said(judged))
        sets = labelling.sets_of(found).values_list("pk", flat=True)
        self.stdout.write(_checked(accuracy(scheme=by.scheme, source=judged.source, candidate_sets=sets)))


def _said(judged: Judged) -> str:
    left_out = {"too long for it": judged.too_long, "in a language without words for the values": judged.not_worded}
    parts = [f"{count} {why}" for why, count in left_out.items() if count]
    return (
        f"{judged.source} saw {judged.texts} texts: {judged.decided} labelled, {judged.undecided} undecided, "
        f"{', '.join([f'{judged.known} labelled before', *parts])}."
    )


def _checked(found: Accuracy) -> str:
    if not found.decided:
        return "No text that it decided was labelled by hand: how often it is right is not known."
    low, high = wilson_interval(found.right, found.decided)
    return (
        f"Of {found.texts} texts labelled by hand it decided {found.decided} and was right on {found.right}: "
        f"{found.right / found.decided:.0%} (95 % interval {low:.0%} to {high:.0%})."
    )
