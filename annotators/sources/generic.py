"""People from any other panel: parameters by the names it uses, signed with a shared secret. Knows no Django.

What is signed is the panel's slug, a line feed, and every parameter but the signature: names and values percent-encoded
(RFC 3986: all but A-Z a-z 0-9 - . _ ~), joined by =, sorted as bytes, joined by &. The signature is its HMAC-SHA256 in
hexadecimal.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from annotators.sources.addresses import check_template, filled, is_allowed, with_parameters
from annotators.sources.connect import Returns, values_of
from annotators.sources.interface import Arrival, Codes, Desk, KeysAway, NotAccepted, Outcome, Part, id_of
from annotators.survey import N_

SKEW_SECONDS = 60
"""How far the panel's clock may be before ours."""


Name = Annotated[str, Field(pattern=r"^[\w.-]{1,50}$")]


class Parameters(Part):
    """What the panel calls what it sends."""

    participant: Name = "participant"
    study: Name = "study"
    session: Name = "session"
    return_to: Name | None = None
    """The parameter with the address that the person goes back to; None: links hold none."""


class Signature(Part):
    """How links are signed."""

    parameter: Name = "signature"
    time: Name = "time"
    """The parameter with the time of the link, in seconds since 1970."""
    valid_seconds: int = Field(default=300, ge=10, le=3600)
    variable: str = Field(default="", pattern=r"^(PANEL_SECRET_[A-Z0-9_]{1,60})?$")
    """The environment variable with the secret; empty: the one that the study's page of invitations shows."""


class GenericPart(Part):
    """A panel that is none of those with a name."""

    kind: Literal["generic"]
    parameters: Parameters = Parameters()
    signature: Signature | None = None
    refuse_unverified: bool = False
    """Whether people stay out whose link is not signed."""
    return_hosts: list[str] = Field(default_factory=list, max_length=20)
    """Hosts to which people may be sent back."""
    returns: Returns = Returns()
    codes: Codes = Codes()

    @model_validator(mode="after")
    def _holds_together(self) -> "GenericPart":
        if self.refuse_unverified and self.signature is None:
            raise ValueError(N_("refuses links that are not signed, and does not say how they are signed"))
        names = [name for name in self._names() if name]
        if len(set(names)) < len(names):
            raise ValueError(N_("has one name for two parameters"))
        for address in self.returns.all():
            check_template(address, self.return_hosts)
        return self

    def _names(self) -> list[str | None]:
        names = self.parameters
        signing = [self.signature.parameter, self.signature.time] if self.signature else []
        return [names.participant, names.study, names.session, names.return_to, *signing]

    def arrival(self, query: Mapping[str, str], *, desk: Desk) -> Arrival:
        """Return who came; see interface.Source."""
        names = self.parameters
        stated = Arrival(
            participant=id_of(query, names.participant, required=True),
            study=id_of(query, names.study),
            session=id_of(query, names.session),
            return_url=query.get(names.return_to, "") if names.return_to else "",
        )
        if stated.return_url and not is_allowed(stated.return_url, self.return_hosts):
            raise NotAccepted("return-host")
        if self.signature and query.get(self.signature.parameter):
            return self._signed(self.signature, query, stated, desk)
        return stated

    def way_back(self, outcome: Outcome, *, code: str, arrival: Arrival) -> str:
        """Return where the link said, else the file's address; see interface.Source."""
        # Looked at again: the file may allow other hosts by now.
        if arrival.return_url and is_allowed(arrival.return_url, self.return_hosts):
            said = {"outcome": outcome, **({"code": code} if code else {})}
            return with_parameters(arrival.return_url, said)
        return filled(self.returns.of(outcome), {**values_of(arrival), "code": code})

    def link_parameters(self) -> str:
        """Return the names with what the panel puts there; see interface.Source."""
        return "&".join(f"{name}=…" for name in self._names() if name)

    def _signed(self, signature: Signature, query: Mapping[str, str], stated: Arrival, desk: Desk) -> Arrival:
        try:
            secret = desk.secret(signature.variable)
        except KeysAway:
            raise NotAccepted("keys-away") from None
        given = query[signature.parameter]
        wanted = sign(query, panel=desk.panel, secret=secret, leave_out=signature.parameter)
        if not hmac.compare_digest(given.lower().encode(), wanted.encode()):
            raise NotAccepted("forged")
        made_at = _seconds(query.get(signature.time, ""))
        if not desk.now - signature.valid_seconds <= made_at <= desk.now + SKEW_SECONDS:
            raise NotAccepted("too-old")
        return Arrival(
            participant=stated.participant,
            study=stated.study,
            session=stated.session,
            return_url=stated.return_url,
            verified=True,
            once=hashlib.sha256(f"{desk.panel} {wanted}".encode()).hexdigest(),
            until=made_at + signature.valid_seconds,
        )


def canonical(query: Mapping[str, str], *, panel: str, leave_out: str) -> bytes:
    """Return what is signed of a link's parameters."""
    pairs = sorted(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in query if name != leave_out)
    return f"{panel}\n{'&'.join(pairs)}".encode()


def sign(query: Mapping[str, str], *, panel: str, secret: bytes, leave_out: str = "signature") -> str:
    """Return the signature of a link's parameters, in hexadecimal."""
    return hmac.new(secret, canonical(query, panel=panel, leave_out=leave_out), hashlib.sha256).hexdigest()


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise NotAccepted("forged")
    return int(text)
