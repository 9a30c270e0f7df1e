"""Forms of the annotators' pages."""

import re
import uuid
from typing import Any, Literal

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from collection.configuration import Configuration
from collection.conversation import NONE, STRENGTHS, AlsoSaid, ExplanationMissing, Measured, Refused
from collection.models import Comparison, Turn
from collection.typed import MAXIMUM, TextRefused, storable

# What the reasons of typed.TextRefused mean to who typed.
TEXT_REFUSALS = {
    "empty": _("Write something first."),
    "too-long": format_lazy(_("Please use at most {number} characters."), number=MAXIMUM),
}


class TypedField(forms.CharField):
    """What a person types. What cannot be stored is dropped from it, and no reason to refuse the rest."""

    def to_python(self, value: Any) -> str:
        """Return the text as it can be stored."""
        return storable(super().to_python(value) or "")


class SentOnce(forms.Form):
    """A form that may be sent again and again and is done once.

    The page carries a key, made when it was rendered; key and content together name what was sent. So a repetition is
    known as one, and other words from the same page (after going back, say) are not mistaken for it.
    """

    use_required_attribute = False

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def idempotency_key(self) -> uuid.UUID:
        """Return the name of this submission."""
        content = repr([self.cleaned_data[name] for name in sorted(self.fields) if name != "key"])
        return uuid.uuid5(self.cleaned_data["key"], content)


class MeasuredForm(forms.Form):
    """What the page's script measured beside. Whatever is wrong with it is no reason to refuse what it came with."""

    device = forms.ChoiceField(choices=Comparison.Device.choices, required=False)
    seconds_visible = forms.FloatField(required=False, min_value=0, max_value=60 * 60 * 24)
    pasted = forms.IntegerField(required=False, min_value=0, max_value=1_000_000)
    exposure = forms.CharField(required=False, max_length=200)

    def measured(self) -> Measured:
        """Return what can be made of it."""
        self.is_valid()
        return Measured(
            device=self.cleaned_data.get("device") or "",
            seconds_visible=self.cleaned_data.get("seconds_visible"),
            pasted_characters=self.cleaned_data.get("pasted"),
            exposure=self.cleaned_data.get("exposure") or "",
        )


class MessageForm(SentOnce):
    """The opening message, the next one, or the same in other words."""

    # Its length is judged by the rule, which keeps what was typed.
    message = TypedField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}))

    def refuse(self, refusal: TextRefused) -> None:
        """Say why the message was not taken."""
        self.add_error("message", str(TEXT_REFUSALS[refusal.reason]))


DRAFTED_BESIDE = re.compile("strength|better|acceptable_[0-7]")
"""Fields of a comparison's form that a draft keeps by their names."""
STRENGTH_NAMES = {1: _("A little better"), 2: _("Better"), 3: _("Much better")}


def acceptable_in(place: int) -> str:
    """Return the name of the field that says whether the answer in a place is acceptable."""
    return f"acceptable_{place}"


class ComparisonForm(SentOnce):
    """Which answer is preferred, why, and what else the study asks for."""

    choice = forms.ChoiceField(
        error_messages={
            "required": _("Choose one of the answers first."),
            "invalid_choice": _("Choose one of the answers first."),
        }
    )
    explanation = TypedField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))
    strength = forms.ChoiceField(required=False, choices=[(str(step), STRENGTH_NAMES[step]) for step in STRENGTHS])
    better = TypedField(required=False, strip=False, max_length=MAXIMUM)

    def __init__(self, *args: Any, turn: Turn, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks: Configuration = turn.task.asks
        self._task = turn.task
        self.places = range(len(turn.order))
        for place in self.places:
            said = forms.ChoiceField(required=False, choices=[("yes", _("Acceptable")), ("no", _("Not acceptable"))])
            self.fields[acceptable_in(place)] = said
        places = [(str(place), str(place)) for place in self.places]
        none = [(NONE, NONE)] if self.asks.none_of_these.allowed else []
        choice = self.fields["choice"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [*places, *none]

    def clean_choice(self) -> int | Literal["none"]:
        """Return the place on the screen, or none."""
        choice: str = self.cleaned_data["choice"]
        return NONE if choice == NONE else int(choice)

    def also(self) -> AlsoSaid:
        """Return what was said beside the choice."""
        said = self.cleaned_data
        return AlsoSaid(
            strength=int(said["strength"]) if said["strength"] else None,
            acceptable=[said[acceptable_in(place)] for place in self.places],
            better=said["better"],
        )

    def refuse(self, refusal: TextRefused | ExplanationMissing) -> None:
        """Say beside the explanation what it lacks."""
        reason = "empty" if isinstance(refusal, ExplanationMissing) else refusal.reason
        sentence = TEXT_REFUSALS.get(reason) or self._too_short()
        self.add_error("explanation", str(sentence))

    def _too_short(self) -> str:
        number = self.asks.explanations.minimum(self._task.annotator.language)
        return ngettext(
            "Please say a little more: at least %(number)s character.",
            "Please say a little more: at least %(number)s characters.",
            number,
        ) % {"number": number}


class SkipForm(forms.Form):
    """Why a conversation is left."""

    use_required_attribute = False

    reason = forms.ChoiceField(
        label=_("Why do you want to skip it?"),
        choices=[
            ("unclear", _("I do not understand what it is about")),
            ("topic", _("I would rather not think about this topic")),
            ("answers", _("The answers cannot be read or compared")),
            ("failed", _("Something does not work")),
            ("other", _("Something else")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what comes closest.")},
    )


class ReportForm(forms.Form):
    """Why an answer is harmful."""

    use_required_attribute = False

    reason = TypedField(
        label=_("What is wrong with it?"),
        help_text=_("One sentence is enough. You can also leave this empty."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class AppealForm(forms.Form):
    """What a person says to being stopped."""

    use_required_attribute = False

    text = TypedField(
        label=_("What do you want to tell the researchers?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        error_messages={"required": _("Write something first.")},
    )


class WithdrawForm(forms.Form):
    """The second of two steps: what becomes of what was done, and the yes."""

    use_required_attribute = False

    erase = forms.TypedChoiceField(
        label=_("What becomes of what you have done so far"),
        choices=[("yes", _("Delete it: my texts, my choices and what I said about myself")), ("no", _("Keep it"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one of the answers.")},
    )

    sure = forms.BooleanField(
        label=_("I understand that this cannot be undone."),
        error_messages={"required": _("Tick the box if you are sure.")},
    )


REFUSED = {
    "already-compared": _("You had already answered this before, in this browser or another one. That answer stands."),
    "not-your-turn": _("This conversation has gone on in the meantime. This is where it stands."),
    "not-ready": _("The answers are not there yet."),
    "task-is-over": _("This conversation is over. What you sent now was not added to it."),
    "none-not-allowed": _("Choose one of the answers first."),
    "choice-not-offered": _("Choose one of the answers first."),
    "too-few-turns": _("This conversation should go on a little longer before it ends."),
}


def sentence_for(refusal: Refused) -> str:
    """Return what to tell a person whose submission was refused."""
    return str(REFUSED[refusal.reason])
