"""What a reader chose of a page's look is on every page, and nothing else that stands in the cookie."""

import re
from pathlib import Path

import pytest
from django.test import Client

TOKENS = Path("static/css/tokens.css").read_text(encoding="utf-8")


def attributes(page):
    return re.search(r'data-text="(.*?)"\s+data-lines="(.*?)"\s+data-theme="(.*?)"', page.content.decode()).groups()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("", ("usual", "usual", "auto")),
        ("large.short.dark", ("large", "short", "dark")),
        ("large", ("large", "usual", "auto")),
        ('x"><script>.long.blue', ("usual", "long", "auto")),
        ("small.usual.light.more.of.it", ("small", "usual", "light")),
    ],
)
def test_a_page_looks_as_the_cookie_says_where_that_makes_sense(cookie, shown):
    client = Client()
    client.cookies["reading"] = cookie
    assert attributes(client.get("/")) == shown


@pytest.mark.django_db
def test_without_scripts_a_choice_is_sent_and_kept():
    client = Client()
    answer = client.post("/reading/", {"text": "largest", "lines": "nonsense", "theme": "dark", "next": "/join/x/"})
    assert answer.url == "/join/x/"
    assert client.cookies["reading"].value == "largest.usual.dark"
    assert attributes(client.get("/")) == ("largest", "usual", "dark")


def test_dark_is_the_same_whether_the_device_or_the_reader_wants_it():
    by_device = re.search(r"prefers-color-scheme: dark\) \{\s+:root:not\(.*?\) \{(.*?)\}", TOKENS, re.DOTALL)[1]
    by_reader = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', TOKENS, re.DOTALL)[1]
    colours = [re.findall(r"(--[\w-]+): (.*);", block) for block in (by_device, by_reader)]
    assert len(colours[0]) == 18
    assert colours[0] == colours[1]
