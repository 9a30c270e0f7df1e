"""manage.py measure_candidates"""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from sampling import measuring
from sampling.jobs import MEASURED_AT_ONCE
from sampling.models import CandidateSet, Recipe


class Command(BaseCommand):
    """Measure every ready set that is not measured yet."""

    help = (
        "Measure the distances and relevance of every ready set that is not measured yet, here and now: sets that came "
        "ready while no worker ran, or that could not be measured when they were written."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for recipe in tqdm(Recipe.objects.order_by("pk"), unit=" recipes", disable=None):
            last: int | None = 0
            while last is not None:
                last = measuring.measure_ready(recipe=recipe, after=last, most=MEASURED_AT_ONCE)
        left = CandidateSet.objects.ready().filter(erased_at=None, diversities=None).count()
        self.stdout.write(f"Could not be measured: {left}; the log says why." if left else "All sets are measured.")
