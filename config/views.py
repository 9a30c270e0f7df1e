"""Pages about the installation itself."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import app
from sampling import queues

QUEUES = (*queues.names(), "default")


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Tell a load balancer whether this process can work: 200 if it reaches PostgreSQL and Redis, else 503."""
    found = {"database": _answer(_database), "redis": _answer(_redis)}
    well = all(found.values())
    said = {name: "ok" if answer else "unreachable" for name, answer in found.items()}
    return JsonResponse(
        {"status": "ok" if well else "unavailable", **said, "queues": found["redis"]}, status=200 if well else 503
    )


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    # What goes wrong is told by the log of the server that does not answer; here it might tell strangers too much.
    except (DatabaseError, OperationalError, RedisError, OSError):
        return None


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        return bool(cursor.fetchone())


def _redis() -> dict[str, int]:
    """Return how many messages wait in each queue."""
    broker: Any = app.connection_for_read()
    with broker, broker.channel() as channel:
        return {queue: channel.queue_declare(queue).message_count for queue in QUEUES}
