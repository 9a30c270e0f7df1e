"""A real web server in this process: for what a test client and Django's live server cannot show, such as streams."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from config.events import PREFIX, EventHandler
from config.pages import PageHandler
from tests.config.programs import free_port


@contextmanager
def served() -> Iterator[str]:
    """Run the site as the web server does, pages and event streams; gives its address."""
    port = free_port()
    config = uvicorn.Config(
        _site(), port=port, lifespan="off", log_level="error", timeout_graceful_shutdown=1, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web-server")
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _site() -> Any:
    pages, streams = PageHandler(), EventHandler()

    async def site(scope: Any, receive: Any, send: Any) -> None:
        await (streams if scope["path"].startswith(PREFIX) else pages)(scope, receive, send)

    return site
