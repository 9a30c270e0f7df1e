"""Writing a release: one worker lays it out, all who come write its shards, the last one finishes it."""

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from exports import finishing, formats, planning, recovery, shards, snapshot
from exports.claims import Claim, ClaimLost, claim_shard, claim_to_finish, claim_to_plan, renewed
from exports.formats import DoesNotFit, Table
from exports.models import Release
from exports.scope import Scope, scope_of_release

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass
class Work:
    """What one worker does for a release."""

    release_id: int
    clock: Clock
    laid_out: Callable[[int], None]
    scope: Scope | None = None
    """As it was laid out last."""
    tables: dict[str, Table] = field(default_factory=dict)


def build(
    *, release_id: int, clock: Clock = timezone.now, laid_out: Callable[[int], None] = lambda shards: None
) -> bool:
    """Do for a release what nobody else does, until nothing is left; whether this call brought it to an end.

    Several workers on several machines may do so at the same time.

    :param laid_out: is told how many shards there are to write, once they can be claimed.
    """
    work = Work(release_id=release_id, clock=clock, laid_out=laid_out)
    while True:
        if held := claim_to_plan(release_id=release_id, now=clock()):
            ended = _guarded(held, work, _plan)
        elif held := claim_shard(release_id=release_id, now=clock()):
            ended = _guarded(held, work, _write)
        elif held := claim_to_finish(release_id=release_id, now=clock()):
            ended = _guarded(held, work, _finish)
        else:
            return False
        if ended:
            return True


def _plan(held: Claim, work: Work) -> bool:
    work.laid_out(planning.plan(held, clock=work.clock))
    work.scope = None
    return False


def _write(held: Claim, work: Work) -> bool:
    _look(work)
    shards.write(held, _release(work), _scope(work), work.tables)
    return False


def _finish(held: Claim, work: Work) -> bool:
    _look(work)
    return finishing.finish(held, _release(work), _scope(work), list(work.tables.values()), clock=work.clock)


def _scope(work: Work) -> Scope:
    assert work.scope is not None
    return work.scope


def _release(work: Work) -> Release:
    release = _scope(work).release
    assert release is not None
    return release


def _look(work: Work) -> None:
    """Read what the release is, unless that is known."""
    release = Release.objects.select_related("study__panel").get(pk=work.release_id)
    # Somebody else may have laid it out anew meanwhile.
    if work.scope is None or work.scope.release is None or work.scope.release.laid_out_at != release.laid_out_at:
        work.scope = scope_of_release(release)
        work.tables = {table.name: table for table in formats.tables_of(release.formats, release.beside_parquet)}


def _guarded(held: Claim, work: Work, do: Callable[[Claim, Work], bool]) -> bool:
    """Do something with a claim that is renewed meanwhile; whether the release has come to an end, a failure too."""
    try:
        with renewed(held):
            return do(held, work)
    except ClaimLost:
        logger.warning("Release %s: what this worker did was given to another one.", work.release_id)
        return False
    except Exception as error:
        # Whatever goes wrong with one release is told on its page and leaves the others alone.
        code = failure_of(error)
        if code == "unexpected":
            logger.exception("Release %s could not be written.", work.release_id)
        return _fail(held, work, code, f"{type(error).__name__}: {error}")


def failure_of(error: Exception) -> str:
    """Return the code of exports.reasons for what went wrong."""
    if isinstance(error, DoesNotFit):
        return error.reason
    if isinstance(error, snapshot.StillWriting):
        return "still-writing"
    if isinstance(error, OSError):
        return "disk-full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "storage"
    return "unexpected"


@transaction.atomic
def _fail(held: Claim, work: Work, code: str, detail: str) -> bool:
    """End a release, if the claim during which it failed still stands."""
    if held.standing().select_for_update().first() is None:
        return False
    release = Release.objects.get(pk=work.release_id)
    return recovery.end(release, Release.Status.FAILED, failure=code, detail=detail, now=work.clock())
