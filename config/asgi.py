"""The ASGI application that the web server runs."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Each request has a thread of its own here, so that a connection kept by a thread would never be used again.
settings.DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": settings.ENVIRONMENT.database_connections,
    "timeout": 10,
}

application = get_asgi_application()
