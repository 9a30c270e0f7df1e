"""People who try what they should not: other people's addresses, forged forms, hostile texts and files."""

import json
import logging
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.models import model_to_dict
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from pyarrow import parquet

from annotators import enrolment
from annotators.markdown import render
from annotators.models import Annotator, Consent, ConsentText
from collection import conversation, study_file, withdrawal
from collection.models import Comparison, DryRun, Item, Overlap, Report, Task, Turn
from config.demo import views as demo_views
from exports import card, downloads
from exports.models import Release
from sampling import checks
from sampling.standards import Standards
from tests.concurrency import at_once
from tests.config.test_web_process import web_process
from tests.factories import (
    ANSWERS,
    AnnotatorFactory,
    ComparisonFactory,
    InvitationFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db


def researcher(study=None, **options):
    """Return the browser of a researcher, who works on the study if one is given."""
    user = UserFactory()
    if study:
        study.researchers.add(user)
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def turn():
    """Four answers on an annotator's screen, in a study with a release and a report."""
    made = TurnFactory()
    Release.objects.create(study=made.task.study, version=1, status="done", manifest={"files": [], "rows": {}})
    DryRun.objects.create(of=made.task.study, people=1, seed=1)
    other = TurnFactory(task=TaskFactory(study=made.task.study))
    Report.objects.create(turn=other, candidate=other.candidate_set.candidates.first())
    return made


def addresses(turn):
    """Return every address of the site by its name, filled in so that it leads to this turn and its study."""
    report = Report.objects.get()
    filling = {
        "slug": turn.task.study.slug,
        "language": "en",
        "place": 0,
        "version": 1,
        "name": "MANIFEST.json",
        "token": "unknown",
        "link": "unknown",
        "pseudonym": turn.task.annotator.pseudonym,
    }
    found = {}
    for pattern in _patterns(get_resolver().url_patterns):
        pk = {"decide_report": report.pk, "compare": turn.pk, "turn_progress": turn.pk, "retry_turn": turn.pk}
        pk["turn_events"] = turn.pk
        pk |= {"report_candidate": turn.pk, "api_comparison": turn.pk}
        pk |= dict.fromkeys(["dry_run", "dry_run_part"], DryRun.objects.get().pk)
        known = filling | {"pk": pk.get(pattern.name, turn.task_id)}
        found[pattern.name] = reverse(
            pattern.name, kwargs={name: known[name] for name in pattern.pattern.regex.groupindex}
        )
    return found


def _patterns(patterns):
    for each in patterns:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _patterns(each.url_patterns)


def everything():
    """Return every row of ours, but for when something was first looked at."""
    looked_at = {"shown_at", "lease_until"}
    models = [model for label in ("annotators", "collection", "sampling", "exports") for model in _models(label)]
    return {
        (model._meta.label, row.pk): {
            name: value for name, value in model_to_dict(row).items() if name not in looked_at
        }
        for model in models
        for row in model.objects.all()
    }


def _models(label):
    return apps.get_app_config(label).get_models()


# ---- access ----------------------------------------------------------------------------------------------------------
OPEN_TO_ALL = {
    "way_in",
    "join",
    "return_link",
    "leave",
    "set_language",
    "set_reading",
    "sign_in",
    "health",
    "api_schema",
}
OPEN_TO_ALL |= {"withdraw_by_link", "withdrawn", "stopped"}


def test_nothing_of_a_person_or_a_study_is_open_to_somebody_else(turn):
    somebody = {
        "nobody": Client(),
        "annotator": client_of(AnnotatorFactory(panel=turn.task.study.panel)),
        "researcher": researcher(StudyFactory()),
    }
    before = everything()
    theirs = {
        name: address
        for name, address in addresses(turn).items()
        if any(part.isdigit() or part == turn.task.study.slug for part in address.split("/"))
    }
    assert len(theirs) > 25
    for who, client in somebody.items():
        for name, address in theirs.items():
            for method in ("get", "post", "put"):
                answer = getattr(client, method)(address)
                led_away = answer.status_code == 302 and answer.url.split("?")[0] in {"/", "/sign-in/"}
                assert led_away or answer.status_code in {403, 404, 405}, (who, method, name, answer.status_code)
    assert everything() == before


def test_who_has_withdrawn_gets_no_further_with_the_session_they_had(turn):
    client = client_of(turn.task.annotator)
    withdrawal.withdraw(annotator=turn.task.annotator, now=timezone.now())
    before = everything()
    for name, address in addresses(turn).items():
        for method in ("get", "post", "put"):
            if name not in OPEN_TO_ALL:
                answer = getattr(client, method)(address)
                assert answer.status_code in {302, 403, 404, 405}, (name, method)
                assert answer.status_code != 302 or answer.url.split("?")[0] in {"/", "/sign-in/"}, (name, method)
    assert everything() == before


def test_every_form_without_its_token_is_refused(turn):
    client = researcher(turn.task.study, enforce_csrf_checks=True)
    session = client.session
    session["annotator"] = turn.task.annotator_id
    session.save()
    before = everything()
    for name, address in addresses(turn).items():
        for method in ("post", "put", "delete"):
            assert getattr(client, method)(address).status_code in {403, 405, 415}, (name, method)
    assert everything() == before


def test_looking_at_a_page_changes_nothing(turn):
    client = researcher(turn.task.study)
    session = client.session
    session["annotator"] = turn.task.annotator_id
    session.save()
    for state in ("open", "completed"):
        Task.objects.filter(pk=turn.task_id).update(state=state)
        ItemFactory(study=turn.task.study)
        before = everything()
        for address in addresses(turn).values():
            client.get(address)
        assert everything() == before


def test_a_planted_session_is_worth_nothing_after_coming_in():
    client, token = Client(), enrolment.new_return_link(annotator=AnnotatorFactory())
    client.session.save()
    client.get(reverse("join", args=["x"]))
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    client.get(reverse("return_link", args=[token]))
    assert client.cookies["sessionid"].value != planted
    assert "annotator" not in Client().session


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_address_leads_away_from_the_site(where):
    user = UserFactory()
    user.set_password("a long enough password")
    user.save()
    signing_in = {"username": user.username, "password": "a long enough password", "next": where}
    assert Client().post(reverse("sign_in"), signing_in).url == "/studies/"
    assert Client().post(reverse("set_language"), {"language": "fr", "next": where}).url == "/"
    assert Client().post(reverse("set_reading"), {"next": where}).url == "/"
    assert researcher().post(reverse("sign_out"), {"next": where}).url == "/sign-in/"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_sign_in_link_of_the_demo_answers_nobody_who_comes_through_a_proxy(settings, header):
    settings.DEMO = True
    answer = demo_views.on_this_machine(lambda request: "let in")
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1")
    assert answer(request) == "let in"
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers={header: "127.0.0.1"})
    with pytest.raises(demo_views.Http404):
        answer(request)


