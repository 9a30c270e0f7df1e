"""What a dry run exports says so wherever one looks, and what is real never does."""

import io
import json
import zipfile

import pytest
import yaml
from django.urls import reverse
from django.utils import timezone
from pyarrow import parquet

from exports import building, intake
from tests.exports.conversations import talk, write
from tests.factories import AnnotatorFactory, PanelFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def study_of(origin):
    study = StudyFactory(slug=f"everyday-{origin}", panel=PanelFactory(origin=origin), origin=origin)
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel, panel_origin=origin), choices=[1, 2])
    return study


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_every_file_of_a_dry_run_is_called_simulated(tmp_path):
    write(study_of("real"), tmp_path / "real")
    write(study_of("dry-run"), tmp_path / "simulated")

    expected = sorted(f"SIMULATED-{name}" for name in names(tmp_path / "real"))
    assert names(tmp_path / "simulated") == expected
    assert {"SIMULATED-README.md", "SIMULATED-MANIFEST.json", "SIMULATED-turns-00000.csv"} <= set(expected)


def test_its_card_and_manifest_say_so(tmp_path):
    write(study_of("dry-run"), tmp_path / "out")

    card = (tmp_path / "out" / "SIMULATED-README.md").read_text(encoding="utf-8")
    front, text = card.split("---\n")[1:3]
    assert yaml.safe_load(front)["pretty_name"].startswith("SIMULATED: ")
    assert "simulated" in yaml.safe_load(front)["tags"]
    assert text.lstrip().startswith("# SIMULATED: Everyday questions\n\n**SIMULATED. No person stands behind any line")
    manifest = json.loads((tmp_path / "out" / "SIMULATED-MANIFEST.json").read_text(encoding="utf-8"))
    assert (manifest["simulated"], manifest["notice"][:10]) == (True, "SIMULATED.")


def test_the_files_that_its_card_and_manifest_name_are_there(tmp_path):
    said = write(study_of("dry-run"), tmp_path / "out")

    front = (tmp_path / "out" / "SIMULATED-README.md").read_text(encoding="utf-8").split("---\n")[1]
    for each in yaml.safe_load(front)["configs"]:
        [path] = (tmp_path / "out").glob(each["data_files"][0]["path"])
        assert parquet.read_table(path).num_rows == said["rows"][each["config_name"]]
    assert said["rows"]["conversations"] > 0
    assert all((tmp_path / "out" / file["name"]).is_file() for file in said["files"])


def test_what_is_real_is_never_called_simulated(tmp_path):
    said = write(study_of("real"), tmp_path / "out")

    assert said["simulated"] is False
    assert not [name for name in names(tmp_path / "out") if "SIMULATED" in name]
    assert "SIMULATED" not in (tmp_path / "out" / "README.md").read_text()


def test_what_is_downloaded_of_a_dry_run_is_called_simulated(client):
    study, researcher = study_of("dry-run"), UserFactory()
    study.researchers.add(researcher)
    client.force_login(researcher)
    release = intake.request_release(study=study, by=researcher, now=timezone.now())
    building.build(release_id=release.pk)

    answer = client.get(reverse("download_release", args=[study.slug, 1]))

    assert answer["Content-Disposition"] == 'attachment; filename="SIMULATED-everyday-dry-run-1.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert "SIMULATED-everyday-dry-run-1/SIMULATED-MANIFEST.json" in archive.namelist()
        assert all("/SIMULATED-" in f"/{name}" for name in archive.namelist())
    page = client.get(reverse("release", args=[study.slug, 1])).content.decode()
    assert ">SIMULATED-MANIFEST.json</a>" in page
