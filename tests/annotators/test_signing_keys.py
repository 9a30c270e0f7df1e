"""Keys of a panel: fetched when they are needed, from listed hosts alone, and not at everybody's wish."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import RSAKey

from annotators import signing_keys
from annotators.identities import SigningKeys
from annotators.sources.interface import KeysAway
from tests.annotators.key_server import key_server
from tests.concurrency import at_once

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
FIRST, SECOND = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("first", "second"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with key_server() as server:
        settings.KEY_HOSTS = [server.host]
        server.publish(FIRST)
        yield server


def key(server, kid="first", after=timedelta(0)):
    return signing_keys.key(url=server.url, kid=kid, now=NOW + after)


def test_a_key_is_fetched_once_and_kept(server):
    found = key(server)
    assert found == {name: FIRST.as_dict(private=False)[name] for name in ("kty", "n", "e")}
    assert key(server, after=timedelta(hours=11)) == found
    assert server.asked == 1


def test_keys_are_fetched_anew_twice_a_day(server):
    key(server)
    server.publish(FIRST, SECOND)
    key(server, after=timedelta(hours=13))
    assert server.asked == 2
    assert "second" in SigningKeys.objects.get().keys


def test_a_new_key_is_found_and_names_that_nobody_has_cost_one_fetch_a_minute(server):
    key(server)
    server.publish(FIRST, SECOND)
    assert key(server, "second", after=timedelta(minutes=1))
    assert server.asked == 2
    for number in range(20):
        with pytest.raises(KeysAway):
            key(server, f"made-up-{number}", after=timedelta(minutes=1, seconds=number))
    assert server.asked == 2
    assert key(server, "made-up", after=timedelta(minutes=2)) is None
    assert server.asked == 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (302, b""),
        (200, b"no JSON"),
        (200, b"[]"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [{"kty": "oct", "kid": "first", "k": "AAAA"}]}'),
        (200, b'{"keys": ["first"]}'),
        (200, b'{"keys": [{"kty": "RSA", "kid": 1, "n": "AQAB", "e": "AQAB"}]}'),
        (200, b"[" * 100_000),
        (200, b" " * 300_000),
    ],
)
def test_the_last_good_copy_stays_when_the_next_one_is_none(server, status, body):
    good = key(server)
    server.status, server.body = status, body
    server.headers = {"Location": server.url} if status == 302 else {}
    assert key(server, after=timedelta(hours=13)) == good
    assert server.asked == 2
    with pytest.raises(KeysAway):
        key(server, "second", after=timedelta(hours=14))


def test_without_any_copy_it_cannot_be_told(server):
    server.status = 500
    with pytest.raises(KeysAway):
        key(server)
    server.publish(FIRST)
    with pytest.raises(KeysAway):
        key(server, after=timedelta(seconds=30))
    assert key(server, after=timedelta(minutes=1))


def test_nothing_is_fetched_from_a_host_that_is_not_listed(server, settings, caplog):
    settings.KEY_HOSTS = ["api.prolific.com", f"x{server.host}"]
    with pytest.raises(KeysAway):
        key(server)
    assert server.asked == 0
    assert "KEY_HOSTS" in caplog.text


def test_a_server_that_does_not_answer_is_given_up(server, monkeypatch):
    monkeypatch.setattr(signing_keys, "SECONDS", 0.2)
    server.before_answering = lambda: time.sleep(1)
    before = time.monotonic()
    with pytest.raises(KeysAway):
        key(server)
    assert time.monotonic() - before < 1


@pytest.mark.django_db(transaction=True)
def test_people_who_come_first_at_the_same_moment_cost_one_fetch_and_all_get_the_key(server):
    server.before_answering = lambda: time.sleep(0.3)
    found = at_once(*[lambda: key(server)] * 6)
    assert all(each == found[0] and each["kty"] == "RSA" for each in found), found
    assert server.asked == 1
