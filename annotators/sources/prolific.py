"""People from Prolific, whose link can carry a token that Prolific signed. Knows no Django.

https://docs.prolific.com/api-reference/well-known-endpoints/get-study-jwks: the token is signed with RS256 by the key
that its `kid` names; `exp` has not passed; `aud` is this site; `prolific` holds the ids by the names that they have in
the study's address, and `workspace_id`.
"""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, RSAKey
from pydantic import Field, field_validator

from annotators.sources.interface import Arrival, Codes, Desk, KeysAway, NotAccepted, Outcome, Part, id_of
from annotators.survey import N_

COMPLETE = "https://app.prolific.com/submissions/complete?cc="
LEEWAY_SECONDS = 30
"""How far Prolific's clock and ours may be apart."""
MOST_CHARACTERS = 6000
"""A longer token is none of Prolific's."""


class ProlificParameters(Part):
    """What the ids are called in the study's address on Prolific, and in its token."""

    participant: str = Field(default="PROLIFIC_PID", pattern=r"^\w{1,50}$")
    study: str = Field(default="STUDY_ID", pattern=r"^\w{1,50}$")
    session: str = Field(default="SESSION_ID", pattern=r"^\w{1,50}$")
    token: str = Field(default="prolific_token", pattern=r"^\w{1,50}$")


class ProlificPart(Part):
    """A panel whose people come from Prolific."""

    kind: Literal["prolific"]
    keys_url: str = Field(default="https://api.prolific.com/.well-known/study/jwks.json", max_length=300)
    """Where the keys are published that tokens are checked with."""
    refuse_unverified: bool = False
    """Whether people stay out whose id Prolific has not signed."""
    studies: list[str] = Field(default_factory=list, max_length=100)
    """The ids of the studies on Prolific whose people are let in; empty: of any. Anybody can make a study there."""
    workspace: str = Field(default="", max_length=60)
    """The id of the workspace on Prolific whose people are let in; empty: of any."""
    parameters: ProlificParameters = ProlificParameters()
    codes: Codes = Codes()

    @field_validator("keys_url")
    @classmethod
    def _keys_come_safely(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
            raise ValueError(N_("must be an https address"))
        return address

    def arrival(self, query: Mapping[str, str], *, desk: Desk) -> Arrival:
        """Return who came; see interface.Source."""
        names = self.parameters
        token = query.get(names.token, "")
        stated = Arrival(
            participant=id_of(query, names.participant, required=not token),
            study=id_of(query, names.study),
            session=id_of(query, names.session),
        )
        arrival = self._signed(token, stated, desk) if token else stated
        if self.studies and arrival.study not in self.studies:
            raise NotAccepted("other-study")
        return arrival

    def way_back(self, outcome: Outcome, *, code: str, arrival: Arrival) -> str:
        """Return Prolific's own address for a code; see interface.Source."""
        return COMPLETE + quote(code, safe="") if code else ""

    def link_parameters(self) -> str:
        """Return Prolific's placeholders; see interface.Source."""
        names = self.parameters
        pairs = ((names.participant, "PROLIFIC_PID"), (names.study, "STUDY_ID"), (names.session, "SESSION_ID"))
        return "&".join(f"{name}={{{{%{placeholder}%}}}}" for name, placeholder in pairs)

    # ---- the token --------------------------------------------------------------------------------------------------
    def _signed(self, token: str, stated: Arrival, desk: Desk) -> Arrival:
        """Return who Prolific says came.

        :raises NotAccepted: if the token is not Prolific's, or says something else than the link.
        """
        try:
            claims = self._claims(token, desk)
        except KeysAway:
            if self.refuse_unverified or not stated.participant:
                raise NotAccepted("keys-away") from None
            return stated
        said = claims.get("prolific")
        if not _is_for(claims.get("aud"), desk.site) or not isinstance(said, Mapping):
            raise NotAccepted("forged")
        if self.workspace and said.get("workspace_id") != self.workspace:
            raise NotAccepted("other-study")
        names = self.parameters
        signed = Arrival(
            participant=id_of(said, names.participant, required=True),
            study=id_of(said, names.study),
            session=id_of(said, names.session),
            verified=True,
        )
        pairs = [(stated.participant, signed.participant), (stated.study, signed.study)]
        if any(one and one != other for one, other in [*pairs, (stated.session, signed.session)]):
            raise NotAccepted("forged")
        return signed

    def _claims(self, token: str, desk: Desk) -> dict[str, Any]:
        """Return what a token says, once its signature and its time are checked.

        :raises KeysAway: if there is no key at hand to check it with.
        """

        def key_of(guest: GuestProtocol) -> RSAKey:
            kid = guest.headers().get("kid")
            key = desk.key(self.keys_url, kid) if isinstance(kid, str) else None
            if key is None:
                raise NotAccepted("forged")
            return RSAKey.import_key({"kty": "RSA", "n": key["n"], "e": key["e"]})

        if len(token) > MOST_CHARACTERS:
            raise NotAccepted("forged")
        try:
            # Not the algorithm that the token names: the one that Prolific signs with.
            read = jwt.decode(token, key_of, algorithms=["RS256"])
            jwt.JWTClaimsRegistry(now=desk.now, leeway=LEEWAY_SECONDS, exp={"essential": True}).validate(read.claims)
        except ExpiredTokenError:
            raise NotAccepted("too-old") from None
        # What is no token at all fails in the ways of base64, JSON and UTF-8.
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            raise NotAccepted("forged") from None
        return dict(read.claims)


def _is_for(audience: object, site: str) -> bool:
    """Tell whether a token is for this site, which it names by its host, its origin or an address in it."""
    named = audience if isinstance(audience, list) else [audience]
    return any(isinstance(each, str) and _is_site(each, site) for each in named)


def _is_site(named: str, site: str) -> bool:
    try:
        here, there = urlsplit(site), urlsplit(named if "://" in named else f"{urlsplit(site).scheme}://{named}")
    except ValueError:
        return False
    return (here.scheme, here.netloc.lower()) == (there.scheme, there.netloc.lower())
