"""One request over HTTP: to an address that was checked, over in time, and never led anywhere else.

httpcore2 is what httpx2 sends with. It follows no redirects, keeps no cookies, and reads neither proxies nor passwords
from the environment. Every request has a connection of its own, so that every one is checked.
"""

import logging
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from sampling.addresses import Network, is_permitted
from sampling.generators.interface import ENDING, GeneratorFailed, Stopping

# At its most talkative it would log what servers send, and some of them send the key back.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
LOOK_UP_SECONDS = 0.5
"""How often a read looks up whether the process is ending."""
NO_TIME = "its time is over"


class AddressForbidden(GeneratorFailed):
    """The name leads to an address that is not listed for it."""

    code = "address-forbidden"


class Untrusted(GeneratorFailed):
    """Whoever answers has no certificate for the name."""

    code = "endpoint-untrusted"


class EndpointAway(GeneratorFailed):
    """There is no answer, or none at the moment: it may help to ask again."""

    code = "endpoint-away"

    def __init__(self, message: str, *, wait_seconds: float = 0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
        """How long the endpoint asks to be left alone."""


class NotSent(EndpointAway):
    """There is no connection: nobody has read the request."""


class EndpointNonsense(GeneratorFailed):
    """What came back is no answer to what was asked."""

    code = "endpoint-nonsense"


@dataclass(frozen=True, kw_only=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    """By name in small letters."""
    body: bytes


def in_a_line(text: str) -> str:
    """Return the beginning of what another machine says, as one line of harmless signs."""
    words = " ".join(text[:3000].split())
    return "".join(sign for sign in words if sign.isprintable())[:300]


def post(
    url: str,
    *,
    headers: dict[bytes | str, bytes | str],
    content: bytes,
    addresses: Sequence[Network],
    seconds: float,
    most_bytes: int,
) -> Response:
    """Send a request and return what came back, whatever its status.

    :raises AddressForbidden: if the name leads nowhere that may be connected to.
    :raises Untrusted: if whoever answers there cannot show that they are who is asked.
    :raises NotSent: if there is no connection.
    :raises EndpointAway: if the connection broke, or the time was over, before all of the answer was there: the request
        may have been read, and charged.
    :raises EndpointNonsense: if the answer is longer than `most_bytes`.
    :raises Stopping: if the process is ending.
    """
    target = httpcore2.URL(url)
    network = _Network(addresses=addresses, until=time.monotonic() + seconds)
    # httpcore2 leaves the brackets of IPv6 addresses out.
    sent: dict[bytes | str, bytes | str] = {"Host": urlsplit(url).netloc, **headers}
    connection = httpcore2.HTTPConnection(target.origin, ssl_context=_tls(), network_backend=network)
    try:
        with connection.stream("POST", target, headers=sent, content=content) as response:
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > most_bytes:
                    raise EndpointNonsense(
                        f"it answered more than {most_bytes} bytes, which is no answer to what was asked"
                    )
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        said = in_a_line(str(error)) or NO_TIME
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise Untrusted(f"what answers at its address is not trusted: {said}") from None
        raise NotSent(f"there is no connection to it: {said}") from None
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
        raise EndpointAway(f"it did not answer to the end: {in_a_line(str(error))}") from None
    finally:
        connection.close()
    named = {name.decode("ascii", "replace").lower(): value.decode("latin-1") for name, value in response.headers}
    return Response(status=response.status, headers=named, body=bytes(body))


@cache
def _tls() -> ssl.SSLContext:
    # Verifies the server's certificate, and that it is for the name in the address.
    return httpcore2.default_ssl_context()


class _Network(httpcore2.NetworkBackend):
    """Connects to what a name leads to, where that is permitted."""

    def __init__(self, *, addresses: Sequence[Network], until: float) -> None:
        self._addresses = addresses
        self._until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers."""
        failure: Exception = httpcore2.ConnectTimeout()
        for address in self._permitted(host, port):
            seconds = min(CONNECT_SECONDS, self._until - time.monotonic())
            if seconds <= 0:
                break
            try:
                # A number and not the name, which might lead elsewhere when it is looked up again.
                stream = httpcore2.SyncBackend().connect_tcp(address, port, seconds, None, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, until=self._until)
        raise failure

    def _permitted(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotSent(f"its name {host} is not known: {in_a_line(str(error))}") from None
        led_to = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        permitted = [text for text in led_to if is_permitted(ip_address(text), listed=self._addresses)]
        if not permitted:
            raise AddressForbidden(f"its name {host} leads to {', '.join(led_to)}, which may not be connected to")
        return permitted


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step is over when the time for the whole request is."""

    def __init__(self, inner: httpcore2.NetworkStream, *, until: float) -> None:
        self._inner = inner
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, as soon as there is any."""
        while True:
            seconds = min(LOOK_UP_SECONDS, self._left())
            try:
                return self._inner.read(max_bytes, seconds)
            except httpcore2.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return the same connection, encrypted."""
        seconds = min(CONNECT_SECONDS, self._left())
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), until=self._until)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _left(self) -> float:
        """Return the seconds that are left."""
        if ENDING.is_set():
            raise Stopping
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(NO_TIME)
        return left
