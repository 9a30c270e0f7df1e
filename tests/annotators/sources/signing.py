"""Tokens as Prolific signs them, and as somebody would who wants to be taken for it."""

import base64
import hmac
import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from annotators.sources.interface import Desk, KeysAway
from annotators.sources.prolific import ProlificPart

SITE = "https://study.example.org"
NOW = 1_900_000_000
PID, STUDY, SESSION = "5f0c1a2b3c4d5e6f7a8b9c0d", "6f0c1a2b3c4d5e6f7a8b9c0d", "7f0c1a2b3c4d5e6f7a8b9c0d"
ABSENT = object()
"""For a claim that is not made."""
KEY = RSAKey.generate_key(2048, {"kid": "first"})
OTHER = RSAKey.generate_key(2048, {"kid": "first"})


def published(*keys: RSAKey) -> dict[str, Any]:
    """Return keys as they stand at the address of the source: public parts by id."""
    return {str(key.kid): dict(key.as_dict(private=False)) for key in keys}


def claims(**changes: Any) -> dict[str, Any]:
    """Return what Prolific says of somebody who comes; `claim=ABSENT` says nothing of it."""
    said = {"PROLIFIC_PID": PID, "STUDY_ID": STUDY, "SESSION_ID": SESSION, "workspace_id": "w1"}
    usual = {
        "iss": "https://www.prolific.com",
        "aud": SITE,
        "sub": SESSION,
        "iat": NOW - 5,
        "exp": NOW + 3600,
        "prolific": said | changes.pop("prolific", {}),
    }
    return {name: value for name, value in (usual | changes).items() if value is not ABSENT}


def token(key: RSAKey = KEY, *, algorithm: str = "RS256", **changes: Any) -> str:
    """Return a token that is signed with a key."""
    return jwt.encode({"alg": algorithm, "kid": str(key.kid)}, claims(**changes), key, algorithms=[algorithm])


def unsigned(**changes: Any) -> str:
    """Return a token that says that it needs no signature."""
    return f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(claims(**changes))}."


def signed_with_what_is_public(**changes: Any) -> str:
    """Return a token whose secret is the public key that everybody can read."""
    # By hand: the library does not lend itself to it.
    content = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims(**changes))}"
    signature = hmac.digest(KEY.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def desk(*keys: RSAKey, away: bool = False, now: int = NOW, secret: bytes = b"") -> Desk:
    """Return what sources ask, with these keys published."""

    def key(url: str, kid: str):
        if away:
            raise KeysAway
        return published(*keys).get(kid)

    return Desk(site=SITE, panel="carers", now=now, key=key, secret=lambda variable: secret)


def prolific(**changes: Any) -> ProlificPart:
    """Return a panel file's part."""
    return ProlificPart.model_validate({"kind": "prolific", **changes})
