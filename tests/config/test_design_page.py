"""The demo shows the design system: every token, every component, and nothing that axe complains of."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import clear_url_caches, set_urlconf

from config.demo import design
from tests.browser.test_accessibility import complaints

CSS = Path("static/css")


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.config.demo_urls"
    clear_url_caches()
    set_urlconf(None)
    yield
    clear_url_caches()


def components():
    """The classes that the style sheets say, at their top, pages are put together from."""
    for name in ("components.css", "forms.css"):
        head = (CSS / name).read_text(encoding="utf-8").split("*/")[0]
        yield from re.findall(r"(?<![\w/])(?:\w+)?\.([a-z][\w-]+)(?!\w*\.html)", re.sub(r"\{%.*?%\}", "", head))


@pytest.mark.django_db
def test_every_token_and_every_component_is_on_the_page(demo):
    html = Client().get("/design/").content.decode()
    shown = {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}
    named = set(components())
    assert len(named) > 30
    assert named - shown == set()
    tokens = design.tokens()
    assert len(tokens) > 30
    assert [token.name for token in tokens if f"--{token.name}" not in html] == []


@pytest.mark.django_db
def test_there_is_no_such_page_outside_of_the_demo():
    assert Client().get("/design/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_it_is_as_accessible_as_the_pages_it_is_about(demo, page, live_server):
    page.emulate_media(reduced_motion="reduce")
    found = {}
    for language in ("en", "ar"):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        for width, theme in ((360, "light"), (1440, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            page.goto(f"{live_server.url}/design/")
            found[language, theme] = complaints(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (language, width)
    assert {where: said for where, said in found.items() if said} == {}
