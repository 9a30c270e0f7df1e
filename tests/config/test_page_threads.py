"""Pages are made in a few threads, and nobody who is slow holds one of them."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from config.pages import PageHandler
from tests.config.test_web_process import get, web_process

IN_USE: set[str] = set()


def tell_thread(_request):
    IN_USE.add(threading.current_thread().name)
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
    return HttpResponse("here")


SENT: list[int] = []


async def for_ever():
    while True:
        SENT.append(1)
        yield b"more"
        await asyncio.sleep(0.001)


def stream(_request):
    return StreamingHttpResponse(for_ever())


urlpatterns = [path("thread/", tell_thread), path("stream/", stream)]


@pytest.fixture
def handler(settings, transactional_db):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    made = PageHandler()
    made.threads = ThreadPoolExecutor(2, thread_name_prefix="two")
    yield made
    made.threads.shutdown()


def scope(where):
    return {"type": "http", "method": "GET", "path": where, "headers": [], "query_string": b"", "http_version": "1.1"}


async def answered(handler, where):
    asked = ApplicationCommunicator(handler, scope(where))
    await asked.send_input({"type": "http.request", "body": b""})
    status = (await asked.receive_output(timeout=10))["status"]
    return status, (await asked.receive_output(timeout=10))["body"]


def test_many_requests_share_a_few_threads(handler):
    async def twelve():
        return await asyncio.gather(*(answered(handler, "/thread/") for _each in range(12)))

    IN_USE.clear()
    assert asyncio.run(twelve()) == [(200, b"here")] * 12
    assert {name.partition("_")[0] for name in IN_USE} == {"two"}
    assert len(IN_USE) <= 2


def test_who_stops_reading_ends_the_stream(handler):
    async def leave():
        asked = ApplicationCommunicator(handler, scope("/stream/"))
        await asked.send_input({"type": "http.request", "body": b""})
        assert (await asked.receive_output(timeout=10))["status"] == 200
        await asked.send_input({"type": "http.disconnect"})
        await asked.wait(timeout=10)
        sent = len(SENT)
        assert await answered(handler, "/thread/") == (200, b"here")
        return sent

    assert asyncio.run(leave()) == len(SENT) > 0


def test_who_sends_slowly_holds_no_thread(transactional_db):
    with web_process(WEB_THREADS="1") as (_process, address):
        there = urlsplit(address)
        with socket.create_connection((there.hostname, there.port)) as slow:
            head = f"POST /sign-in/ HTTP/1.1\r\nHost: {there.hostname}\r\nContent-Length: 1000\r\n\r\nhalf"
            slow.sendall(head.encode())
            assert get(f"{address}/health/").status == 200
