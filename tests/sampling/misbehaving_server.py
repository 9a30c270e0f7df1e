"""An endpoint that speaks chat completions, and misbehaves as it is told: one behaviour for each call, then answers."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD

ANSWERS = [FIT, OTHER, THIRD, FOURTH]
WHOLE = "\n\n".join(f"### {text}" for text in ANSWERS)
USAGE = {"prompt_tokens": 50, "completion_tokens": 40, "total_tokens": 90}


@dataclass
class Call:
    """What was asked."""

    body: dict[str, Any]
    headers: dict[str, str]
    path: str


class Handler(BaseHTTPRequestHandler):
    """One connection; its server knows the script."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests' output is for the tests."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behave = self.server.next_behaviour(Call(body, dict(self.headers), self.path))
        try:
            behave(self, body)
        except OSError:
            # Whoever asked has given up.
            self.close_connection = True

    def reply(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        fields = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (fields | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


Behaviour = Callable[[Handler, dict[str, Any]], None]


class Server(ThreadingHTTPServer):
    """The endpoint."""

    daemon_threads = True
    # Threads are not waited for: some of them hang on purpose.
    block_on_close = False

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = list(script)
        self.calls: list[Call] = []
        self.together = self.most_together = 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def next_behaviour(self, call: Call) -> Behaviour:
        with self.lock:
            self.calls.append(call)
            return self.script.pop(0) if self.script else says()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that refuses a certificate is what some tests are about."""

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count how many calls are here at the same time."""
        with self.lock:
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        try:
            yield
        finally:
            with self.lock:
                self.together -= 1


@contextmanager
def serving(*script: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server that behaves so, call by call, and well from then on."""
    server = Server(*script, tls=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


# ---- answers --------------------------------------------------------------------------------------------------------
def completion(*texts: str | None, **changes: Any) -> dict[str, Any]:
    """Return the body of an answer with these texts as its choices."""
    choices = [
        {"index": place, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for place, text in enumerate(texts)
    ]
    return {"id": "c", "object": "chat.completion", "model": "m", "choices": choices, "usage": USAGE} | changes


def says(*texts: str | None, **changes: Any) -> Behaviour:
    """Answer with these texts, or with a whole set."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.reply(json.dumps(completion(*(texts or [WHOLE] * body.get("n", 1)), **changes)).encode())

    return behave


def finishes(reason: str | None, text: Any = WHOLE, **message: Any) -> Behaviour:
    """Answer with a text that ended for this reason."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text} | message, "finish_reason": reason}
    return says(text, choices=[choice])


def slowly(seconds: float) -> Behaviour:
    """Answer well, after a while."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        with handler.server.counting():
            handler.server.over.wait(seconds)
            says()(handler, body)

    return behave


def repeats_the_key(status: int = 400) -> Behaviour:
    """Answer with the header that carried the key, everywhere."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        key = handler.headers["Authorization"]
        told = completion(f"### {key}", system_fingerprint=key) | {"error": {"message": f"wrong: {key}", "code": key}}
        handler.reply(json.dumps(told).encode(), status, WWW_Authenticate=key, Retry_After=key, Location=key)

    return behave


# ---- no answers -----------------------------------------------------------------------------------------------------
def status(code: int, message: str = "scripted", **headers: str) -> Behaviour:
    """Refuse with this status."""
    content = json.dumps({"error": {"message": message, "type": "t"}}).encode()
    return lambda handler, _body: handler.reply(content, code, **headers)


def body(content: bytes, code: int = 200, **headers: str) -> Behaviour:
    """Answer with these bytes."""
    return lambda handler, _body: handler.reply(content, code, **headers)


def raw(content: bytes) -> Behaviour:
    """Send these bytes in place of a response, and close."""

    def behave(handler: Handler, _body: dict[str, Any]) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return behave


def hang(handler: Handler, _body: dict[str, Any]) -> None:
    """Take the request, and never say a word."""
    handler.server.over.wait(60)


def drip(beginning: bytes = b"") -> Behaviour:
    """Begin like this and go on byte by byte: each comes in time, the end never does."""

    def behave(handler: Handler, _body: dict[str, Any]) -> None:
        handler.wfile.write(beginning)
        while not handler.server.over.wait(0.05):
            handler.wfile.write(b"x")

    return behave


def flood(handler: Handler, _body: dict[str, Any]) -> None:
    """Answer without end, as fast as it is read."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while not handler.server.over.is_set():
        handler.wfile.write(b" " * 65536)


def reset(beginning: bytes = b"") -> Behaviour:
    """Begin like this and let the connection be reset."""

    def behave(handler: Handler, _body: dict[str, Any]) -> None:
        handler.wfile.write(beginning)
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    return behave
