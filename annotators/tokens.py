"""Secret links: made at random, shown once, kept only as a hash."""

import hashlib
import secrets


def new_token() -> str:
    """Return a fresh token of 128 random bits, fit for a link."""
    return secrets.token_urlsafe(16)


def attempt_hash(invitation_hash: str, attempt: str) -> str:
    """Return what is stored of a browser's attempt to join by an invitation."""
    return hashed(f"{invitation_hash} {attempt}")


def hashed(token: str) -> str:
    """Return what is stored of a token. A plain digest will do: a random token cannot be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()