# ---- the same thing twice, and two things at once --------------------------------------------------------------------
def sent(turn, **more):
    return {"key": str(uuid.uuid4()), "choice": "0", "explanation": "It is kind.", **more}


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_four_times_at_once_is_one_comparison():
    turn = TurnFactory()
    form, address = sent(turn), reverse("compare", args=[turn.pk])
    answers = at_once(*[lambda: client_of(turn.task.annotator).post(address, form) for _ in range(4)])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert Comparison.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_choices_sent_at_once_one_stands_and_the_other_is_told_so():
    turn = TurnFactory()
    address = reverse("compare", args=[turn.pk])
    answers = at_once(
        *[lambda n=n: client_of(turn.task.annotator).post(address, sent(turn, choice=str(n))) for n in range(3)]
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409, 409]
    assert Comparison.objects.count() == 1


def test_the_key_of_somebody_else_is_worth_nothing(turn):
    theirs = ComparisonFactory(turn=turn)
    mine = TurnFactory()
    body = {"choice": 1, "idempotency_key": str(theirs.idempotency_key)}
    answer = client_of(mine.task.annotator).post(
        reverse("api_comparison", args=[mine.pk]), json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 200
    assert [each["id"] for each in answer.json()["turns"]] == [mine.pk]
    assert Comparison.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_said_while_withdrawing_is_kept():
    for _ in range(3):
        turn = TurnFactory()
        client = client_of(turn.task.annotator)
        at_once(
            lambda t=turn: withdrawal.withdraw(annotator=t.task.annotator, now=timezone.now()),
            lambda t=turn, c=client: c.post(reverse("compare", args=[t.pk]), sent(t)),
            lambda t=turn, c=client: c.post(reverse("report_candidate", args=[t.pk, 0]), {"reason": "Rude."}),
            lambda t=turn, c=client: c.post(reverse("save_draft", args=[t.task_id]), {"explanation": "Mine"}),
        )
    said = [*Comparison.objects.values_list("explanation"), *Report.objects.values_list("reason")]
    assert {text for (text,) in said} <= {""}
    assert not apps.get_model("collection.Draft").objects.exists()


def test_a_report_that_comes_after_withdrawing_is_not_kept(turn):
    withdrawal.withdraw(annotator=turn.task.annotator, now=timezone.now())
    with pytest.raises(conversation.TaskIsOver):
        conversation.report(turn=turn, place=0, reason="It names me.", now=timezone.now())
    assert not Report.objects.filter(turn=turn).exists()


def test_agreeing_in_one_tab_after_withdrawing_in_another_leads_to_the_way_in(monkeypatch):
    annotator = AnnotatorFactory()
    text = ConsentText.objects.create(panel=annotator.panel, version="2", language="en", text="New words.")
    client, consent = client_of(annotator), enrolment.consent

    def withdraw_first(**arguments):
        enrolment.withdraw(annotator=annotator, now=timezone.now())
        return consent(**arguments)

    monkeypatch.setattr(enrolment, "consent", withdraw_first)
    assert client.post(reverse("consent"), {"text": text.pk, "agree": "on", "adult": "on"}).url == reverse("way_in")
    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_a_return_link_made_while_withdrawing_leads_nowhere():
    annotator = AnnotatorFactory()
    enrolment.withdraw(annotator=annotator, now=timezone.now())
    token = enrolment.new_return_link(annotator=annotator)
    assert Client().get(reverse("return_link", args=[token])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_last_place_of_an_invitation_is_given_once():
    InvitationFactory(token="for-one", limit=1)

    def join():
        client = Client()
        page = client.get(reverse("join", args=["for-one"]))
        return client.post(
            reverse("join", args=["for-one"]), {"text": page.context["text"].pk, "agree": "on", "adult": "on"}
        )

    answers = at_once(*[join] * 4)
    assert sorted(answer.status_code for answer in answers if hasattr(answer, "status_code"))[:1] == [302]
    assert Annotator.objects.count() == 1


# ---- the end is looked at, not brought about -------------------------------------------------------------------------
def test_looking_at_the_last_page_takes_no_place():
    item = ItemFactory(study=StudyFactory())
    client = client_of(AnnotatorFactory(panel=item.study.panel))
    for page in ("finished", "last_questions"):
        assert client.get(reverse(page)).url == reverse("tasks")
    assert (Task.objects.count(), Overlap.objects.get().taken) == (0, 0)


# ---- hostile text ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("piece", ["[a](b)", "![a](b)", "*a_", "> ", "[", "`a``", "- a\n  ", "|a|b|\n|-|-|\n", "~~a"])
def test_no_markdown_takes_long_to_draw(piece):
    text = piece * (60_000 // len(piece))
    begun = time.process_time()
    render(text)
    assert time.process_time() - begun < 1.5


@pytest.mark.parametrize("piece", ["a", "a@", "ー", "=", "http://", "user", "[/INST", "- ", "a b"])
def test_no_answer_takes_long_to_check(piece):
    text = piece * (200_000 // len(piece))
    begun = time.process_time()
    checks.faults(text, standards=Standards(language="en"))
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Hello\0 there", "Hello there"),
        ("\U0001f600 \U00020000", "\U0001f600 \U00020000"),
        ("\u202eHello\u202c", "\u202eHello\u202c"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_whatever_is_typed_is_kept_and_shown_as_text(typed, kept):
    task = TaskFactory(own=True)
    client = client_of(task.annotator)
    client.post(reverse("send_message", args=[task.pk]), {"key": str(uuid.uuid4()), "message": typed})
    assert Turn.objects.get().message == kept
    assert "<script>alert" not in client.get(reverse("task", args=[task.pk])).content.decode()


def test_a_reason_that_holds_what_cannot_be_stored_is_kept_without_it(turn):
    client = client_of(turn.task.annotator)
    client.post(reverse("report_candidate", args=[turn.pk, 0]), {"reason": "Ru\0de"})
    assert Report.objects.get(turn=turn).reason == "Rude"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"message":' * 50_000, '"\\ud800"', "null", "NaN", "{", "9" * 5000])
def test_a_program_that_sends_nonsense_is_told_so(turn, body):
    client = client_of(turn.task.annotator)
    answer = client.post(reverse("api_comparison", args=[turn.pk]), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["reason"] in {"parse-error", "invalid"}


def test_programs_of_researchers_are_told_reasons_too(turn):
    address = reverse("api_releases", args=[turn.task.study.slug])
    assert Client().get(address).json() == {"reason": "not-authenticated"}
    assert researcher().get(address).json() == {"reason": "not-found"}
    answer = researcher(turn.task.study).post(address, {"formats": ["x"]}, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid")


def test_a_card_stays_readable_whatever_a_title_holds():
    title = 'A: "b"\n---\n# c\uffff\ufffe\x7f\u202e'
    quoted = card._quoted(title)
    assert yaml.safe_load(f"a: {quoted}\n") == {"a": 'A: "b" --- # c'}


# ---- hostile files ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("overlap: 5", f"overlap: {'1' * 5000}"),
        ("overlap: 5", "overlap: 2001-02-31"),
        ("overlap: 5", "overlap: !!float five"),
        ("overlap: 5", "overlap: !!python/object/apply:os.system [true]"),
        ("overlap: 5", f"overlap: {'[' * 5000}"),
        ("overlap: 5", f"overlap: {'{a: ' * 300}"),
        ("overlap: 5", "overlap: &a [*a, *a]"),
        ("title: Everyday questions", 'title: "a\\0b"'),
        ("title: Everyday questions", 'title: "a\\ud800b"'),
        ("- en\n", "- en\n- a-language-with-a-long-name\n"),
        ("texts:\n      en:", "texts:\n      en-with-a-long-name: x\n      en:"),
        ("text:\n      en: How old are you?", "text: {}"),
    ],
)
def test_a_study_file_that_cannot_be_kept_is_refused_with_its_line(old, new):
    study = StudyFactory()
    text = study_file.write(study)
    assert old in text
    begun = time.process_time()
    answer = researcher(study).post(reverse("edit_study", args=[study.slug]), {"text": text.replace(old, new, 1)})
    assert answer.status_code == 422
    assert time.process_time() - begun < 5


def upload(study, name, content):
    return researcher(study).post(
        reverse("upload_prompts", args=[study.slug]), {"file": SimpleUploadedFile(name, content)}
    )


PROMPT = {"language": "en", "text": "How should I live?"}
FOUR = [{"text": text} for text in ANSWERS["en"]]


@pytest.mark.parametrize(
    "more",
    [
        {"candidates": 5},
        {"candidates": {"a": 1}},
        {"candidates": "[" * 100_000},
        {"key": "a\0"},
        {"topic": "a\0"},
        {"group": "\ud800"},
        {"candidates": [*FOUR[:3], {**FOUR[3], "author": "a\0"}]},
        {"candidates": [*FOUR[:3], {**FOUR[3], "labels": ["a\0"]}]},
    ],
)
def test_a_prompt_that_cannot_be_kept_stops_only_its_line(more):
    study = StudyFactory()
    lines = [{**PROMPT, **more}, {**PROMPT, "text": "And you?"}]
    answer = upload(study, "prompts.jsonl", "\n".join(json.dumps(line) for line in lines).encode())
    assert answer.status_code == 200
    assert [item.prompt.text for item in Item.objects.all()] == ["And you?"]


def test_tables_that_are_none_are_told(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"language": ["en"], "text": pa.array([2**40], pa.timestamp("s"))}), path)
    files = {
        "x.parquet": path.read_bytes(),
        "y.parquet": b"PAR1 PAR1",
        "x.csv": "language,text\nen,x".encode("utf-16"),
        "y.csv": b'language,text\n"en,x\n',
        "../../etc/passwd.csv": b"",
    }
    for name, content in files.items():
        answer = upload(StudyFactory(), name, content)
        assert answer.status_code == 422, name
        assert "/tmp" not in answer.content.decode()  # noqa: S108
    assert not Item.objects.exists()


@pytest.mark.parametrize("span", [f"bytes=0-{'9' * 5000}", f"bytes=-{'9' * 5000}", "bytes=٣-٤", "bytes=0-1,2-3"])
def test_an_impossible_part_of_a_file_is_the_whole_file(tmp_path, span):
    path = tmp_path / "a.csv"
    path.write_text("hello")
    request = RequestFactory().get("/")
    request.META["HTTP_RANGE"] = span
    assert downloads.file_response(request, path, tag="x").status_code in {200, 206}


@pytest.mark.parametrize("name", ["../../secret", "%2e%2e/secret", "/etc/passwd", "README.md/..", "a\0b"])
def test_what_the_manifest_does_not_list_is_not_downloaded(turn, name):
    address = reverse("download_release_file", args=[turn.task.study.slug, 1, "MANIFEST.json"])
    found = Release.objects.get()
    found.folder.mkdir(parents=True, exist_ok=True)
    (found.folder.parent / "secret").write_text("secret")
    client = researcher(turn.task.study)
    assert client.get(address.replace("MANIFEST.json", name)).status_code in {301, 404}


# ---- what every answer says ------------------------------------------------------------------------------------------
def test_every_answer_is_guarded_and_what_is_personal_is_kept_nowhere(turn):
    client = researcher(turn.task.study)
    session = client.session
    session["annotator"] = turn.task.annotator_id
    session.save()
    for name, address in {**addresses(turn), "nowhere": "/nowhere/"}.items():
        answer = client.get(address)
        said = answer.headers
        assert "default-src 'none'" in said["Content-Security-Policy"], name
        assert "unsafe" not in said["Content-Security-Policy"]
        assert (said["X-Frame-Options"], said["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert said["Referrer-Policy"] == "same-origin"
        if "Cookie" in said.get("Vary", ""):
            assert {"no-store", "private"} <= set(said["Cache-Control"].split(", ")), name
        if not answer.streaming and said.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            assert not any(sign in page for sign in ("style=", "<style", " onclick", " onload", "hx-on", "javascript:"))


@pytest.mark.parametrize(
    "much", [{f"field{number}": "" for number in range(3000)}, {"message": "a" * 6_000_000}], ids=["fields", "bytes"]
)
def test_too_much_is_refused_in_the_language_of_the_pages(much):
    task = TaskFactory(own=True)
    client = client_of(task.annotator)
    client.cookies["django_language"] = "fr"
    answer = client.post(reverse("send_message", args=[task.pk]), much)
    assert answer.status_code == 400
    assert '<html lang="fr"' in answer.content.decode()
    assert "Bad Request" not in answer.content.decode()


def test_a_fault_shows_nothing_of_the_inside_and_needs_no_database(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("annotators.views.annotator_of", lambda request: 1 / 0)
    client = Client(raise_request_exception=False, headers={"Accept-Language": "ar"})
    with django_assert_num_queries(0):
        answer = client.get("/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert 'dir="rtl"' in page
    assert not any(sign in page for sign in ("ZeroDivision", "Traceback", "annotators"))
    assert "Content-Security-Policy" in answer.headers


@override_settings(ALLOWED_HOSTS=["study.example.org"])
def test_another_host_is_answered_with_nothing():
    answer = Client(raise_request_exception=False).get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


# ---- the log ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_log_holds_no_link_by_which_somebody_could_come_in():
    token = enrolment.new_return_link(annotator=AnnotatorFactory())
    InvitationFactory(token="for-anyone")
    links = [f"/return/{token}/", "/join/for-anyone/"]
    with web_process() as (process, address):
        for link in links:
            for method in ("GET", "HEAD", "POST"):
                asked(method, address + link)
    assert "Method Not Allowed" in process.said
    assert token not in process.said
    assert "for-anyone" not in process.said


def asked(method, url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(urllib.request.Request(url, method=method), timeout=20).close()
    except urllib.error.HTTPError as error:
        error.close()


def test_a_traceback_in_the_log_holds_none_either():
    [handler] = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "Fault: %s", ("/join/secret/",), None)
    record.exc_text = "LookupError: /return/secret"
    assert handler.format(record).count("secret") == 0


# ---- models ----------------------------------------------------------------------------------------------------------
def test_only_weights_that_carry_no_code_are_loaded():
    loaders = [path for path in Path("sampling").rglob("*.py") if "from_pretrained(" in path.read_text()]
    assert [path.name for path in loaders] == ["local_model.py"]
    source = loaders[0].read_text()
    assert '"trust_remote_code": False' in source
    assert "use_safetensors=True" in source
