"""The part of the Hugging Face hub's API that pushing a dataset uses, over real HTTP: it keeps what it is sent.

Answers have the shape of those of huggingface.co, as huggingface_hub's own client and its documented API expect them.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Hub:
    """One repository, and what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        """By SHA-256: what was uploaded apart from commits."""
        self.is_large: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.commits: list[str] = []

    def tree(self):
        return [self._entry(path, content) for path, content in sorted(self.files.items())]

    def _entry(self, path, content):
        entry = {"type": "file", "path": path, "size": len(content), "oid": blob_id(content)}
        if path in self.is_large:
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return entry

    def commit(self, lines):
        for line in map(json.loads, lines):
            key, value = line["key"], line["value"]
            if key == "header":
                self.commits.append(value["summary"])
            elif key == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
                self.is_large.discard(value["path"])
            elif key == "lfsFile":
                self.files[value["path"]] = self.large[value["oid"]]
                self.is_large.add(value["path"])
            elif key == "deletedFile":
                del self.files[value["path"]]


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _handler(hub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *said):
            """Say nothing."""

        def do_GET(self):
            self._asked()
            path = urlsplit(self.path).path
            self._answer(hub.tree() if "/tree/" in path else {"id": "team/everyday", "sha": "0" * 40, "siblings": []})

        def do_PUT(self):
            content = self._asked()
            hub.large[hashlib.sha256(content).hexdigest()] = content
            self._answer({})

        def do_POST(self):
            content, path = self._asked(), urlsplit(self.path).path
            self._answer(answer_to(hub, path, content, f"http://{self.headers['Host']}"))

        def _asked(self):
            hub.asked.append((self.command, urlsplit(self.path).path))
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _answer(self, said):
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def answer_to(hub, path, content, address):
    """Return what the hub says to a POST."""
    if path.endswith("/repos/create"):
        return {"url": f"{address}/datasets/team/everyday", "name": "team/everyday", "id": "1"}
    if "/preupload/" in path:
        return {"files": [_mode(each) for each in json.loads(content)["files"]]}
    if path.endswith("/objects/batch"):
        actions = {"upload": {"href": f"{address}/upload"}}
        objects = [{**each, "actions": actions} for each in json.loads(content)["objects"]]
        return {"transfer": "basic", "objects": objects}
    if path.endswith("/validate-yaml"):
        return {"errors": [], "warnings": []}
    assert "/commit/" in path
    hub.commit(content.decode().splitlines())
    return {"success": True, "commitOid": "1" * 40, "commitUrl": f"{address}/datasets/team/everyday/commit/1"}


def _mode(file):
    large = file["path"].endswith(".parquet")
    return {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": None}


@contextmanager
def serving() -> Iterator[tuple[Hub, str]]:
    """Run the hub while the block runs."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
