"""A program annotates: the same rules as in the browser, as JSON."""

import json
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from annotators.access import SESSION_KEY
from collection.models import Comparison, Draft, Task, Turn
from tests import audit
from tests.factories import (
    AnnotatorFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    make_ready,
)


class Program(Client):
    """A client that carries an annotator's session and speaks JSON."""

    def __init__(self, annotator, **kwargs):
        super().__init__(**kwargs)
        session = self.session
        session[SESSION_KEY] = annotator.pk
        session.save()

    def send(self, address, body=None, method="post", **headers):
        response = getattr(self, method)(address, body or {}, content_type="application/json", headers=headers)
        return response.status_code, response.json()


@pytest.fixture
def item(db):
    return ItemFactory(study=StudyFactory(asks={"turns": {"maximum": 2}}))


@pytest.fixture
def program(item):
    return Program(AnnotatorFactory(panel=item.study.panel))


def comparison(**body):
    return {"choice": 0, "idempotency_key": str(uuid4()), **body}


def test_a_whole_task(program, item):
    _, task = program.send("/api/next")
    turn = Turn.objects.get()
    texts = [candidate.text for candidate in turn.candidates_in_order()]
    assert (task["step"], task["language"], task["study"]) == ("compare", "en", item.study.slug)
    assert [(each["message"], each["candidates"], each["choice"]) for each in task["turns"]] == [
        (item.prompt.text, texts, None)
    ]
    assert turn.shown_at is not None

    _, task = program.send(f"/api/turns/{turn.pk}/comparison", comparison(choice=2, explanation="It is kind."))
    assert (task["step"], task["can_end"], task["last_turn"]) == ("write-next", True, False)
    assert (task["turns"][0]["choice"], task["turns"][0]["explanation"]) == (2, "It is kind.")

    message = {"message": "And then?", "idempotency_key": str(uuid4())}
    _, task = program.send(f"/api/tasks/{task['id']}/messages", message)
    assert (task["step"], task["last_turn"], task["turns"][1]["candidates"]) == ("wait", True, None)

    make_ready(Turn.objects.get(number=2).candidate_set)
    _, task = program.send("/api/next")
    assert task["step"] == "compare"

    _, task = program.send(f"/api/turns/{task['turns'][1]['id']}/comparison", comparison(choice="none"))
    assert (task["step"], task["turns"][1]["choice"]) == ("done", "none")
    assert task["progress"] == {"done": 1, "of": 10}
    assert program.send("/api/next") == (404, {"reason": "no-task-available"})
    assert audit.faults() == []


def test_a_submission_that_is_sent_again_is_the_same(program):
    program.send("/api/next")
    address = f"/api/turns/{Turn.objects.get().pk}/comparison"
    body = comparison()

    assert program.send(address, body) == program.send(address, body)
    assert Comparison.objects.count() == 1
    assert program.send(address, comparison()) == (409, {"reason": "already-compared"})


def test_a_draft_is_kept(program):
    _, task = program.send("/api/next")
    address = f"/api/tasks/{task['id']}/draft"

    assert program.send(address, {"explanation": "It is k", "choice": 1}, "put") == (200, {"kept": True})

    assert program.send("/api/next")[1]["draft"] == {"message": "", "explanation": "It is k", "choice": "1"}
    assert program.send(address, {"message": "late", "turn_number": 0}, "put") == (200, {"kept": False})
    assert Draft.objects.get().message == ""


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (comparison(choice=7), 422, "choice-not-offered"),
        (comparison(explanation="x" * 4001), 422, "too-long"),
        (comparison(choice="first"), 400, "invalid"),
        (comparison(choice=True), 400, "invalid"),
        ({"choice": 1}, 400, "invalid"),
        (comparison(idempotency_key="once"), 400, "invalid"),
        (comparison(explanation="a\0b"), 400, "invalid"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(program, body, status, reason):
    program.send("/api/next")

    code, answer = program.send(f"/api/turns/{Turn.objects.get().pk}/comparison", body)

    assert (code, answer["reason"]) == (status, reason)
    assert not Comparison.objects.exists()


def test_what_cannot_be_done_now_is_refused_with_its_reason(program, item):
    _, task = program.send("/api/next")
    message = {"message": "And then?", "idempotency_key": str(uuid4())}

    assert program.send(f"/api/tasks/{task['id']}/messages", message) == (409, {"reason": "not-your-turn"})
    Task.objects.update(state="abandoned")
    assert program.send(f"/api/tasks/{task['id']}/messages", message) == (409, {"reason": "task-is-over"})


def test_text_that_is_no_json_is_refused_with_its_reason(program):
    response = program.post("/api/tasks/1/messages", "{", content_type="application/json")

    assert response.status_code == 404
    program.send("/api/next")
    response = program.post(f"/api/turns/{Turn.objects.get().pk}/comparison", "{", content_type="application/json")
    assert (response.status_code, response.json()) == (400, {"reason": "parse-error"})


@pytest.mark.django_db
def test_consent_and_questions_come_first():
    item = ItemFactory()

    for annotator, reason in [
        (AnnotatorFactory(panel=item.study.panel, consented=False), "consent"),
        (AnnotatorFactory(panel=item.study.panel, answers={}), "survey"),
    ]:
        assert Program(annotator).send("/api/next") == (409, {"reason": reason})


def test_other_peoples_tasks_are_not_found(program):
    turn = TurnFactory()

    assert program.send(f"/api/turns/{turn.pk}/comparison", comparison()) == (404, {"reason": "not-found"})
    assert program.send(f"/api/tasks/{turn.task.pk}/draft", {}, "put") == (404, {"reason": "not-found"})
    own = TaskFactory(own=True)
    message = {"message": "Hello", "idempotency_key": str(uuid4())}
    assert program.send(f"/api/tasks/{own.pk}/messages", message) == (404, {"reason": "not-found"})


@pytest.mark.django_db
def test_nobody_else_gets_in(client, admin_client):
    for stranger in [client, admin_client]:
        response = stranger.post("/api/next")
        assert response.status_code == 403
        assert response.json() == {"reason": "not-authenticated"}


def test_a_forged_request_is_refused(program, item):
    strict = Program(AnnotatorFactory(panel=item.study.panel), enforce_csrf_checks=True)

    assert strict.send("/api/next") == (403, {"reason": "permission-denied"})
    strict.cookies["csrftoken"] = token = "x" * 32
    assert strict.send("/api/next", **{"X-CSRFToken": token})[0] == 200


def test_it_can_be_read_only_by_its_methods(program):
    response = program.get("/api/next")

    assert (response.status_code, response.json()) == (405, {"reason": "method-not-allowed"})


@pytest.mark.django_db
def test_the_schema_describes_it_without_a_warning(client, tmp_path):
    file = tmp_path / "schema.json"

    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))

    paths = json.loads(file.read_text())["paths"]
    assert {"/api/next", "/api/tasks/{id}/draft", "/api/tasks/{id}/messages", "/api/turns/{id}/comparison"} <= set(
        paths
    )
    assert client.get("/api/schema/").status_code == 200
