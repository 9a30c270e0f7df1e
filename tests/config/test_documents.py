"""What the documents name is there."""

import re

import pytest

from tests.config.programs import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    here = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in here if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(document):
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | {"collectstatic", "migrate", "shell"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= commands


def test_the_help_lists_every_command_for_people():
    makefile = (ROOT / "Makefile").read_text()
    told = set(re.findall(r'@echo "make ([a-z-]+)', makefile))
    assert told == {"demo", "test", "test-all", "messages", "model", "adapters", "screenshots", "pictures"}
