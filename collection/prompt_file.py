"""Given prompts from a table: JSON Lines, CSV or Parquet, read as a stream of checked rows. Knows no Django."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from annotators.survey import N_

KINDS = (".jsonl", ".csv", ".parquet")
ROWS_AT_ONCE = 1000
MAXIMUM_LINE = 1_000_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError(N_("is empty or has a NUL character"))
        return value


class CandidateRow(_Part):
    """One answer of a ready candidate set."""

    text: str
    labels: list[str] = Field(default_factory=list)
    author_kind: Literal["person", "model", ""] = ""
    """Who wrote it, as the source states it; empty: unknown."""
    author: str = Field(default="", max_length=200)


class PromptRow(_Part):
    """One given prompt."""

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    text: str = Field(min_length=1, max_length=20_000)
    key: str = Field(default="", max_length=100)
    topic: str = Field(default="", max_length=100)
    group: str = Field(default="", max_length=100)
    factual: bool = False
    role: Literal["question", "attention", "practice"] = "question"
    expected: int | None = Field(default=None, ge=1, le=8)
    """Which of the candidates, from 1, an attention check asks for, or practice calls the better one."""
    feedback: str = Field(default="", max_length=2000)
    """What somebody reads after this practice task."""
    candidates: list[CandidateRow] = Field(default_factory=list)

    @model_validator(mode="after")
    def _plays_its_role(self) -> "PromptRow":
        if self.role == "question" and (self.expected is not None or self.feedback):
            raise ValueError(N_("expects an answer or has feedback, which only attention checks and practice do"))
        if self.role != "question" and not self.candidates:
            raise ValueError(N_("is no question, so it needs ready candidates"))
        if self.role == "attention" and self.expected is None:
            raise ValueError(N_("is an attention check, so it must say which candidate it expects"))
        if self.expected is not None and self.expected > len(self.candidates):
            raise ValueError(N_("expects a candidate that it does not have"))
        return self

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError(N_("is empty or has a NUL character"))
        return text.strip()

    @field_validator("candidates", mode="before")
    @classmethod
    def _plain_texts_will_do(cls, value: Any) -> Any:
        # A CSV cell holds the list as JSON.
        listed = _parsed(value) if isinstance(value, str) and value.strip() else value or []
        if not isinstance(listed, list):
            return listed
        return [{"text": entry} if isinstance(entry, str) else entry for entry in listed]


class FileUnreadable(Exception):
    """The table as a whole cannot be read."""

    def __init__(self, template: str, **filling: str) -> None:
        super().__init__(template)
        self.template = template
        self.filling = filling

    def sentence(self, *, name: str, translate: Callable[[str], str] = str) -> str:
        """Say what is wrong with the table of this name."""
        return translate(self.template).format(name=name, **self.filling)


@dataclass(frozen=True)
class Line:
    """One row of the table: a prompt, or the reason why it is none."""

    number: int
    """In the file, counted from 1; rows of CSV and Parquet are counted without the header."""
    row: PromptRow | None
    problem: ValidationError | ValueError | None = None


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> Iterator[Line]:
    """Yield the rows of a table, one by one.

    :raises FileUnreadable: if it is no table of a kind we know.
    """
    for number, content in enumerate(rows(path), start=1):
        yield _checked(number, content)


def rows(path: Path) -> Iterator[dict[str, Any] | ValueError]:
    """Yield what stands in each row of a table, by column, or what is wrong with it as a row.

    :raises FileUnreadable: if it is no table of a kind we know.
    """
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FileUnreadable(N_("{name} is no prompt table: it must end with {kinds}."), kinds=", ".join(KINDS))
    try:
        yield from reader(path)
    except UnicodeDecodeError:
        raise FileUnreadable(N_("{name} is not UTF-8 text.")) from None
    except (pd.errors.ParserError, pa.ArrowException, OSError, OverflowError, ValueError) as error:
        raise FileUnreadable(N_("{name} cannot be read: {problem}."), problem=str(error)) from None


def _checked(number: int, content: dict[str, Any] | ValueError) -> Line:
    if isinstance(content, ValueError):
        return Line(number=number, row=None, problem=content)
    try:
        return Line(number=number, row=PromptRow.model_validate(content))
    except ValidationError as error:
        return Line(number=number, row=None, problem=error)


def _jsonl(path: Path) -> Iterator[dict[str, Any] | ValueError]:
    with path.open(encoding="utf-8-sig") as file:
        while text := file.readline(MAXIMUM_LINE + 1):
            if len(text) > MAXIMUM_LINE:
                raise ValueError("a line is longer than a million characters")
            yield _json_object(text)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(N_("is not valid JSON")) from None


def _json_object(text: str) -> dict[str, Any] | ValueError:
    try:
        content = _parsed(text)
    except ValueError as problem:
        return problem
    return content if isinstance(content, dict) else ValueError(N_("is not a JSON object"))


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=ROWS_AT_ONCE, encoding="utf-8-sig") as chunks:
        for chunk in chunks:
            for row in chunk.to_dict("records"):
                yield {str(name): value for name, value in row.items() if value != ""}


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            for row in batch.to_pylist():
                yield {name: value for name, value in row.items() if value is not None}
