"""/health/ tells a load balancer whether this process can work."""

import pytest
from django.db import DatabaseError

from config import views
from config.celery import app


@pytest.fixture(autouse=True)
def _empty_queues():
    _purge()
    yield
    _purge()


def _purge():
    with app.connection_for_write() as broker, broker.channel() as channel:
        for queue in views.QUEUES:
            channel.queue_purge(queue)


def test_all_is_well(client, db):
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "redis": "ok",
        "queues": {"gpu": 0, "default": 0},
    }


def test_waiting_messages_are_counted_at_every_priority(client, db):
    for priority in (0, 9, 9):
        app.send_task("sampling.jobs.fill_candidate_set", queue="gpu", priority=priority)
    assert client.get("/health/").json()["queues"] == {"gpu": 3, "default": 0}


def test_without_redis_it_is_unavailable(client, db, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_read_url", "redis+socket:///nowhere/redis.sock")
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "redis": "unreachable", "queues": None}


def test_without_a_database_it_is_unavailable(client, monkeypatch):
    def fail():
        raise DatabaseError("host=db.example.org password=secret")

    monkeypatch.setattr(views, "_database", fail)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"
    assert b"secret" not in answer.content


def test_it_is_not_kept_by_caches(client, db):
    assert "no-store" in client.get("/health/")["Cache-Control"]
