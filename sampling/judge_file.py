"""A judge as a file: which model says what value a text speaks for, and from which list it chooses. Knows no Django."""

from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sampling.recipe_document import Decoding, Generator, Key, Voice
from sampling.yaml_lines import line_of

SURE = Decoding(temperature=0.1, top_p=1, top_k=0, max_new_tokens=64)
"""How a judge that answers in words picks them."""


class JudgeFileInvalid(ValueError):
    """The file describes no judge; the message is one sentence that names every fault with its line."""


class Judge(BaseModel):
    """A model, and the list of values that it chooses from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Key = Field(description="The name of the list. Other values, or other words for them: another name.")
    generator: Generator
    decoding: Decoding = SURE
    values: list[Voice] = Field(min_length=2, max_length=20)

    @model_validator(mode="after")
    def _names_each_once(self) -> "Judge":
        keys = Counter(value.key for value in self.values)
        if twice := [key for key, count in keys.items() if count > 1]:
            raise ValueError(f"{', '.join(twice)} is listed twice")
        return self

    def options(self, language: str) -> dict[str, str] | None:
        """Return the words for each value in a language, by key; None where one has none."""
        said = {value.key: value.texts.get(language, "") for value in self.values}
        return said if all(said.values()) else None


def read(path: Path) -> Judge:
    """Return the judge that a YAML file describes.

    :raises JudgeFileInvalid: saying in one sentence what is wrong, with the line.
    """
    try:
        raw = YAML().load(path.read_text(encoding="utf-8-sig"))
        return Judge.model_validate(raw)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _invalid(path, [f"line {line}: this is not valid YAML ({error.problem})"]) from None
    except ValidationError as error:
        raise _invalid(path, [_said(detail, raw) for detail in error.errors(include_url=False)]) from None
    # A ValueError comes from bytes that are no UTF-8, and from numbers and dates that are none.
    except (OSError, ValueError, YAMLError, RecursionError) as error:
        raise _invalid(path, [f"it cannot be read ({' '.join(str(error).split())})"]) from None


def _invalid(path: Path, faults: list[str]) -> JudgeFileInvalid:
    return JudgeFileInvalid(f"{path} describes no judge: {'; '.join(faults)}.")


def _said(detail: ErrorDetails, raw: Any) -> str:
    path = detail["loc"]
    own = detail["type"] == "value_error"
    said = str(detail["ctx"]["error"]) if own else f"{detail['msg'][:1].lower()}{detail['msg'][1:]}"
    place = ".".join(str(part) for part in path) or "the file"
    return f"line {line_of(raw, path)}: {place}{' ' if own else ': '}{said}"
