"""Cells of CSV files that a spreadsheet shall take for text, whatever stands in them."""

import re

_FORMULA = re.compile(r"\A\s*'*[=+\-@＝＋－＠]|\A[\t\r\n]")


def plain(text: str) -> str:
    """Return a text that begins like a formula with an apostrophe before it; any other as it is."""
    return f"'{text}" if _FORMULA.match(text) else text
