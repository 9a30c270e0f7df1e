"""Public keys of panels: fetched when they are needed, kept, and asked for again no more than once a minute."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpcore2
from django.conf import settings

from annotators.identities import SigningKeys
from annotators.sources.interface import KeysAway

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=12)
"""After this they are fetched again; until that succeeds, the old ones stay in use. Prolific asks for once a day."""
PAUSE = timedelta(minutes=1)
"""Between two fetches, whatever comes: else whoever makes up names of keys would have us call all the time."""
SECONDS = 4.0
MOST_BYTES = 200_000
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class NotFetched(Exception):
    """What came back are no keys, or nothing came."""


Fetch = Callable[[str], dict[str, Any]]


def is_listed(url: str) -> bool:
    """Tell whether the administrator lets keys be fetched from this address."""
    return urlsplit(url).netloc.lower() in settings.KEY_HOSTS


def key(*, url: str, kid: str, now: datetime) -> Mapping[str, Any] | None:
    """Return the key with this id, or None where a copy that was just fetched has none. Fetches where it must.

    :raises KeysAway: if it cannot be told at the moment.
    """
    kept = SigningKeys.objects.filter(url=url).first()
    if kept and kid in kept.keys and kept.fetched_at and kept.fetched_at > now - FRESH:
        return _named(kept, kid)
    asked = _may_ask(url, now=now)
    if asked:
        _fetch_into(url, now=now)
    else:
        _wait_for_who_asks(url, now=now)
    kept = SigningKeys.objects.get(url=url)
    if kid in kept.keys:
        return _named(kept, kid)
    if asked and kept.fetched_at == now:
        return None
    raise KeysAway


def _named(kept: SigningKeys, kid: str) -> Mapping[str, Any]:
    named: Mapping[str, Any] = kept.keys[kid]
    return named


def _may_ask(url: str, *, now: datetime) -> bool:
    """Claim the one fetch of this minute."""
    SigningKeys.objects.bulk_create([SigningKeys(url=url, tried_at=NEVER)], ignore_conflicts=True)
    return SigningKeys.objects.filter(url=url, tried_at__lte=now - PAUSE).update(tried_at=now) == 1


def _wait_for_who_asks(url: str, *, now: datetime) -> None:
    """Wait for the fetch of another request, if one is under way: the first two people of a study come at once."""
    under_way = SigningKeys.objects.filter(url=url, tried_at__gt=now - timedelta(seconds=SECONDS))
    until = time.monotonic() + SECONDS
    while under_way.exclude(fetched_at__gt=now - timedelta(seconds=SECONDS)).exists() and time.monotonic() < until:
        time.sleep(0.1)


def _fetch_into(url: str, *, now: datetime) -> None:
    try:
        keys = fetch(url)
    except NotFetched as failure:
        logger.warning("The keys at %s could not be fetched: %s", url, failure)
    else:
        SigningKeys.objects.filter(url=url).update(keys=keys, fetched_at=now)


# ---- over the network -----------------------------------------------------------------------------------------------
def fetch(url: str) -> dict[str, Any]:
    """Return the RSA keys that are published at an address, by their id.

    httpcore2 follows no redirects and reads no proxies from the environment.

    :raises NotFetched: if the address is not listed, does not answer in time, or answers something else.
    """
    if not is_listed(url):
        raise NotFetched("the administrator's KEY_HOSTS do not list its host")
    until = time.monotonic() + SECONDS
    wait = {"connect": SECONDS, "read": SECONDS, "write": SECONDS, "pool": SECONDS}
    body = bytearray()
    try:
        with httpcore2.stream("GET", url, headers={"Accept": "application/json"}, extensions={"timeout": wait}) as got:
            if got.status != 200:
                raise NotFetched(f"it answered {got.status}")
            for chunk in got.iter_stream():
                body += chunk
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise NotFetched("its answer is too long, or takes too long")
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
        raise NotFetched(type(error).__name__) from None
    return _read(bytes(body))


def _read(body: bytes) -> dict[str, Any]:
    try:
        listed = json.loads(body)["keys"]
        keys = {each["kid"]: {name: each[name] for name in ("kty", "n", "e")} for each in listed if _is_rsa(each)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotFetched("its answer is no key set") from None
    if not keys:
        raise NotFetched("its answer has no RSA key with an id")
    return keys


def _is_rsa(each: Mapping[str, Any]) -> bool:
    strings = all(isinstance(each.get(name), str) for name in ("kid", "n", "e"))
    return each.get("kty") == "RSA" and each.get("use", "sig") == "sig" and strings
