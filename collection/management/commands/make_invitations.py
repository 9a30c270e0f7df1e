"""manage.py make_invitations STUDY"""

import csv
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment, inviting
from collection.invitation_links import with_parameters
from collection.models import Study
from collection.study_forms import InvitationForm, SingleUseForm


class Command(BaseCommand):
    """Make links that let people into a study's panel, and print them as CSV: they are shown once."""

    help = "Make links that let people into a study's panel, and print them as CSV. They are shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="slug of the study")
        parser.add_argument("--language", required=True, help="language of the tasks")
        parser.add_argument("--each", type=int, metavar="N", help="N links for one person each")
        parser.add_argument("--limit", type=int, metavar="N", help="one link for at most N people; else for any number")
        parser.add_argument("--last-day", default="", metavar="YYYY-MM-DD", help="the last day on which they let in")
        parser.add_argument("--label", default="", help="a note for yourself")

    def handle(self, *args: Any, study: str, each: int | None, limit: int | None, **options: Any) -> None:
        found = Study.objects.select_related("version", "panel").filter(slug=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}; make it with load_study.")
        if each is not None and limit is not None:
            raise CommandError("--each makes links for one person each; leave --limit out.")
        said = {"language": options["language"], "expires_on": options["last_day"], "label": options["label"]}
        languages = [(code, code) for code in found.asks.languages]
        if each is None:
            form: InvitationForm | SingleUseForm = InvitationForm({**said, "limit": limit}, languages=languages)
        else:
            form = SingleUseForm({**said, "number": each}, languages=languages)
        if not form.is_valid():
            wrong = [f"{name}: {error}" for name, errors in form.errors.items() for error in errors]
            raise CommandError(" ".join(wrong))
        self._print(found, self._tokens(found, form, many=each is not None), language=options["language"])

    def _tokens(self, study: Study, form: InvitationForm | SingleUseForm, *, many: bool) -> list[str]:
        if many:
            return inviting.invite_each(panel=study.panel, now=timezone.now(), **form.wanted())
        return [enrolment.invite(panel=study.panel, now=timezone.now(), **form.wanted())[1]]

    def _print(self, study: Study, tokens: list[str], *, language: str) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(["link", "language"])
        for token in tokens:
            link = settings.SITE_URL + reverse("join", args=[token])
            writer.writerow([with_parameters(link, study.panel), language])
