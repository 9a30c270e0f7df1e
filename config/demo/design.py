"""The design system on a page: what pages are put together from, shown with the style sheets that all pages use."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from collection.views.task_page import LABELS
from config.demo.views import on_this_machine

# The first block of the style sheet; those after it say what is otherwise in the dark, and in some languages.
_TOKENS = re.compile(r":root \{(.*?)\}", re.DOTALL)
_TOKEN = re.compile(r"^\s*--([\w-]+):\s*(.*?);$", re.MULTILINE)

SCRIPTS = {
    "en": "They kept it for a good reason.",
    "hi": "उन्होंने उसे किसी अच्छे कारण से सँभालकर रखा।",
    "ar": "احتفظوا به لسبب وجيه.",
}
"""A line in each script that is drawn with care, by language."""


SAMPLE = "# A plan\n\n1. Ask\n2. Listen, `really`\n\n> A proverb\n\n| a | b |\n|---|---|\n| 1 | 2 |"
"""What answers may hold."""


@dataclass(frozen=True)
class Token:
    """A name that style sheets refer to."""

    name: str
    value: str

    @property
    def is_colour(self) -> bool:
        return self.value.startswith("#")

    @property
    def is_length(self) -> bool:
        return self.name.startswith("space-")


def tokens() -> list[Token]:
    """Return the tokens as static/css/tokens.css has them, in its order."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    block = _TOKENS.search(text)
    return [Token(*found) for found in _TOKEN.findall(block[1])] if block else []


class _Sample(forms.Form):
    """Controls as forms have them."""

    use_required_attribute = False

    label = forms.CharField(
        label=_("A note for yourself"), required=False, help_text=_("You do not have to say. A few words help.")
    )
    text = forms.CharField(label=_("Your message"), widget=forms.Textarea(attrs={"rows": 2}))
    choices = forms.ChoiceField(
        label=_("Size of letters"),
        choices=[("usual", _("Usual")), ("large", _("Large"))],
        widget=forms.RadioSelect,
        initial="usual",
    )


@require_GET
@on_this_machine
def design(request: HttpRequest) -> HttpResponse:
    """Show tokens and components."""
    all_of_them = tokens()
    wrong = _Sample({"choices": "usual"})
    wrong.add_error(None, gettext("This conversation should go on a little longer before it ends."))
    context: dict[str, Any] = {
        "colours": [token for token in all_of_them if token.is_colour],
        "lengths": [token for token in all_of_them if token.is_length],
        "others": [token for token in all_of_them if not token.is_colour and not token.is_length],
        "scripts": SCRIPTS.items(),
        "sample": SAMPLE,
        "form": _Sample(auto_id="sample_%s"),
        "refused": wrong,
        "wrong": wrong["text"],
        "labels": LABELS[:4],
    }
    return render(request, "config/design.html", context)
