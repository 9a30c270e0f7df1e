"""What researchers decide about a person, and tell them."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotators.models import Annotator
from collection.typed import storable


class DecisionForm(forms.Form):
    """Pause, let go on or end, with a reason that the person reads."""

    use_required_attribute = False

    step = forms.ChoiceField(choices=[("pause", "pause"), ("resume", "resume"), ("end", "end"), ("answer", "answer")])
    reason = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}), label=_("The reason")
    )

    def __init__(self, *args: Any, annotator: Annotator, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext("What you tell them, in their language ({language})").format(
            language=language
        )
        self.annotator = annotator

    def clean_reason(self) -> str:
        """Return the reason as it can be stored."""
        return storable(self.cleaned_data["reason"]).strip()
