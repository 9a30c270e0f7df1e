"""What researchers type into a study's pages."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from annotators import inviting
from annotators.models import Annotator, Panel
from collection import study_file
from collection.prompt_file import KINDS
from collection.study_file import Document, Fault, StudyFileInvalid

EXCERPT_CHARACTERS = 160
LONGEST = timedelta(days=3660)
"""How far ahead a link may expire."""


class StudyFileForm(forms.Form):
    """A study as YAML, typed or uploaded; what was typed stays when it is refused."""

    use_required_attribute = False

    file = forms.FileField(label=_("A YAML file"), required=False)
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        max_length=study_file.MAXIMUM_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "wide-text", "dir": "ltr"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: list[tuple[str, str]] = []
        """What is wrong, in words, and the line of the text that it is about."""

    def refuse(self, faults: list[Fault]) -> None:
        """Say what is wrong with the file."""
        lines = self.data.get("text", "").splitlines()
        self.faults = [(str(fault), _excerpt(fault, lines)) for fault in faults]
        self.add_error(None, [said for said, _excerpt in self.faults])

    def clean(self) -> dict[str, Any]:
        """Read the file, or else the text; every fault becomes an error with its line."""
        cleaned = super().clean() or {}
        text = self._uploaded(cleaned.get("file")) or cleaned.get("text", "")
        if self.errors:
            return cleaned
        if not text.strip():
            raise forms.ValidationError(_("Choose a file or type its text."))
        try:
            cleaned["document"] = study_file.read(text)
        except StudyFileInvalid as invalid:
            self.refuse(invalid.faults)
        return cleaned

    def _uploaded(self, file: UploadedFile | None) -> str:
        if file is None:
            return ""
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not UTF-8 text.")) from None
        # Shown again if it is refused, so that it can be corrected on the page.
        self.data = {**self.data, "text": text}
        return text

    @property
    def document(self) -> Document:
        """The study that was read."""
        return self.cleaned_data["document"]


def _excerpt(fault: Fault, lines: list[str]) -> str:
    """Return the line of a fault, unless it is about something that stands nowhere."""
    line = lines[fault.line - 1].strip() if fault.line <= len(lines) else ""
    entry = fault.place.rpartition(".")[2]
    return line[:EXCERPT_CHARACTERS] if entry in line or entry.isdecimal() else ""


class PromptTableForm(forms.Form):
    """A table of given prompts."""

    use_required_attribute = False

    file = forms.FileField(label=_("A file: JSON Lines, CSV or Parquet"))

    def clean_file(self) -> UploadedFile:
        """Refuse what does not look like a table by its name."""
        file: UploadedFile = self.cleaned_data["file"]
        if not str(file.name).lower().endswith(KINDS):
            raise forms.ValidationError(
                _("The name of the file must end with %(kinds)s.") % {"kinds": ", ".join(KINDS)}
            )
        return file


class QuotaTableForm(forms.Form):
    """A table of quotas."""

    use_required_attribute = False

    file = forms.FileField(label=_("A file: CSV or Parquet"))


class PersonLeavesForm(forms.Form):
    """Somebody wrote to the researchers that they want to leave."""

    use_required_attribute = False

    pseudonym = forms.CharField(
        label=_("The name under which we know them"), max_length=20, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    erase = forms.TypedChoiceField(
        label=_("What becomes of what they have done so far"),
        choices=[("yes", _("Delete it")), ("no", _("Keep it, as they agreed to it"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(label=_("I understand that this cannot be undone."))

    def __init__(self, *args: Any, panel: Panel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.panel = panel

    def clean_pseudonym(self) -> Annotator:
        """Find the person in the study's panel."""
        name = self.cleaned_data["pseudonym"].strip().lower()
        gone = Annotator.Standing.WITHDRAWN, Annotator.Standing.SCREENED_OUT
        found = Annotator.objects.filter(panel=self.panel, pseudonym=name).exclude(standing__in=gone).first()
        if found is None:
            raise forms.ValidationError(_("Nobody in this panel has this name, or they have withdrawn before."))
        return found


class _LinksForm(forms.Form):
    """What a link and many links have in common."""

    use_required_attribute = False

    language = forms.ChoiceField(label=_("Language of the tasks"))
    expires_on = forms.DateField(
        label=_("The last day on which people can come in"),
        required=False,
        help_text=_("In universal time (UTC). Empty: no end."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Please give a day as in 2030-12-31.")},
    )
    label = forms.CharField(label=_("A note for yourself"), required=False, max_length=100)

    def __init__(self, *args: Any, languages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = languages  # type: ignore[attr-defined]

    def clean_expires_on(self) -> date | None:
        """Refuse a day that is over."""
        day: date | None = self.cleaned_data["expires_on"]
        today = datetime.now(tz=UTC).date()
        if day is not None and day < today:
            raise forms.ValidationError(_("This day is over."))
        if day is not None and day > today + LONGEST:
            raise forms.ValidationError(_("Please give an earlier day."))
        return day

    def wanted(self) -> dict[str, Any]:
        """Return what links are made from."""
        wanted = dict(self.cleaned_data)
        day = wanted.pop("expires_on")
        wanted["expires_at"] = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC) if day else None
        return wanted


class InvitationForm(_LinksForm):
    """A link that lets people into the study's panel."""

    limit = forms.IntegerField(
        label=_("How many people it lets in"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: any number."),
    )
    field_order = ("language", "limit", "expires_on", "label")


class SingleUseForm(_LinksForm):
    """Links for one person each."""

    number = forms.IntegerField(label=_("How many links"), min_value=1, max_value=inviting.MOST_AT_ONCE)
    field_order = ("language", "number", "expires_on", "label")
