"""What docs/recruiting.md shows works as it says."""

import re
import textwrap
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from annotators.sources import SourcePart
from annotators.sources.interface import NotAccepted, Outcome
from config.environment import Environment
from tests.annotators.sources.signing import desk

TEXT = Path("docs/recruiting.md").read_text(encoding="utf-8")
PARTS = TypeAdapter(SourcePart)


def blocks(language):
    return [
        textwrap.dedent(block)
        for block in re.findall(rf"^ *```{language}\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    ]


def sources():
    read = [YAML(typ="safe").load(block) for block in blocks("yaml")]
    return [PARTS.validate_python(each.get("panel", each)["source"]) for each in read]


def test_every_example_is_a_source():
    assert [source.kind for source in sources()] == ["prolific", "prolific", "connect", "generic"]


def test_the_panel_s_own_program_signs_links_that_are_taken():
    names: dict[str, object] = {}
    [program] = blocks("python")
    exec(program, names)  # noqa: S102
    link = names["signed"](
        "https://study.example.org/join/x/", "carers", "s3cret of theirs", rid="a-7", visit="é & =", project="p"
    )
    [generic] = [source for source in sources() if source.kind == "generic"]
    query = dict(parse_qsl(urlsplit(link).query))
    with pytest.raises(NotAccepted, match="no-id"):
        generic.arrival(query, desk=desk(secret=b"s3cret of theirs", now=int(query["time"])))
    link = names["signed"]("https://study.example.org/join/x/", "carers", "s3cret of theirs", rid="a-7", visit="v/1")
    query = dict(parse_qsl(urlsplit(link).query))
    arrival = generic.arrival(query, desk=desk(secret=b"s3cret of theirs", now=int(query["time"])))
    assert (arrival.participant, arrival.session, arrival.verified) == ("a-7", "v/1", True)


def test_the_codes_are_those_that_there_are():
    assert all(f"`{outcome}`" in TEXT for outcome in get_args(Outcome))


def test_the_setting_is_one():
    assert "KEY_HOSTS" in TEXT
    assert "key_hosts" in Environment.__dataclass_fields__
