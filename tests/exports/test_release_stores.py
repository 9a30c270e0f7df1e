"""Releases lie in a folder or in a store that speaks S3, and are given by links whose time is over one day.

The store is moto's server, over real HTTP; what stands before it looks at signatures as S3 does (tests/exports/s3.py).
"""

import hashlib
import time
import urllib.error
import urllib.request
from datetime import timedelta

import boto3
import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator
from exports import bucket, building, downloads, jobs, storage
from exports.models import Release
from tests.exports import s3
from tests.exports.conversations import talk
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gate(monkeypatch, settings):
    """A bucket, and what stands before it."""
    with s3.serving() as (gate, address):
        for name, value in {**s3.KEYS, "AWS_ENDPOINT_URL": address, "NO_PROXY": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
        boto3.client("s3").create_bucket(Bucket="releases")
        settings.RELEASES_BUCKET = f"s3://releases/{address.rpartition(':')[2]}"
        yield gate


@pytest.fixture
def study(client):
    researcher = UserFactory()
    client.force_login(researcher)
    study = StudyFactory(researchers=[researcher])
    for _ in range(2):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1, 2], explanations=["é ✓"])
    return study


@pytest.fixture
def release(study):
    return Release.objects.create(study=study, version=1, formats=["long-tables"])


def built(release):
    building.build(release_id=release.pk)
    release.refresh_from_db()
    return release


def fetched(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.status, answer.read()


def names_in_bucket():
    found = boto3.resource("s3").Bucket("releases").objects.all()
    return sorted(each.key.partition("/")[2] for each in found)


# ---- S3 --------------------------------------------------------------------------------------------------------------
def test_a_release_in_a_bucket_holds_what_its_manifest_says(gate, release, settings, tmp_path):
    built(release)
    assert release.status == Release.Status.DONE, release.failure_detail
    names = [*(file["name"] for file in release.files), "MANIFEST.json"]
    assert names_in_bucket() == sorted(f"{release.pk}/{name}" for name in names)
    assert not release.folder.exists()
    assert list((settings.RELEASES_DIR / "unfinished").iterdir()) == []
    # The manifest came last of all.
    assert gate.asked_for("PUT")[-1].endswith(f"/{release.pk}/MANIFEST.json")
    here = storage.store().here(names, str(release.pk), tmp_path / "here")
    for file in release.files:
        assert hashlib.sha256((here / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_large_files_go_up_in_parts(gate, tmp_path, monkeypatch):
    path = tmp_path / "large"
    content = bytes(range(256)) * 4096 * 24
    path.write_bytes(content)
    storage.store().put(path, "1/data/large.parquet")
    # Moto made empty; begun, two parts, closed.
    assert len(gate.asked_for("POST")) == 1 + 2
    assert len(gate.asked_for("PUT", query=["partNumber"])) == 2
    with storage.store().open("1/data/large.parquet") as found:
        assert found.read() == content


def test_a_broken_upload_leaves_nothing_visible_and_fails_the_release(gate, tmp_path, release, monkeypatch):
    path = tmp_path / "large"
    path.write_bytes(bytes(24 * 2**20))
    gate.break_part = 2
    with pytest.raises(storage.StoreFailed):
        storage.store().put(path, "1/data/large.parquet")
    assert not storage.store().exists("1/data/large.parquet")
    assert names_in_bucket() == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    bucket.of.cache_clear()
    assert built(release).failure == "storage"


def test_who_may_is_sent_to_the_store_with_a_link_that_gives_ranges_and_is_soon_over(
    gate, release, study, client, monkeypatch
):
    built(release)
    where = reverse("download_release_file", args=[study.slug, 1, "csv/turns-00000.csv"])
    answer = client.get(where)
    assert answer.status_code == 302
    whole = fetched(answer.url)[1]
    assert b"conversation_id" in whole[:40]
    assert fetched(answer.url, Range="bytes=5-9") == (206, whole[5:10])
    for url in [
        answer.url.replace("turns-00000", "annotators-00000"),
        answer.url.replace("Expires=600", "Expires=6000"),
    ]:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            fetched(url)
    monkeypatch.setattr(downloads, "_AT_STORE", 1)
    soon_over = client.get(where).url
    assert fetched(soon_over)[1] == whole
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetched(soon_over)


def test_a_large_file_of_the_bucket_is_never_whole_in_memory(gate, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(3 * 2**20))
    storage.store().put(path, "1/data/large.parquet")
    with storage.store().open("1/data/large.parquet") as found:
        assert len(found.read()) == 3 * 2**20
        # It was spooled to the disk.
        assert found.file._rolled


def test_everything_in_one_zip_comes_from_the_bucket_too(gate, release, study, client):
    built(release)
    content = b"".join(client.get(reverse("download_release", args=[study.slug, 1])).streaming_content)
    assert content.startswith(b"PK")
    assert b"MANIFEST.json" in content


def test_what_is_withheld_is_deleted_from_the_bucket(gate, release, study, client):
    built(release)
    enrolment.withdraw(annotator=Annotator.objects.first(), now=timezone.now())
    jobs.sweep()
    assert names_in_bucket() == []
    assert client.get(reverse("download_release", args=[study.slug, 1])).status_code == 404


# ---- links -----------------------------------------------------------------------------------------------------------
def links(client, study):
    return {
        file["name"]: file["link"] for file in client.get(reverse("api_release", args=[study.slug, 1])).json()["files"]
    }


def test_a_link_gives_its_file_without_signing_in_whole_or_in_part(release, study, client):
    built(release)
    link = links(client, study)["README.md"]
    client.logout()
    content = (release.folder / "README.md").read_bytes()
    assert b"".join(client.get(link).streaming_content) == content
    part = client.get(link, headers={"Range": "bytes=3-9"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content[3:10])


def test_a_link_that_is_over_or_changed_gives_nothing(release, study, client, monkeypatch):
    built(release)
    link = links(client, study)["README.md"]
    token = link.rstrip("/").rpartition("/")[2]
    for wrong in [token[:-1], token.replace(":", ";"), signing.dumps([release.pk, "README.md"], salt="another")]:
        assert client.get(reverse("download_by_link", args=[wrong])).status_code == 403
    other = signing.dumps([release.pk, "../1/README.md"], salt=downloads.SALT, compress=True)
    assert client.get(reverse("download_by_link", args=[other])).status_code == 404
    monkeypatch.setattr(downloads, "LINK_FOR", timedelta(0))
    answer = client.get(link)
    assert (answer.status_code, "This link is over" in answer.text) == (403, True)


def test_a_link_gives_nothing_once_somebody_in_the_release_has_withdrawn(release, study, client):
    built(release)
    link = links(client, study)["data/turns-00000.parquet"]
    assert client.get(link).status_code == 200
    enrolment.withdraw(annotator=Annotator.objects.first(), now=timezone.now())
    assert client.get(link).status_code == 404
