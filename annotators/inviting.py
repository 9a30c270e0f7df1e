"""The links that let people into a panel, as researchers see them: many at once, how they are used, revoked."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, QuerySet, Sum

from annotators import enrolment
from annotators.models import Annotator, Invitation, Panel
from annotators.tokens import hashed, new_token

MOST_AT_ONCE = 2000


def invite_each(
    *, panel: Panel, language: str, number: int, label: str = "", expires_at: datetime | None = None, now: datetime
) -> list[str]:
    """Make so many links for one person each, and return their tokens, which are kept nowhere."""
    tokens = [new_token() for _ in range(number)]
    Invitation.objects.bulk_create(
        Invitation(
            panel=panel,
            token_hash=hashed(token),
            label=label,
            language=language,
            limit=1,
            expires_at=expires_at,
            created_at=now,
        )
        for token in tokens
    )
    return tokens


# What links that were made together have in common.
_TOGETHER = ("created_at", "label", "language", "limit", "expires_at", "revoked_at")


def listed(panel: Panel) -> "QuerySet[Invitation, dict[str, Any]]":
    """Return a panel's links, newest first; those that were made together in one row."""
    together = Invitation.objects.filter(panel=panel).order_by().values(*_TOGETHER)
    counted = together.annotate(first=Min("pk"), links=Count("pk"), people=Sum("used"))
    return counted.order_by("-created_at", "-first")


def revoke(*, invitation: Invitation, now: datetime) -> int:
    """Let nobody in any more by this link and those that were made together with it; return how many they are.

    Who came in by one of them stays.
    """
    together = Invitation.objects.filter(panel=invitation.panel, created_at=invitation.created_at, revoked_at=None)
    return together.update(revoked_at=now)


def came(panel: Panel) -> "QuerySet[Annotator]":
    """Return everybody who came into a panel, newest first, with where they came from."""
    people = Annotator.objects.filter(panel=panel).select_related("invitation", "identity")
    return people.order_by("-joined_at", "-pk")


def counted(panel: Panel) -> dict[str, int]:
    """Return how many people came by invitation alone, under an id that the panel confirmed, and under another one."""
    rows = Annotator.objects.filter(panel=panel).order_by().values_list("identity__verified").annotate(Count("pk"))
    found = dict(rows)
    return {"invited": found.get(None, 0), "confirmed": found.get(True, 0), "unconfirmed": found.get(False, 0)}


@transaction.atomic
def end_return_link(*, annotator: Annotator, replace: bool, now: datetime) -> str:
    """End a person's return link, and every browser's knowledge of them: whoever has it from them is out as well.

    :returns: The token of another link in its place, which is kept nowhere; empty without `replace`.
    """
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    person.return_token_hash = ""
    person.signed_out_at = now
    person.save(update_fields=["return_token_hash", "signed_out_at"])
    return enrolment.new_return_link(annotator=person) if replace else ""
