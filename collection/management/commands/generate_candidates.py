"""manage.py generate_candidates STUDY [--pause | --resume | --retry REASON] [--no-wait]"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collection import watching, writing_ahead
from collection.models import Study
from collection.writing_ahead import CannotWrite, Progress

STATUS_AFTER_CTRL_C = 130


class Command(BaseCommand):
    """Have the first answers to a study's prompts written ahead of time, and watch."""

    help = (
        "Have candidate sets written for all given prompts of a study that have none, by the workers, after whatever "
        "people wait for. Started again, it goes on; ended, the work goes on without it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        one_of = parser.add_mutually_exclusive_group()
        one_of.add_argument("--pause", action="store_true", help="begin no more sets, and end")
        one_of.add_argument("--resume", action="store_true", help="go on after a pause")
        one_of.add_argument(
            "--retry", default="", metavar="REASON", help="ask again for sets that failed for this reason, or `all`"
        )
        parser.add_argument("--no-wait", action="store_true", help="ask, and end without watching")

    def handle(self, *args: Any, study: str, pause: bool, no_wait: bool, **options: Any) -> None:
        found = Study.objects.select_related("version").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        if pause:
            writing_ahead.pause(study=found, now=timezone.now())
        else:
            self._ask(found, resume=options["resume"], retry=options["retry"])
            if not no_wait:
                self._watch_until_told_otherwise(found)
        self._tell(_progress(found))

    def _ask(self, study: Study, *, resume: bool, retry: str) -> None:
        try:
            if resume:
                writing_ahead.resume(study=study)
            asked = writing_ahead.ask(study=study, now=timezone.now())
            again = self._retry(study, retry) if retry else 0
        except CannotWrite as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Asked for {asked} sets, and again for {again}." if again else f"Asked for {asked} sets.")

    def _retry(self, study: Study, reason: str) -> int:
        codes = [failure.code for failure in _progress(study).failures]
        if reason != "all" and reason not in codes:
            known = f"the reasons here are {', '.join(codes)}" if codes else "none failed at all"
            raise CommandError(f"No set failed for {reason}; {known}.")
        return writing_ahead.ask_again(study=study, reason="" if reason == "all" else reason, now=timezone.now())

    def _watch_until_told_otherwise(self, study: Study) -> None:
        try:
            watching.watch(lambda: _progress(study), complain=self.stderr.write)
        except KeyboardInterrupt:
            self.stdout.write("\nThe sets go on being written without this; start it again to see how far they are.")
            sys.exit(STATUS_AFTER_CTRL_C)

    def _tell(self, now: Progress) -> None:
        self.stdout.write(watching.counted(now))
        if now.paused:
            self.stdout.write("Paused: no more sets are begun. Go on with --resume.")
        for failure in now.failures:
            self.stdout.write(f"{failure.sets} failed ({failure.code}): {failure.reason}")
            for detail in failure.details[:3]:
                self.stdout.write(f"    {_printable(detail)[:200]}")
        if now.failures:
            self.stdout.write("Ask for them again with --retry all, or --retry and one of these reasons.")


def _progress(study: Study) -> Progress:
    return writing_ahead.progress(study=study, now=timezone.now())


def _printable(detail: str) -> str:
    # It may hold what a model or an endpoint wrote: nothing that a terminal would obey.
    return "".join(sign if sign.isprintable() else " " for sign in detail)
