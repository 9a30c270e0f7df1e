"""Masking what looks like personal data in texts: a short rule, the same for every language. Knows no Django.

It finds what has a form: addresses on the net and by mail, numbers of telephones, accounts and cards, and names with @.
It finds no names of people and no street addresses: those need a person to read.
"""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

RULES: Sequence[tuple[str, str]] = (
    (r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}", "[e-mail]"),
    (r"(?:https?://|www\.)[^\s<>\"]+", "[link]"),
    (r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", "[account]"),
    (r"\b(?:[0-9][ \-]?){12,18}[0-9]\b", "[number]"),
    (r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", "[address]"),
    (r"(?:\+|\b00)[0-9][0-9 ().\-]{6,}[0-9]", "[phone]"),
    (r"\b0[0-9](?:[ .\-]?[0-9]){7,11}\b", "[phone]"),
    (r"\(?\b[0-9]{3}\)?[ .\-][0-9]{3}[ .\-][0-9]{4}\b", "[phone]"),
    (r"(^|[\s(])@[A-Za-z0-9_]{2,}", r"\1[handle]"),
)
"""What is looked for, one after the other, and what stands in its place. Read by RE2 and by Python alike."""

_TEXT = re.compile(
    r"(^|_)(prompt|responses?(_[a-d])?|feedback|text|better|chosen|rejected|completion|conversation_[ab]|history)$"
)


def is_text(column: str) -> bool:
    """Whether people or models wrote what stands in a column of this name."""
    return _TEXT.search(column) is not None


def masked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch with its texts masked."""
    arrays = [
        _masked(column) if is_text(field.name) else column
        for field, column in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _masked(column: pa.Array) -> pa.Array:
    if pa.types.is_nested(column.type):
        return pa.array([_inside(value) for value in column.to_pylist()], column.type)
    if pa.types.is_string(column.type):
        for pattern, sign in RULES:
            column = pc.replace_substring_regex(column, pattern=pattern, replacement=sign)
    return column


def _inside(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_inside(each) for each in value]
    if isinstance(value, dict):
        return {key: _inside(each) for key, each in value.items()}
    return value


def mask(text: str) -> str:
    """Return a text with what the rules find masked."""
    for pattern, sign in RULES:
        # As RE2: where letters of another script stand beside a number, it begins and ends all the same.
        text = re.sub(pattern, sign, text, flags=re.ASCII)
    return text
