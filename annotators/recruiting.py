"""Places in a panel's quotas: taken once the questions that tell strata apart are answered, given back by who leaves.

Quotas about the same questions are a family. Everybody has a place in exactly one quota of each family of their panel,
and in all of them or in none: marginal quotas are several families, interlocked ones a single family.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from annotators.models import Annotator, Panel, Place, Quota
from annotators.panel_file import QuotaPart, check_quotas, stratum_key


class ScreenedOut(Exception):
    """There is no place for this person, or no longer; nothing of what they said is kept."""


class BelowTaken(Exception):
    """A quota is to be smaller than the number of people who hold a place in it: `stratum` names it."""

    def __init__(self, stratum: str) -> None:
        super().__init__(stratum)
        self.stratum = stratum


# ---- what is wanted --------------------------------------------------------------------------------------------------
@transaction.atomic
def load_quotas(*, panel: Panel, parts: list[QuotaPart]) -> None:
    """Put the quotas of a table in place of the panel's; its file says them too from now on.

    :raises ValueError: if one is about something that is not asked before the first task; with what to fill in.
    :raises BelowTaken: if more people hold places than would be wanted.
    """
    # Two uploads come one after the other.
    locked = Panel.objects.select_for_update(no_key=True).get(pk=panel.pk)
    check_quotas(parts, [question for question in locked.survey.questions if question.asked == "before"])
    set_quotas(panel=locked, parts=parts)
    locked.definition = {**locked.definition, "quotas": [part.model_dump(mode="json") for part in parts]}
    locked.save(update_fields=["definition"])
    panel.definition = locked.definition


@transaction.atomic
def set_quotas(*, panel: Panel, parts: Iterable[QuotaPart]) -> None:
    """Bring the panel's quotas in line with these. Those that are gone are removed, if nobody holds a place in them.

    :raises BelowTaken: if more people hold places than would be wanted.
    """
    wanted = {stratum_key(part.where): part for part in parts}
    # People who take places at this moment come before all of this or after it.
    locked = Quota.objects.filter(panel=panel).select_for_update(no_key=True).order_by("pk")
    there = {quota.key: quota for quota in locked}
    for key, quota in there.items():
        if key not in wanted:
            if quota.taken:
                raise BelowTaken(key)
            quota.delete()
    for key, part in wanted.items():
        quota = there.get(key) or Quota(panel=panel, key=key, where=part.where, family="|".join(sorted(part.where)))
        if part.rule != Quota.Rule.AT_LEAST and quota.taken > part.wanted:
            raise BelowTaken(key)
        quota.wanted, quota.rule = part.wanted, part.rule
        quota.save()


def below_taken(*, panel: Panel, parts: Iterable[QuotaPart]) -> list[str]:
    """Return the strata in which more people hold places than these quotas want."""
    wanted = {stratum_key(part.where): part for part in parts}
    return [
        quota.key
        for quota in Quota.objects.filter(panel=panel, taken__gt=0).order_by("key")
        if quota.key not in wanted
        or (wanted[quota.key].rule != Quota.Rule.AT_LEAST and quota.taken > wanted[quota.key].wanted)
    ]


# ---- taking a place --------------------------------------------------------------------------------------------------
def has_place(annotator: Annotator, *, now: datetime) -> bool:
    """Whether the person has a place that still stands. Asks the database nothing."""
    return annotator.admitted_at is not None and (annotator.place_until is None or annotator.place_until >= now)


def admit(*, annotator: Annotator, now: datetime) -> None:
    """Give the person a place in their quotas, or screen them out. Doing it again changes nothing.

    The caller has seen to it that what the quotas ask is answered.

    :raises ScreenedOut: if a quota is full or none fits. This is kept, so the caller has no transaction open.
    """
    if not _admitted(annotator, at_last=False, now=now):
        # Transactions of their own: who frees the places of others holds none.
        free_expired(panel=annotator.panel, now=now)
        if not _admitted(annotator, at_last=True, now=now):
            raise ScreenedOut


@transaction.atomic
def _admitted(annotator: Annotator, *, at_last: bool, now: datetime) -> bool:
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if person.standing != Annotator.Standing.ACTIVE or has_place(person, now=now):
        return person.standing == Annotator.Standing.ACTIVE
    if not person.places.exists() and not _taken(person, at_last=at_last):
        return False
    annotator.admitted_at, annotator.place_until = now, None
    if person.places.exists():
        annotator.place_until = now + timedelta(minutes=person.panel.part.hold_minutes)
    annotator.save(update_fields=["admitted_at", "place_until"])
    return True


def _taken(person: Annotator, *, at_last: bool) -> bool:
    """Take a place in each of the person's quotas; without one, turn them away `at_last`."""
    quotas, fits = _of(person)
    # Everybody who comes for these places waits here for who came before, and then counts: of 64 who want the last five
    # places, five get them. In one order, so that two people with several quotas each do not wait for each other.
    locked = list(Quota.objects.filter(pk__in=quotas).select_for_update(no_key=True).order_by("pk"))
    full = [quota.pk for quota in locked if quota.is_full]
    if fits and not full:
        Quota.objects.filter(pk__in=quotas).update(taken=F("taken") + 1)
        Place.objects.bulk_create(Place(annotator=person, quota=quota) for quota in locked)
        return True
    if at_last:
        Quota.objects.filter(pk__in=full).update(turned_away=F("turned_away") + 1)
        _forget(person)
    return False


