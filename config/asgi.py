"""The ASGI application that the web server runs."""

import os
from typing import Any

import django
from django.conf import settings

from config.events import PREFIX, EventHandler
from config.pages import PageHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# Threads come and go here, so that a connection kept by a thread would never be used again.
settings.DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": settings.ENVIRONMENT.database_connections,
    "timeout": 10,
}

pages = PageHandler()
streams = EventHandler()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    await (streams if scope.get("path", "").startswith(PREFIX) else pages)(scope, receive, send)
