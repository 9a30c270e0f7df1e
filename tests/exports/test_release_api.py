"""Programs ask for releases and watch them, with the session of a researcher."""

import pytest
from django.urls import reverse

from exports import building, jobs
from exports.models import Release
from tests.exports.conversations import talk
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study(client, monkeypatch):
    monkeypatch.setattr(jobs, "queue", lambda *, release_id: None)
    user = UserFactory()
    client.force_login(user)
    study = StudyFactory(researchers=[user])
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel))
    return study


def test_a_release_is_asked_for_watched_and_found(client, study):
    asked = client.post(reverse("api_releases", args=[study.slug]), {}, content_type="application/json")
    assert (asked.status_code, asked.json()["status"], asked.json()["files"]) == (201, "requested", [])
    building.build(release_id=Release.objects.get().pk)
    found = client.get(reverse("api_release", args=[study.slug, asked.json()["version"]])).json()
    assert (found["status"], found["rows_done"]) == ("done", found["rows_total"])
    file = found["files"][0]
    assert client.get(file["url"]).headers["ETag"] == f'"{file["sha256"]}"'
    assert client.get(reverse("api_releases", args=[study.slug])).json() == [found]


def test_a_new_line_is_asked_for_by_programs_and_on_the_page(client, study):
    asked = client.post(reverse("api_releases", args=[study.slug]), {"new_line": True}, content_type="application/json")
    client.post(reverse("request_release", args=[study.slug]), {"formats": "long-tables"})
    client.post(reverse("request_release", args=[study.slug]), {"formats": "long-tables", "new_line": "true"})
    assert asked.json()["release"] == "1.0"
    assert [each.label for each in Release.objects.order_by("version")] == ["1.0", "1.1", "2.0"]


def test_a_refusal_has_a_code_and_a_sentence(client, study):
    long = StudyFactory(researchers=study.researchers.all(), asks={"turns": {"maximum": 5}})
    response = client.post(reverse("api_releases", args=[long.slug]), {}, content_type="application/json")
    assert response.status_code == 409
    assert response.json()["reason"] == "too-many-turns"
    assert response.json()["detail"].endswith(".")


def test_formats_and_kinds_of_files_can_be_named(client, study):
    wanted = {"formats": ["trl-unpaired", "prism"], "beside_parquet": ["csv", "jsonl"]}
    asked = client.post(reverse("api_releases", args=[study.slug]), wanted, content_type="application/json").json()
    assert (asked["formats"], asked["beside_parquet"]) == (wanted["formats"], wanted["beside_parquet"])


def test_an_unknown_kind_of_file_is_refused(client, study):
    wanted = {"beside_parquet": ["xlsx"]}
    response = client.post(reverse("api_releases", args=[study.slug]), wanted, content_type="application/json")
    assert response.status_code == 400


def test_an_unknown_format_is_refused(client, study):
    wanted = {"formats": ["punch-cards"]}
    response = client.post(reverse("api_releases", args=[study.slug]), wanted, content_type="application/json")
    assert response.status_code == 400


def test_other_researchers_find_nothing(client, study):
    Release.objects.create(study=study, version=1)
    client.force_login(UserFactory())
    assert client.get(reverse("api_release", args=[study.slug, 1])).status_code == 404
    assert client.get(reverse("api_releases", args=[study.slug])).status_code == 404


def test_who_is_not_signed_in_is_refused(client, study):
    client.logout()
    assert client.get(reverse("api_releases", args=[study.slug])).status_code == 403
