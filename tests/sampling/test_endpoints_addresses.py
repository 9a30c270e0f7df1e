"""Only the addresses that an administrator listed are connected to, whatever names, servers or the environment say."""

import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from sampling.addresses import is_permitted, is_public
from sampling.generators import connecting
from sampling.models import CandidateSet
from tests.sampling import misbehaving_server as it
from tests.sampling.misbehaving_server import serving

Ask = Callable[..., CandidateSet]


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:829::200e"])
def test_hosts_of_the_internet_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "::1", "::"),  # noqa: S104
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "fc00::1", "fec0::1"),
        *("169.254.169.254", "fe80::1", "fe80::1%eth0"),
        *("100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "2001:db8::1", "3fff::1", "5f00::1", "100::1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "ff02::1"),
        # An IPv4 address inside: mapped, compatible, NAT64, 6to4, Teredo.
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:0:7f00:1::1", "192.88.99.1"),
    ],
)
def test_everything_else_is_not(text: str) -> None:
    assert not is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_address_that_carries_another_one_is_never_public(inside: IPv4Address) -> None:
    mapped, nat64, to4, teredo = (
        IPv6Address(f"::ffff:{inside}"),
        IPv6Address(f"64:ff9b::{inside}"),
        IPv6Address(0x2002 << 112 | int(inside) << 80),
        IPv6Address(0x20010000 << 96 | int(inside)),
    )
    assert not any(map(is_public, (mapped, nat64, to4, teredo)))


def test_where_addresses_are_listed_no_other_is_permitted() -> None:
    listed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    assert is_permitted(ip_address("10.1.2.3"), listed=listed)
    assert is_permitted(ip_address("fd00::1"), listed=listed)
    assert not is_permitted(ip_address("10.2.0.1"), listed=listed)
    assert not is_permitted(ip_address("8.8.8.8"), listed=listed)
    assert not is_permitted(ip_address("::ffff:10.1.2.3"), listed=listed)


# ---- while connecting -----------------------------------------------------------------------------------------------
@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let a name lead to these addresses: to the first at the first look-up, and so on. Returns what was looked up."""
    real = socket.getaddrinfo

    def lead_(name: str, *answers: list[str]) -> list[str]:
        looked_up: list[str] = []

        def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
            if host != name:
                return real(host, port, *args, **kwargs)
            looked_up.append(host)
            led_to = answers[min(len(looked_up), len(answers)) - 1]
            return [entry for text in led_to for entry in real(text, port, type=socket.SOCK_STREAM)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return looked_up

    return lead_


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[trustme.CA]:
    """Somebody whose certificates this machine trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    connecting._tls.cache_clear()
    yield found
    connecting._tls.cache_clear()


def tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return what a server of this name encrypts with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def at(server: it.Server, host: str, scheme: str = "http") -> str:
    return f"{scheme}://{host}:{server.server_port}/v1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("listed", "led_to"),
    [
        ([], ["127.0.0.1"]),
        ([], ["169.254.169.254"]),
        ([], ["::ffff:127.0.0.1"]),
        ([], ["127.0.0.1", "::1"]),
        (["10.0.0.0/8"], ["127.0.0.1"]),
        (["10.0.0.0/8"], ["8.8.8.8"]),
    ],
)
def test_a_name_that_leads_where_it_should_not_is_refused(
    ask: Ask, lead: Callable[..., list[str]], listed: list[str], led_to: list[str]
) -> None:
    lead("models.example.org", led_to)
    with serving() as server:
        # Encrypted, so that the list takes it without addresses.
        candidate_set = ask(at(server, "models.example.org", "https"), addresses=listed)
    assert candidate_set.failure == "address-forbidden"
    assert f"its name models.example.org leads to {', '.join(led_to)}" in candidate_set.failure_detail
    assert server.calls == []


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "017700000001", "localhost"])
def test_no_way_of_writing_this_machine_leads_around_the_check(ask: Ask, host: str) -> None:
    with serving() as server:
        candidate_set = ask(at(server, host, "https"), addresses=[])
    assert candidate_set.failure == "address-forbidden"
    assert server.calls == []


@pytest.mark.django_db
def test_what_was_checked_is_what_is_connected_to(ask: Ask, lead: Callable[..., list[str]]) -> None:
    looked_up = lead("models.example.org", ["127.0.0.1"], ["192.168.77.77"])
    with serving() as server:
        candidate_set = ask(at(server, "models.example.org"))
        assert candidate_set.status == "ready"
        assert len(looked_up) == 1
        assert server.calls[0].headers["Host"] == f"models.example.org:{server.server_port}"
        # The next call looks the name up anew, and does not go where it leads now.
        assert ask(at(server, "models.example.org")).failure == "address-forbidden"
    assert len(server.calls) == 1


@pytest.mark.django_db
def test_of_several_addresses_only_the_permitted_ones_are_tried(ask: Ask, lead: Callable[..., list[str]]) -> None:
    # Nobody listens at the second.
    lead("models.example.org", ["192.168.77.77", "127.0.0.2", "127.0.0.1"])
    with serving() as server:
        assert ask(at(server, "models.example.org"), addresses=["127.0.0.0/8"]).status == "ready"


@pytest.mark.django_db
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(ask: Ask, code: int) -> None:
    with serving() as elsewhere, serving(it.status(code, Location=f"{elsewhere.base_url}/chat/completions")) as server:
        candidate_set = ask(server.base_url)
    assert candidate_set.failure == "endpoint-refused"
    assert elsewhere.calls == []
    assert len(server.calls) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_the_environment_names_learns_nothing(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with serving() as proxy, serving() as server:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        assert ask(server.base_url).status == "ready"
    assert proxy.calls == []


# ---- encrypted ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_server_that_shows_a_certificate_for_its_name_is_asked(ask: Ask, authority: trustme.CA) -> None:
    with serving(tls=tls(authority, "localhost")) as server:
        assert ask(at(server, "localhost", "https")).status == "ready"


@pytest.mark.django_db
def test_a_server_that_answers_for_another_name_learns_nothing(ask: Ask, authority: trustme.CA) -> None:
    with serving(tls=tls(authority, "other.example.org")) as server:
        candidate_set = ask(at(server, "localhost", "https"))
    assert candidate_set.failure == "endpoint-untrusted"
    assert "localhost" in candidate_set.failure_detail
    assert server.calls == []


@pytest.mark.django_db
def test_a_server_whose_certificate_nobody_vouches_for_learns_nothing(ask: Ask) -> None:
    connecting._tls.cache_clear()
    with serving(tls=tls(trustme.CA(), "localhost")) as server:
        candidate_set = ask(at(server, "localhost", "https"))
    assert candidate_set.failure == "endpoint-untrusted"
    assert server.calls == []


@pytest.mark.django_db
def test_an_encrypted_answer_that_drips_is_given_up_in_time(ask: Ask, authority: trustme.CA) -> None:
    with serving(*[it.drip(b"HTTP/1.1 200 OK\r\n\r\n")] * 3, tls=tls(authority, "localhost")) as server:
        candidate_set = ask(at(server, "localhost", "https"), timeout_seconds=0.7)
    assert candidate_set.failure == "endpoint-away"
    assert "its time is over" in candidate_set.failure_detail


@pytest.mark.django_db
def test_a_server_that_does_not_speak_tls_is_away(ask: Ask) -> None:
    with serving() as server:
        candidate_set = ask(at(server, "localhost", "https"))
    assert candidate_set.failure == "endpoint-away"
    assert server.calls == []
