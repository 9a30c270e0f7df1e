"""The ASGI application that the web server runs."""

import os
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from config.events import PREFIX, EventHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Each request has a thread of its own here, so that a connection kept by a thread would never be used again.
settings.DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": settings.ENVIRONMENT.database_connections,
    "timeout": 10,
}

pages = get_asgi_application()
streams = EventHandler()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    await (streams if scope.get("path", "").startswith(PREFIX) else pages)(scope, receive, send)
