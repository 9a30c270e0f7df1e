"""Labels of texts as a table: CSV, JSON Lines or Parquet, read as checked rows. Knows no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from collection import prompt_file

COLUMNS = ("set", "text_sha256", "language", "message", "text", "scheme", "value")
"""Of a table of texts that wait for labels."""

CANNOT_TELL = "-"
"""What stands for a value where somebody has looked and could not tell."""


class LabelRow(BaseModel):
    """What value one text speaks for."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    set: int | None = Field(default=None, ge=1)
    """The candidate set; without it, every set of the study that holds the text."""
    slot: int | None = Field(default=None, ge=0)
    """Which candidate of the set, as generated, from 0."""
    text_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    text: str = ""
    scheme: str = Field(default="", max_length=50)
    value: str = Field(default="", max_length=50)
    """Empty: nobody has looked yet."""
    # For the reader's eyes alone.
    language: str = ""
    message: str = ""

    @model_validator(mode="after")
    def _names_a_text(self) -> "LabelRow":
        if self.slot is not None and self.set is None:
            raise ValueError("a slot needs its set")
        if self.slot is None and not self.text_sha256 and not self.text.strip():
            raise ValueError("names no text: a set and slot, a text_sha256, or the text itself is needed")
        if self.value.strip() and not self.scheme.strip():
            raise ValueError("has a value without a scheme")
        return self


@dataclass(frozen=True)
class Line:
    """One row of the table, or why it is none."""

    number: int
    """Counted from 1, in CSV and Parquet without the header."""
    row: LabelRow | None
    problem: str = ""


def read(path: Path) -> Iterator[Line]:
    """Yield the rows of a table, one by one.

    :raises prompt_file.FileUnreadable: if it is no table of a kind we know.
    """
    for number, content in enumerate(prompt_file.rows(path), start=1):
        yield _checked(number, content)


def _checked(number: int, content: object) -> Line:
    if isinstance(content, ValueError):
        return Line(number, None, str(content))
    try:
        return Line(number, LabelRow.model_validate(content))
    except ValidationError as error:
        said = (f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in error.errors())
        return Line(number, None, "; ".join(said))
