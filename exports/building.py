"""Writing a release: claimed, written aside, moved into place only when it is complete."""

import errno
import logging
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from exports import changes, dataset, snapshot
from exports.claims import Claim, ClaimLost, claim, renewed
from exports.dataset import Written
from exports.formats import DoesNotFit
from exports.models import Release
from exports.scope import agreements

logger = logging.getLogger(__name__)


def build(*, release_id: int, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Write a release that is requested; whether this call brought it to an end (done or failed)."""
    held = claim(release_id=release_id, now=clock())
    if held is None:
        return False
    try:
        with renewed(held):
            _write(held, clock=clock)
    except ClaimLost:
        logger.warning("Release %s was given to another worker.", release_id)
        return False
    except Exception as error:
        # Whatever goes wrong with one release is told on its page and leaves the others alone.
        code = failure_of(error)
        if code == "unexpected":
            logger.exception("Release %s could not be written.", release_id)
        return _fail(held, code, f"{type(error).__name__}: {error}", now=clock())
    return True


def failure_of(error: Exception) -> str:
    """Return the code of exports.reasons for what went wrong."""
    if isinstance(error, DoesNotFit):
        return error.reason
    if isinstance(error, snapshot.StillWriting):
        return "still-writing"
    if isinstance(error, OSError):
        return "disk-full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "storage"
    return "unexpected"


def _write(held: Claim, *, clock: Callable[[], datetime]) -> None:
    held.standing().filter(snapshot_at=None).update(snapshot_at=clock())
    release = Release.objects.select_related("study__panel").get(pk=held.release_id)
    assert release.snapshot_at is not None
    aside = _folder_aside(held)
    try:
        while True:
            written = dataset.write(
                study=release.study,
                wanted=release.formats,
                beside_parquet=release.beside_parquet,
                snapshot_at=release.snapshot_at,
                version=release.version,
                folder=aside,
                progress=held.progress,
            )
            if _finish(held, release, written, aside, now=clock()):
                return
            shutil.rmtree(aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _folder_aside(held: Claim) -> Path:
    """Return a folder for this claim alone, without what workers left that died over the same release."""
    workshop = Path(settings.RELEASES_DIR) / "unfinished"
    workshop.mkdir(parents=True, exist_ok=True)
    for left in workshop.glob(f"{held.release_id}-*"):
        shutil.rmtree(left, ignore_errors=True)
    return workshop / f"{held.release_id}-{held.token}"


@transaction.atomic
def _finish(held: Claim, release: Release, written: Written, aside: Path, *, now: datetime) -> bool:
    """Put the complete folder in its place; False if somebody withdrew, or agrees to something else, meanwhile.

    :raises ClaimLost: if another worker has the release now.
    """
    # Locked while the folder is moved: a worker that was taken for dead waits here and finds its token gone.
    if held.standing().select_for_update().first() is None:
        raise ClaimLost
    agreed = {pk: person.agreed for pk, person in written.people.items()}
    if agreements(agreed, licence=written.manifest["licence"]) != agreed:
        return False
    changes.note_people(release, written)
    # There may be the folder of a worker that was killed between this move and the commit.
    shutil.rmtree(release.folder, ignore_errors=True)
    os.rename(aside, release.folder)
    held.standing().update(
        status=Release.Status.DONE,
        manifest=written.manifest,
        rows_done=held.rows_total or 0,
        rows_total=held.rows_total,
        finished_at=now,
        token=None,
        lease_until=None,
    )
    return True


def _fail(held: Claim, code: str, detail: str, *, now: datetime) -> bool:
    failed = held.standing().update(
        status=Release.Status.FAILED,
        failure=code,
        failure_detail=detail,
        finished_at=now,
        token=None,
        lease_until=None,
    )
    return bool(failed)
