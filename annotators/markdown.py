"""Markdown of people and models as HTML that can do no harm: no raw HTML, no images, nothing that loads or leads away.

Knows no Django.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

# What can come out of the renderer below, and nothing else.
TAGS = {"p", "br", "hr", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "span"}
TAGS |= {"h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"span": {"class"}, "ol": {"start"}}


def render(text: str, *, first_heading: int = 4) -> str:
    """Return the text as HTML; its highest headings become `first_heading`, so that they fit into the page around."""
    tokens = _parser.parse(text)
    _fit_headings(tokens, first=first_heading)
    html: str = _parser.renderer.render(tokens, _parser.options, {})
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None)


def _fit_headings(tokens: Sequence[Token], *, first: int) -> None:
    """Number headings from `first` on, without a gap: a page's outline never skips a level."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    ranks = {tag: rank for rank, tag in enumerate(sorted({token.tag for token in headings}))}
    level = first - 1
    for token in headings:
        if token.nesting == 1:
            level = min(first + ranks[token.tag], level + 1, 6)
        token.tag = f"h{level}"


def _link_open(
    _self: Any, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType | Mapping[str, Any]
) -> str:
    return ""


def _link_close(_self: Any, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    """Write the address after the words, so that a reader sees where a link would have led."""
    # Links do not contain links: the last opening one is this one's. Sought backwards, as there may be thousands.
    opening = next(i for i in range(index, -1, -1) if tokens[i].type == "link_open")
    address = str(tokens[opening].attrGet("href") or "")
    words = "".join(token.content for token in tokens[opening:index])
    if not address or address == words:
        return ""
    return f' <span class="link-address">({nh3.clean_text(address)})</span>'


def _build() -> MarkdownIt:
    # As in a chat, a line that ends is a line that ends.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("link_close", _link_close)
    return parser


_parser = _build()
