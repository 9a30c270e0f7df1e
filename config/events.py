"""Event streams: what is under /events/ is answered by Django without a thread for each request."""

import asyncio
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler

PREFIX = "/events/"


class EventHandler(ASGIHandler):
    """Django's handler, whose streams share one thread of the process for the little that is not asynchronous.

    Django's own keeps a thread, idle or not, for each request until its response has ended; these last a minute.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        # A server that stops ends the streams that are open; their pages come back by themselves.
        with suppress(asyncio.CancelledError):
            await self.handle(scope, receive, send)

    async def read_body(self, receive: Any) -> Any:
        """Read what is sent with the request, which is nothing: no file is kept open for it."""
        (await super().read_body(receive)).close()
        return BytesIO()
