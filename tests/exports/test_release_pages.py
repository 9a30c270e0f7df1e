"""Researchers ask for releases of their studies, watch them, and download them; nobody else sees any."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from exports import building, jobs, planning
from exports.claims import claim_to_plan
from exports.models import Release
from tests.exports.conversations import talk
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def researcher(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def study(researcher):
    study = StudyFactory(researchers=[researcher])
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1], explanations=["=1"])
    return study


@pytest.fixture
def sent(monkeypatch):
    sent = []
    monkeypatch.setattr(jobs, "queue", lambda *, release_id: sent.append(release_id))
    return sent


@pytest.fixture
def waiting(study):
    return Release.objects.create(study=study, version=1, formats=["community-alignment"])


@pytest.fixture
def done(waiting):
    building.build(release_id=waiting.pk)
    waiting.refresh_from_db()
    return waiting


def address(name, study, *arguments):
    return reverse(name, args=[study.slug, *arguments])


def body(response):
    return b"".join(response.streaming_content)


def test_a_release_is_asked_for_on_the_page(client, study, researcher, sent):
    response = client.post(address("request_release", study), follow=True)
    release = Release.objects.get()
    assert (release.requested_by, sent) == (researcher, [release.pk])
    assert "Release 1" in response.text
    assert response.templates[0].name == "exports/releases.html"


def test_what_it_holds_is_chosen_on_the_page(client, study, sent):
    wanted = {"formats": ["long-tables", "votes", "arena"], "beside_parquet": ["jsonl"]}
    client.post(address("request_release", study), wanted)
    release = Release.objects.get()
    assert (release.formats, release.beside_parquet) == (["long-tables", "votes", "arena"], ["jsonl"])
    building.build(release_id=release.pk)
    release.refresh_from_db()
    assert {"arena", "votes", "turns"} <= set(release.manifest["rows"])
    assert {file["name"].partition("/")[0] for file in release.files} >= {"data", "jsonl"}
    assert not [file for file in release.files if file["name"].startswith("csv/")]


def test_no_file_beside_parquet_is_a_choice_too(client, study, sent):
    client.post(address("request_release", study), {"formats": ["long-tables"]})
    assert Release.objects.get().beside_parquet == []


def test_a_format_that_a_study_does_not_fit_into_cannot_be_chosen_and_says_why(client, researcher, sent):
    study = StudyFactory(researchers=[researcher], asks={"turns": {"maximum": 5}})
    page = client.get(address("study_releases", study)).text
    (box,) = re.findall(r'<input type="checkbox"\s+name="formats"\s+value="community-alignment"[^>]*>', page)
    assert "disabled" in box
    assert "checked" not in box
    assert "at most four turns" in page
    (box,) = re.findall(r'<input type="checkbox"\s+name="formats"\s+value="trl-preference"[^>]*>', page)
    assert "checked" in box
    assert "disabled" not in box


def test_htmx_gets_the_part_alone(client, study, sent):
    response = client.post(address("request_release", study), headers={"HX-Request": "true"})
    assert response.text.lstrip().startswith("<section")
    assert "HX-Request" in response.headers["Vary"]
    assert 'data-look-every="2"' in response.text


def test_what_does_not_fit_is_refused_in_words(client, researcher, sent):
    study = StudyFactory(researchers=[researcher], asks={"turns": {"maximum": 5}})
    response = client.post(address("request_release", study))
    assert response.status_code == 409
    assert "at most four turns" in response.text
    assert sent == []


def test_progress_is_looked_at_only_while_something_happens(client, study, waiting):
    where = address("release_progress", study, 1)
    planning.plan(claim_to_plan(release_id=waiting.pk, now=timezone.now()), clock=timezone.now)
    begun = timezone.now() - timedelta(minutes=3)
    Release.objects.update(rows_total=120, laid_out_at=begun)
    first = waiting.shards.order_by("pk").first()
    waiting.shards.filter(pk=first.pk).update(rows=30)
    under_way = client.get(where).text
    assert "data-look-every" in under_way
    assert 'value="30"' in under_way
    assert "30 of 120 rows" in under_way
    assert "About 9\xa0minutes left." in under_way
    building.build(release_id=waiting.pk)
    finished = client.get(where).text
    assert "data-look-every" not in finished
    assert address("download_release", study, 1) in finished


def test_a_release_under_way_can_be_cancelled(client, study, waiting):
    where = address("cancel_release", study, 1)
    assert where in client.get(address("study_releases", study)).text
    answered = client.post(where, headers={"HX-Request": "true"}).text
    assert "cancelled" in answered
    assert where not in answered
    assert Release.objects.get().status == "cancelled"


def test_what_is_done_stays_when_somebody_cancels_it(client, study, done):
    assert client.post(address("cancel_release", study, 1)).status_code == 302
    assert Release.objects.get().status == "done"


def test_a_failure_is_told(client, study, waiting):
    Release.objects.update(status="failed", failure="disk-full")
    assert "The disk is full." in client.get(address("study_releases", study)).text
    assert "The disk is full." in client.get(address("release", study, 1)).text


def test_a_release_page_says_how_its_pairs_are_trained_on(client, study, waiting):
    Release.objects.update(formats=["trl-preference"])
    building.build(release_id=waiting.pk)
    assert '"trl-preference", split="train")' in client.get(address("release", study, 1)).text.replace("&quot;", '"')
    Release.objects.update(formats=["arena"])
    assert "trl-preference" not in client.get(address("release", study, 1)).text.split("load_dataset")[-1]


def test_a_release_page_lists_files_with_checksums(client, study, done):
    page = client.get(address("release", study, 1)).text
    for file in done.files:
        assert file["name"] in page
        assert file["sha256"] in page


def test_a_file_is_downloaded_whole(client, study, done):
    response = client.get(address("download_release_file", study, 1, "csv/conversations-00000.csv"))
    content = (done.folder / "csv/conversations-00000.csv").read_bytes()
    assert body(response) == content
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Disposition"] == 'attachment; filename="conversations-00000.csv"'
    assert response.headers["Content-Type"].startswith("text/csv")


def test_the_manifest_can_be_downloaded(client, study, done):
    response = client.get(address("download_release_file", study, 1, "MANIFEST.json"))
    assert body(response) == (done.folder / "MANIFEST.json").read_bytes()


def test_an_interrupted_download_goes_on(client, study, done):
    content = (done.folder / "README.md").read_bytes()
    size = len(content)
    for asked, first, last in [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, size - 1),
        ("bytes=-7", size - 7, size - 1),
        ("bytes=3-999999", 3, size - 1),
    ]:
        response = client.get(address("download_release_file", study, 1, "README.md"), headers={"Range": asked})
        assert (response.status_code, body(response)) == (206, content[first : last + 1])
        assert response.headers["Content-Range"] == f"bytes {first}-{last}/{size}"


def test_bytes_that_are_not_there_are_refused(client, study, done):
    for asked in ["bytes=9999999-", "bytes=9-3", "bytes=-0"]:
        response = client.get(address("download_release_file", study, 1, "README.md"), headers={"Range": asked})
        assert response.status_code == 416


def test_a_range_of_something_else_gets_the_whole_file(client, study, done):
    for headers in [{"Range": "lines=1-2"}, {"Range": "bytes=0-3", "If-Range": '"another"'}]:
        response = client.get(address("download_release_file", study, 1, "README.md"), headers=headers)
        assert (response.status_code, body(response)) == (200, (done.folder / "README.md").read_bytes())


def test_only_what_the_manifest_lists_exists(client, study, done):
    for name in ["nothing.txt", "../../../etc/passwd", "data/../README.md", "/etc/passwd", "data", "README.md/"]:
        where = address("download_release_file", study, 1, "NAME").replace("NAME", name)
        assert client.get(where).status_code == 404


def test_everything_comes_in_one_zip(client, study, done):
    response = client.get(address("download_release", study, 1))
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        names = {f"{study.slug}-1/{name}" for name in ["MANIFEST.json", *(file["name"] for file in done.files)]}
        assert set(archive.namelist()) == names
        assert archive.read(f"{study.slug}-1/README.md") == (done.folder / "README.md").read_bytes()


def test_an_asynchronous_server_streams_too(researcher, study, done):
    client = AsyncClient()
    async_to_sync(client.aforce_login)(researcher)

    async def get(where):
        response = await client.get(where)
        assert response.is_async
        return b"".join([chunk async for chunk in response])

    for where in [address("download_release", study, 1), address("download_release_file", study, 1, "README.md")]:
        assert (done.folder / "README.md").read_bytes() in async_to_sync(get)(where)


def test_a_release_that_is_not_finished_has_no_files(client, study, waiting):
    assert client.get(address("download_release", study, 1)).status_code == 404
    assert client.get(address("download_release_file", study, 1, "README.md")).status_code == 404


PAGES = [
    ("study_releases", []),
    ("release", [1]),
    ("release_progress", [1]),
    ("download_release", [1]),
    ("download_release_file", [1, "README.md"]),
]


def test_other_researchers_find_nothing(client, study, done):
    client.force_login(UserFactory())
    for name, arguments in PAGES:
        assert client.get(address(name, study, *arguments)).status_code == 404
    for name, arguments in [("request_release", []), ("cancel_release", [1])]:
        assert client.post(address(name, study, *arguments)).status_code == 404


def test_who_is_not_signed_in_is_asked_to(client, study, done):
    client.logout()
    for name, arguments in PAGES:
        response = client.get(address(name, study, *arguments))
        assert (response.status_code, response.url.split("?")[0]) == (302, reverse("sign_in"))


def test_the_number_of_queries_does_not_grow_with_the_releases(client, study, django_assert_num_queries):
    Release.objects.bulk_create(
        Release(study=study, version=version, status="failed", failure="storage") for version in range(1, 30)
    )
    # The session and its user, the study, its versions (which formats hold it), the releases.
    with django_assert_num_queries(5):
        client.get(address("study_releases", study))
