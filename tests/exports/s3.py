"""A store that speaks S3 over real HTTP: moto's server, which keeps what it is sent in memory.

Moto looks at no signature, so that what stands before it does it as S3 would: a link whose time is over, or that
somebody changed, is refused. It also breaks an upload where a test wants that.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *said):
        """Say nothing."""


class Gate:
    """What stands before moto."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        self.break_part: int | None = None
        """Number of the part of an upload that does not arrive."""

    def __call__(self, environ, start_response):
        query = parse_qs(environ["QUERY_STRING"])
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], query))
        if self.break_part is not None and query.get("partNumber") == [str(self.break_part)]:
            # Half of it is read, then the line is gone.
            environ["wsgi.input"].read(100)
            raise ConnectionAbortedError
        if "X-Amz-Signature" in query and not _stands(environ, query):
            start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", "0")])
            return [b""]
        return self.moto(environ, start_response)

    def asked_for(self, method, **having):
        """Return the paths of requests with this method and these names in the query."""
        wanted = having.get("query", ())
        return [path for verb, path, query in self.asked if verb == method and all(name in query for name in wanted)]


def _stands(environ, query):
    """Whether a link is signed with our key and its time is not over."""
    begun = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if datetime.now(UTC) > begun + timedelta(seconds=int(query["X-Amz-Expires"][0])):
        return False
    unsigned = {name: values[0] for name, values in query.items() if not name.startswith("X-Amz-")}
    request = AWSRequest("GET", f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}?{urlencode(unsigned)}")
    request.context["timestamp"] = query["X-Amz-Date"][0]
    keys = Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])
    signer = S3SigV4QueryAuth(keys, "s3", KEYS["AWS_DEFAULT_REGION"], expires=query["X-Amz-Expires"][0])
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request) == query["X-Amz-Signature"][0]


@contextmanager
def serving() -> Iterator[tuple[Gate, str]]:
    """Run the store while the block runs; give what stands before it, and its address."""
    gate = Gate()
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gate, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
