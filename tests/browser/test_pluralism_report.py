"""A pluralism report in a browser: axe finds nothing, in any light; nothing is wider than a phone; plots are in it."""

import pytest
from django.core.management import call_command

from tests.browser.test_accessibility import complaints
from tests.exports.made_releases import answers, make


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    made = make(folder / "release", people=24)
    path = answers(folder / "a.jsonl", picks=lambda item: "traditional", probabilities={"a": 0.7, "b": 0.3})
    answers(path, picks=lambda item: "survival", steered_to="india")
    call_command(
        "pluralism_report", str(made), "--answers", str(path), "--output", str(folder / "out"), "--draws", "20"
    )
    return (folder / "out/report.html").as_uri()


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(page, address):
    found = {}
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        assert page.locator("svg[role=img]").count() > 8
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if said := complaints(page):
                found[width, theme] = said
    assert found == {}
