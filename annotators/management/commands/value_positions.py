"""manage.py value_positions PANEL"""

import csv
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotators import valuing
from annotators.forms import in_language
from annotators.models import Panel


class Command(BaseCommand):
    """Write where the people of a panel stand on the axes of its questionnaire on values."""

    help = "Write, as CSV, where the people of a panel stand on the axes of its questionnaire on values."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("panel", help="slug of the panel")

    def handle(self, *args: Any, panel: str, **options: Any) -> None:
        found = Panel.objects.filter(slug=panel).first()
        if found is None:
            raise CommandError(f"There is no panel {panel}.")
        try:
            people = valuing.positions_of(found)
        except valuing.NoQuestionnaire:
            raise CommandError(f"The panel {panel} has no questionnaire with loadings; see load_values.") from None
        part = found.part.values
        assert part is not None
        out = csv.writer(self.stdout, lineterminator="\n")
        out.writerow(["annotator", "first_axis", "second_axis", "items_answered", "scale", "calibration"])
        for person in people:
            where = ["" if value is None else f"{value:.4f}" for value in (person.first, person.second)]
            out.writerow([person.pseudonym, *where, person.answered, part.scale, part.measure().calibration])
        for name, texts in zip(("first_axis", "second_axis"), part.axes or (), strict=False):
            self.stderr.write(f"{name}: {in_language(texts)[0]}")
