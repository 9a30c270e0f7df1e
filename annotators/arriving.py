"""People whom a panel sends: who they are there, whether that is proven, and the way back to it."""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import QueryDict
from django.utils.crypto import salted_hmac

from annotators import signing_keys
from annotators.identities import Identity, IdentityQuerySet, UsedLink
from annotators.models import Annotator, Invitation, Panel
from annotators.sources.interface import Arrival, Desk, KeysAway, NotAccepted, Outcome

logger = logging.getLogger(__name__)

MOST_PARAMETERS = 30
SHORTEST_SECRET = 16


class AlreadyHere(Exception):
    """The panel's id is somebody's who joined in the meantime, from another browser."""


@dataclass(frozen=True)
class WayBack:
    """How a person goes back to where they were invited."""

    code: str
    address: str
    """Empty: the code is all there is."""


# ---- coming ---------------------------------------------------------------------------------------------------------
def arrive(*, panel: Panel, query: QueryDict, had: Arrival | None, now: datetime) -> Arrival:
    """Return who came by a panel's link with these parameters.

    :param had: Who this browser was before, by the same invitation: a link that is used once may be reloaded there.
    :raises NotAccepted: if the link does not let them in.
    """
    source = panel.part.source
    assert source is not None
    arrival = source.arrival(_flat(query), desk=_desk(panel, now=now))
    if source.refuse_unverified and not arrival.verified:
        raise NotAccepted("unverified")
    if arrival.once and not (had and had.once == arrival.once) and not _first_use(arrival, now=now):
        raise NotAccepted("used")
    return arrival


def _flat(query: QueryDict) -> dict[str, str]:
    """Return every parameter with its one value. Two values of one name are read differently by whoever signs."""
    if len(query) > MOST_PARAMETERS or any(len(values) != 1 for _name, values in query.lists()):
        raise NotAccepted("no-id")
    return {str(name): str(value) for name, value in query.items()}


def _desk(panel: Panel, *, now: datetime) -> Desk:
    return Desk(
        site=settings.SITE_URL,
        panel=panel.slug,
        now=int(now.timestamp()),
        key=lambda url, kid: signing_keys.key(url=url, kid=kid, now=now),
        secret=lambda variable: _secret(panel, variable),
    )


def _secret(panel: Panel, variable: str) -> bytes:
    if not variable:
        return shared_secret(panel).encode()
    value = os.environ.get(variable, "").strip()
    if len(value) < SHORTEST_SECRET:
        logger.error("%s holds no secret of at least %s characters.", variable, SHORTEST_SECRET)
        raise KeysAway
    return value.encode()


def shared_secret(panel: Panel) -> str:
    """Return the secret that the site shares with a panel that signs its links."""
    return salted_hmac("annotators.arriving", panel.slug, algorithm="sha256").hexdigest()


def _first_use(arrival: Arrival, *, now: datetime) -> bool:
    """Note that a link was used; whether it was for the first time."""
    UsedLink.objects.filter(until__lt=now).delete()
    until = datetime.fromtimestamp(arrival.until, tz=UTC)
    _link, created = UsedLink.objects.get_or_create(link_hash=arrival.once, defaults={"until": until})
    return created


# ---- being known ----------------------------------------------------------------------------------------------------
def known(*, invitation: Invitation, arrival: Arrival, now: datetime) -> Annotator | None:
    """Return the person of the invitation's panel who came before with this id, if there is one.

    :raises NotAccepted: if the id is not proven and must be, or its owner has withdrawn.
    """
    identity = _at(invitation.panel, arrival).select_related("annotator__panel").first()
    if identity is None:
        return None
    if not arrival.verified and (identity.vouched_at or invitation.limit == 1):
        raise NotAccepted("unverified")
    if identity.annotator.standing in {Annotator.Standing.WITHDRAWN, Annotator.Standing.LEFT}:
        raise NotAccepted("withdrawn")
    identity.came_again(arrival, now=now)
    return identity.annotator


def keep(*, annotator: Annotator, arrival: Arrival, now: datetime) -> None:
    """Keep who a new person is at their panel.

    :raises AlreadyHere: if somebody has that id; the caller's transaction is to be undone.
    """
    source = annotator.panel.part.source
    assert source is not None
    identity = Identity(
        annotator=annotator,
        panel=annotator.panel,
        source=source.kind,
        participant=arrival.participant,
        study=arrival.study,
        session=arrival.session,
        return_url=arrival.return_url,
        verified=arrival.verified,
        vouched_at=now if arrival.verified else None,
    )
    # Waits for who inserts the same id at this moment. Not an error: that would put the id into PostgreSQL's log.
    Identity.objects.bulk_create([identity], ignore_conflicts=True)
    if not Identity.objects.filter(annotator=annotator).exists():
        raise AlreadyHere


def _at(panel: Panel, arrival: Arrival) -> IdentityQuerySet:
    source = panel.part.source
    assert source is not None
    return Identity.objects.at(panel=panel, source=source.kind, participant=arrival.participant)


# ---- going back -----------------------------------------------------------------------------------------------------
def way_back(*, annotator: Annotator, outcome: Outcome, code: str = "") -> WayBack:
    """Return how a person goes back whose part ended so.

    :param code: The code where the panel's source names none for this outcome.
    """
    source = annotator.panel.part.source
    if source is None:
        return WayBack(code=code, address="")
    code = source.codes.of(outcome) or code
    identity = Identity.objects.filter(annotator=annotator).first()
    address = source.way_back(outcome, code=code, arrival=identity.arrival) if identity else ""
    return WayBack(code=code, address=address)
