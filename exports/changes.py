"""What left a dataset since the release before, because people withdrew or keep more to themselves."""

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet

from annotators.models import Consent
from collection.models import Study, Turn
from exports.models import Release, ReleasedPerson
from exports.scope import Scope
from sampling.models import Candidate, CandidateSet

if TYPE_CHECKING:
    from exports.dataset import Written


def previous(study: Study, *, version: int | None) -> Release | None:
    """Return the finished release before this version; before none, the latest."""
    done = Release.objects.filter(study=study, status=Release.Status.DONE)
    if version is not None:
        done = done.filter(version__lt=version)
    return done.order_by("-version").first()


def since(before: Release | None, scope: Scope, rows: Mapping[str, int]) -> dict[str, Any] | None:
    """Return how many people are gone that were in the release before, and how many of its lines, by table.

    :param rows: The tables of this release, with the number of their lines.
    """
    if before is None or before.snapshot_at is None:
        return None
    people = before.people.all()
    gone = people.exclude(annotator__in=scope.people)
    less = people.filter(annotator__in=_decided_since(before, scope))
    had = gone | less
    lines = {
        "conversations": _lines(had, "conversations") - _conversations(before, less, scope),
        "turns": _lines(had, "turns") - _turns(before, less, scope).count(),
        "annotators": gone.count(),
        "candidates": _candidates(before, had, scope),
    }
    return {
        "release": before.version,
        "people": gone.count(),
        "rows": {table: count for table, count in lines.items() if table in rows},
    }


def note_people(release: Release, written: "Written") -> None:
    """Keep who is in a release."""
    ReleasedPerson.objects.filter(release=release).delete()
    ReleasedPerson.objects.bulk_create(
        (
            ReleasedPerson(
                release=release,
                annotator_id=pk,
                verbatim=person.agreed.verbatim,
                conversations=person.conversations,
                turns=person.turns,
            )
            for pk, person in written.people.items()
        ),
        batch_size=2000,
    )


def clear_withheld() -> int:
    """Delete the files of releases that hold somebody who does not agree any more; return of how many."""
    withheld = Release.objects.filter(
        status=Release.Status.DONE, pk__in=ReleasedPerson.objects.no_longer_agreeing().values("release")
    )
    there = [release for release in withheld if release.folder.is_dir()]
    for release in there:
        shutil.rmtree(release.folder, ignore_errors=True)
    return len(there)


def _decided_since(before: Release, scope: Scope) -> QuerySet[Any]:
    """Return the people who are in this release too, and agreed to something else since the one before."""
    newer = Consent.objects.in_force().filter(accepted_at__gte=before.snapshot_at, annotator__in=scope.people)
    return newer.values("annotator")


def _lines(people: QuerySet[ReleasedPerson], table: str) -> int:
    return sum(people.values_list(table, flat=True))


def _turns(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> QuerySet[Turn]:
    """Return the turns of these people that this release shares with the one before."""
    return scope.turns().filter(recorded_at__lte=before.snapshot_at, task__annotator__in=people.values("annotator"))


def _conversations(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> int:
    compared = scope.accepted().filter(
        recorded_at__lte=before.snapshot_at, turn__task__annotator__in=people.values("annotator")
    )
    return int(compared.order_by().aggregate(tasks=Count("turn__task", distinct=True))["tasks"])


def _candidates(before: Release, people: QuerySet[ReleasedPerson], scope: Scope) -> int:
    """Return how many candidates only these people saw."""
    seen = (
        Turn.objects.that_happened()
        .without_practice()
        .filter(
            task__study=scope.study, recorded_at__lte=before.snapshot_at, task__annotator__in=people.values("annotator")
        )
    )
    still_there = scope.turns().order_by().values("candidate_set")
    sets = CandidateSet.objects.filter(
        pk__in=seen.values("candidate_set"), status=CandidateSet.Status.READY, finished_at__lte=before.snapshot_at
    )
    return Candidate.objects.filter(candidate_set__in=sets.exclude(pk__in=still_there)).count()
