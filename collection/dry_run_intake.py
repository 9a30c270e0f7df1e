"""Asking for a dry run."""

import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from collection import jobs
from collection.models import DryRun, Study

MOST_PEOPLE = 2000
"""From a page; a terminal asks for any number."""


class CannotDryRun(Exception):
    """There can be no dry run; the message says why."""


def request(*, study: Study, people: int, seed: int | None, by: User | None, now: datetime) -> DryRun:
    """Ask for a dry run; a worker is told once this is committed.

    :raises CannotDryRun: if another one of this study is under way, or it is a copy itself.
    """
    asked = prepare(study=study, people=people, seed=seed, by=by, now=now)
    # Robust: a broker that is away delays it until the sweep.
    transaction.on_commit(lambda: jobs.queue_dry_run(dry_run_id=asked.pk), robust=True)
    return asked


def prepare(*, study: Study, people: int, seed: int | None, by: User | None, now: datetime) -> DryRun:
    """Note a dry run that the caller runs, as `request` does, which leaves it to a worker."""
    if study.is_dry_run:
        raise CannotDryRun(_("This is a dry run already; start another one from the study that it copies."))
    seed = secrets.randbits(31) if seed is None else seed
    try:
        with transaction.atomic():
            return DryRun.objects.create(
                of=study, people=people, seed=seed, requested_by=by, requested_at=now, queued_at=now
            )
    except IntegrityError:
        raise CannotDryRun(_("A dry run of this study is under way; wait until it has ended.")) from None
