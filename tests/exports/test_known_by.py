"""A release says how people were known to be themselves, and never who they are at their panel."""

import pytest
from django.utils import timezone

from annotators import arriving
from annotators.panel_file import PanelPart
from annotators.sources.interface import Arrival
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, PanelFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

IDS = {"signed-id": ("5f0c1a2b3c4d5e6f7a8b9c0d", True), "bare-id": ("6f0c1a2b3c4d5e6f7a8b9c0d", False)}


def test_how_each_person_was_known_is_published_without_their_ids(tmp_path):
    panel = PanelFactory()
    panel.definition = PanelPart.model_validate({**panel.definition, "source": {"kind": "prolific"}}).model_dump(
        mode="json"
    )
    panel.save()
    study = StudyFactory(panel=panel)
    item = ItemFactory(study=study, wanted=3)
    for participant, verified in IDS.values():
        person = AnnotatorFactory(panel=panel)
        arrival = Arrival(participant=participant, study="studyid1", session="sessionid1", verified=verified)
        arriving.keep(annotator=person, arrival=arrival, now=timezone.now())
        talk(study=study, annotator=person, item=item)
    talk(study=study, annotator=AnnotatorFactory(panel=panel), item=item)
    said = write(study, tmp_path / "out")
    assert said["known_by"] == {"bare-id": 1, "invitation": 1, "signed-id": 1}
    assert "1 joined with an id that the panel had signed" in (tmp_path / "out" / "README.md").read_text()
    assert sorted(row["known_by"] for row in rows(tmp_path / "out", "annotators")) == [
        "bare-id",
        "invitation",
        "signed-id",
    ]
    for file in (tmp_path / "out").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for secret in ("5f0c1a2b3c4d5e6f7a8b9c0d", "6f0c1a2b3c4d5e6f7a8b9c0d", "studyid1", "sessionid1"):
            assert secret.encode() not in content, file
    assert all(secret not in str(rows(tmp_path / "out", "annotators")) for secret, _verified in IDS.values())
