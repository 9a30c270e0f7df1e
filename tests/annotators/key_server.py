"""A web server that publishes keys, as a panel does, and counts how often it is asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc.jwk import RSAKey


class KeyServer(ThreadingHTTPServer):
    """Answers with what `answer` says at that moment."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b"{}"
        self.before_answering: Any = lambda: None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/keys.json"

    def publish(self, *keys: RSAKey) -> None:
        """Publish these keys from now on."""
        listed = [{"use": "sig", "alg": "RS256", "kid": key.kid, **key.as_dict(private=False)} for key in keys]
        self.status, self.body = 200, json.dumps({"keys": listed}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.before_answering()
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def key_server() -> Iterator[KeyServer]:
    """Run a server for the time of the block."""
    with KeyServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
