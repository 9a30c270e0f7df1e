"""manage.py push_release DIR OWNER/NAME sends only what the hub has not, in one commit.

The hub is a stand-in over real HTTP that answers as the hub's API does (tests/exports/hub.py).
"""

import subprocess
import sys

import pytest
from django.utils import timezone

from exports import building, intake, parts
from sampling.models import CandidateSet
from tests.exports import hub as stand_in
from tests.exports.conversations import same_database, talk
from tests.exports.test_loading import generated
from tests.exports.test_simulated import study_of
from tests.factories import AnnotatorFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hub():
    with stand_in.serving() as (hub, address):
        hub.address = address
        yield hub


def grow(study):
    for _ in range(3):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), choices=[1])
    for each in CandidateSet.objects.filter(completions=None):
        generated(each)


def released(study):
    made = intake.request_release(study=study, by=None, now=timezone.now(), formats=["long-tables"])
    building.build(release_id=made.pk)
    return made.folder


def command(folder, hub):
    """Push in a process of its own, and return what it said."""
    environment = {**same_database(), "HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_test", "HF_HUB_DISABLE_XET": "1"}
    environment |= {"HF_HOME": str(folder / ".." / "hf"), "NO_PROXY": "127.0.0.1"}
    asked = [sys.executable, "manage.py", "push_release", str(folder), "team/everyday"]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=120)


def test_the_next_release_of_a_line_sends_only_what_is_new(hub, monkeypatch):
    monkeypatch.setattr(parts, "NUMBERS_PER_PART", {"conversations": 3, "sets": 3, "people": 50})
    study = StudyFactory()
    grow(study)
    first = released(study)
    pushed = command(first, hub)
    assert pushed.returncode == 0, pushed.stderr
    assert "files sent, 0 were there, 0 deleted." in pushed.stdout
    assert {name: (first / name).read_bytes() for name in hub.files} == hub.files
    assert "MANIFEST.json" in hub.files
    assert len(hub.commits) == 1

    grow(study)
    second = released(study)
    hub.files["data/gone-00000.parquet"], hub.files[".gitattributes"] = b"old", b"kept"
    hub.asked.clear()
    before = dict(hub.files)
    contents = {path.relative_to(second).as_posix(): path.read_bytes() for path in second.rglob("*") if path.is_file()}
    same = {name for name, content in contents.items() if before.get(name) == content}
    assert {"data/turns-00000.parquet", "csv/turns-00000.csv", "data/candidates-00000.parquet"} <= same
    assert {"data/turns-00001.parquet", "data/annotators-00001.parquet", "MANIFEST.json"} <= set(contents) - same
    said = command(second, hub).stdout
    assert f"{len(contents) - len(same)} files sent, {len(same)} were there, 1 deleted." in said
    new_large = [name for name in set(contents) - same if name.endswith(".parquet")]
    assert [method for method, _path in hub.asked].count("PUT") == len(new_large)
    assert hub.files.pop(".gitattributes") == b"kept"
    assert hub.files == contents
    assert hub.commits == ["Release 1.0", "Release 1.1"]

    hub.asked.clear()
    assert f"0 files sent, {len(contents)} were there, 0 deleted." in command(second, hub).stdout
    assert not [path for _method, path in hub.asked if "/commit/" in path or "upload" in path]


def test_what_is_broken_or_simulated_is_not_sent(hub):
    study = study_of("dry-run")
    for each in CandidateSet.objects.all():
        generated(each)
    folder = released(study)
    refused = command(folder, hub)
    assert (refused.returncode, "it is not to be published" in refused.stderr) == (1, True)
    (folder / "SIMULATED-README.md").write_text("changed")
    assert "so nothing was sent: SIMULATED-README.md has" in command(folder, hub).stderr
    assert hub.asked == []
