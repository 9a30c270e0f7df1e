"""manage.py show_spending"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sampling import spending
from sampling.endpoints import Endpoint
from sampling.models import Spending

WIDTHS = "{:<24} {:>12} {:>16} {:>14}  {}"


class Command(BaseCommand):
    """Show what endpoints were asked for."""

    help = "Show what each endpoint was asked for so far, and its budget. Calls on their way are counted at their most."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", metavar="NAME", default="", help="begin this endpoint's budget anew")

    def handle(self, *args: Any, reset: str, **options: Any) -> None:
        if reset and not spending.reset(name=reset):
            raise CommandError(f"Nothing was counted for {reset}.")
        counted = {row.endpoint: row for row in Spending.objects.all()}
        names = sorted({*settings.ENDPOINTS, *counted})
        if not names:
            self.stdout.write("No endpoint is listed, and none was asked.")
            return
        self.stdout.write(WIDTHS.format("endpoint", "requests", "tokens", "cost", "budget"))
        for name in names:
            row = counted.get(name) or Spending(endpoint=name)
            self.stdout.write(_line(row, settings.ENDPOINTS.get(name)))


def _line(row: Spending, endpoint: Endpoint | None) -> str:
    currency = f" {endpoint.prices.currency}" if endpoint and endpoint.prices else ""
    budget = spending.in_words(endpoint) if endpoint else "not on the list"
    return WIDTHS.format(row.endpoint, f"{row.requests:,}", f"{row.tokens:,}", f"{row.cost:,.2f}{currency}", budget)
