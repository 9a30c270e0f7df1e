"""What people and models write is hostile text: Markdown is drawn, and nothing else."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.markdown import ATTRIBUTES, TAGS, render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Some **bold** and *slanted* words", "<p>Some <strong>bold</strong> and <em>slanted</em> words</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
    ],
)
def test_structure_is_drawn(text, html):
    assert render(text).strip() == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![pixel](https://evil.example/p.png)",
        "<https://evil.example/>",
        '[a](https://evil.example/ "onmouseover=alert(1)")',
        "<style>*{display:none}</style>",
        "| a |\n|---|\n| <svg onload=alert(1)> |",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "&lt;script&gt;",
    ],
)
def test_nothing_runs_loads_or_leads_away(text):
    html = render(text)
    for tag in ("<script", "<img", "<a ", "<style", "<svg"):
        assert tag not in html


def test_a_link_shows_where_it_would_have_led():
    assert render("[bank](https://evil.example/?a=1&b=2)").strip() == (
        '<p>bank <span class="link-address">(https://evil.example/?a=1&amp;b=2)</span></p>'
    )


def test_an_address_that_stands_for_itself_is_not_said_twice():
    assert render("<https://example.org>").count("example.org") == 1


def test_headings_fit_into_the_page_and_skip_no_level():
    assert render("### deep\n# high\n## middle").split() == ["<h4>deep</h4>", "<h4>high</h4>", "<h5>middle</h5>"]
    assert render("# high", first_heading=2).strip() == "<h2>high</h2>"


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}


@given(st.text(alphabet="<>[]()!&\"'`*_#-|~\\ \nahtp:/.x=0", max_size=80))
def test_only_known_tags_and_attributes_come_out(text):
    page = Page()
    page.feed(render(text))
    assert page.tags <= TAGS
    assert page.attributes <= {name for names in ATTRIBUTES.values() for name in names}
