"""What a researcher chooses to compare recipes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collection import recipe_file, study_file
from collection.models import Study
from collection.recipe_comparing import FEWEST_SETS, MOST_RECIPES, MOST_SETS
from collection.recipe_file import Named, RecipeFileInvalid

MOST_PROMPTS = 2000
"""From a page; a terminal asks for any number."""


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return list(files.getlist(name))


class _FilesField(forms.FileField):
    """Any number of files, none included."""

    widget = _SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return [super(_FilesField, self).clean(one, initial) for one in data or []]


class ComparisonForm(forms.Form):
    """Recipes of the study, in files and typed; prompts, sets and the seed."""

    use_required_attribute = False

    own = forms.MultipleChoiceField(
        label=_("Recipes of this study"), required=False, widget=forms.CheckboxSelectMultiple
    )
    recipe_files = _FilesField(
        label=_("Recipes in YAML files"), required=False, help_text=_("Each is called as its file is.")
    )
    text = forms.CharField(
        label=_("Or as text, each under its name"),
        required=False,
        max_length=study_file.MAXIMUM_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "wide-text", "dir": "ltr"}),
    )
    prompts = forms.IntegerField(label=_("Prompts"), min_value=1, max_value=MOST_PROMPTS, initial=60)
    sets_per_prompt = forms.IntegerField(
        label=_("Sets of each recipe for each prompt"),
        min_value=FEWEST_SETS,
        max_value=MOST_SETS,
        initial=FEWEST_SETS,
        help_text=_("Whether answers of a set avoid each other shows only beside other sets for the same prompt."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**62,
        initial=1,
        help_text=_("Draws the prompts: the same number draws the same ones again."),
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._of_study = dict(_generating(study))
        own = self.fields["own"]
        own.choices = [(name, _said(name, recipe.method)) for name, recipe in self._of_study.items()]  # type: ignore[attr-defined]
        own.initial = list(self._of_study)
        if not self._of_study:
            del self.fields["own"]

    def clean(self) -> dict[str, Any]:
        """Read the recipes; every fault becomes an error with its file and line."""
        cleaned = super().clean() or {}
        recipes = [(name, self._of_study[name]) for name in cleaned.get("own", [])]
        for file in cleaned.get("recipe_files", []):
            recipes += self._read(lambda file=file: [_uploaded(file)])
        if cleaned.get("text", "").strip():
            recipes += self._read(lambda: recipe_file.read_several(cleaned["text"]))
        if not self.errors and not 2 <= len(recipes) <= MOST_RECIPES:
            message = gettext("Name at least two recipes, and at most {most}.").format(most=MOST_RECIPES)
            self.add_error(None, message)
        cleaned["recipes"] = recipes
        return cleaned

    def _read(self, read: Any) -> list[Named]:
        try:
            return list(read())
        except RecipeFileInvalid as invalid:
            self.add_error(None, invalid.sentences)
            return []


def _generating(study: Study) -> Iterator[Named]:
    for name, recipe in study.asks.recipes:
        if recipe and recipe.generates:
            yield name, recipe


def _said(name: str, method: str) -> str:
    template = gettext("first turns: {method}") if name == "first" else gettext("later turns: {method}")
    return template.format(method=method)


def _uploaded(file: UploadedFile) -> Named:
    name = str(file.name)
    if (file.size or 0) > study_file.MAXIMUM_CHARACTERS:
        raise RecipeFileInvalid(
            name, [study_file.Fault(1, "", gettext("The file is longer than a million characters."))]
        )
    try:
        return recipe_file.read(file.read().decode("utf-8-sig"), file=name)
    except UnicodeDecodeError:
        raise RecipeFileInvalid(name, [study_file.Fault(1, "", gettext("The file is not UTF-8 text."))]) from None
