"""Recipes as YAML: one in a file of its own, or several under their names; read with the line of every fault."""

import io
from pathlib import PurePath
from typing import Annotated, Any

from django.utils.translation import gettext
from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from collection import study_file
from collection.study_file import Fault, StudyFileInvalid
from sampling.recipe_document import RecipeDocument

Named = tuple[str, RecipeDocument]
"""A recipe, and what the researcher calls it."""

NAME_CHARACTERS = 100

_SEVERAL = TypeAdapter(dict[Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS)], RecipeDocument])


class RecipeFileInvalid(Exception):
    """What should be a recipe cannot be read as one."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.sentences = [f"{name}: {fault}" if name else str(fault) for fault in faults]
        super().__init__("\n".join(self.sentences))


def name_of(path: str) -> str:
    """Return what a recipe is called that stands in this file: the file's name, as far as it can be printed."""
    return _cleaned(PurePath(path).stem)


def _cleaned(name: str) -> str:
    return " ".join(printable(name).split())[:NAME_CHARACTERS] or "recipe"


def printable(text: str) -> str:
    """Return a text without what a terminal would obey and what no database or page holds."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def read(text: str, *, file: str) -> Named:
    """Read a file that holds one recipe, as it stands under `first:` in a study's file.

    :param file: Its name, which names the recipe.
    :raises RecipeFileInvalid: with every fault and its line.
    """
    name = name_of(file)
    try:
        raw = study_file.parse(text)
    except StudyFileInvalid as invalid:
        raise RecipeFileInvalid(printable(file), invalid.faults) from None
    try:
        return name, RecipeDocument.model_validate(raw)
    except ValidationError as error:
        raise RecipeFileInvalid(printable(file), study_file.faults_of(error, raw)) from None


def read_several(text: str) -> list[Named]:
    """Read recipes that stand one after the other, each under its name.

    :raises RecipeFileInvalid: with every fault and its line.
    """
    try:
        raw: Any = study_file.parse(text)
        if isinstance(raw, dict) and isinstance(raw.get("method"), str):
            raise StudyFileInvalid([Fault(1, "", gettext("Give the recipe a name, and indent all of it below that."))])
        return [(_cleaned(name), recipe) for name, recipe in _SEVERAL.validate_python(raw).items()]
    except StudyFileInvalid as invalid:
        raise RecipeFileInvalid("", invalid.faults) from None
    except ValidationError as error:
        raise RecipeFileInvalid("", study_file.faults_of(error, raw)) from None


def write(recipe: RecipeDocument) -> str:
    """Return a recipe as the file that holds it."""
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 120
    yaml.dump(recipe.canonical(), stream)
    return stream.getvalue()