def _of(person: Annotator) -> tuple[list[int], bool]:
    """Return the quotas to which a person belongs, and whether there is one in every family."""
    answers = person.answers()
    rows = list(Quota.objects.filter(panel=person.panel).values_list("pk", "where", "family"))
    fitting = {family: pk for pk, where, family in rows if _fits(where, answers)}
    return list(fitting.values()), len(fitting) == len({family for _pk, _where, family in rows})


def _fits(where: Mapping[str, str], answers: Mapping[str, str]) -> bool:
    return all(answers.get(question) == value for question, value in where.items())


def _forget(person: Annotator) -> None:
    person.survey_answers.all().delete()
    person.standing = Annotator.Standing.SCREENED_OUT
    person.admitted_at = person.place_until = None
    person.save(update_fields=["standing", "admitted_at", "place_until"])


# ---- keeping it, and giving it back ----------------------------------------------------------------------------------
def begin(*, annotator: Annotator) -> None:
    """Keep the place of a person who begins their first task. The caller has locked the person."""
    if annotator.place_until is not None:
        annotator.place_until = None
        Annotator.objects.filter(pk=annotator.pk).update(place_until=None)


@transaction.atomic
def screen_out(*, annotator: Annotator) -> None:
    """Send away a person who cannot be given what was promised; their place is free again."""
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if person.standing == Annotator.Standing.ACTIVE:
        give_back(annotator=person)
        _forget(person)


def give_back(*, annotator: Annotator) -> None:
    """Let others have the places of this person. The caller has locked the person."""
    held = list(annotator.places.order_by("quota_id").values_list("quota_id", flat=True))
    if held:
        # Locked in one order, as whoever takes several.
        list(Quota.objects.filter(pk__in=held).select_for_update(no_key=True).order_by("pk").values_list("pk"))
        Quota.objects.filter(pk__in=held).update(taken=F("taken") - 1)
        annotator.places.all().delete()
    Annotator.objects.filter(pk=annotator.pk).update(admitted_at=None, place_until=None)


def free_expired(*, panel: Panel | None = None, now: datetime) -> int:
    """Give back the places of people who did not begin in time, each in its own transaction; return of how many."""
    late = Annotator.objects.filter(place_until__lt=now)
    if panel is not None:
        late = late.filter(panel=panel)
    return sum(_freed(pk, now=now) for pk in late.values_list("pk", flat=True))


@transaction.atomic
def _freed(pk: int, *, now: datetime) -> bool:
    # Who is busy at this moment is not gone.
    person = Annotator.objects.filter(pk=pk, place_until__lt=now).one_at_a_time(skip_busy=True).first()
    if person is None:
        return False
    give_back(annotator=person)
    return True
