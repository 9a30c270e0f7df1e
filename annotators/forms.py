"""Forms of the way in: agreeing to a text, and answering questions about oneself."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from annotators.enrolment import AnswerNotOffered
from annotators.models import Annotator, ConsentText
from annotators.survey import NOT_SAID, Question, Texts

# Outside of what an option's key can be.
PREFER_NOT = "*"
# More options than this are a list to open, not buttons.
MOST_BUTTONS = 9

REFUSALS = {
    "not-offered": _("Please choose one of the answers."),
    "required": _("This question needs an answer."),
    "too-long": _("Please use at most 500 characters."),
    "not-a-number": _("Please give a whole number, such as 3."),
    "already-answered": _("You have answered this question before; your first answer stands."),
}


def in_language(texts: Texts, *languages: str | None) -> tuple[str, str]:
    """Return the text in the first of these languages that has it, else in English, else in any; and that language."""
    found = next((language for language in (*languages, "en") if language in texts), None) or min(texts)
    return texts[found], found


class ConsentForm(forms.Form):
    """An explicit yes to one text."""

    use_required_attribute = False

    text = forms.IntegerField()
    agree = forms.BooleanField(
        label=_("I have read this, and I want to take part."),
        error_messages={
            "required": _("Tick the box if you want to take part. If not, you can simply close this page."),
        },
    )

    def __init__(self, *args: Any, shown: ConsentText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown

    def clean_text(self) -> ConsentText:
        """Take a yes only for the text that would be shown now."""
        if self.cleaned_data["text"] != self.shown.pk:
            raise forms.ValidationError(_("The text has changed since you opened this page. Please read it again."))
        return self.shown


class SurveyForm(forms.Form):
    """The questions that can be put to a person now."""

    use_required_attribute = False

    def __init__(self, *args: Any, annotator: Annotator, questions: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = annotator.answers()
        for question in questions:
            self.fields[question.key] = _field(question, given, [get_language(), annotator.language])

    def answers(self) -> dict[str, str]:
        """Return what was answered, as enrolment takes it."""
        said = {question: str(value) for question, value in self.cleaned_data.items()}
        return {question: NOT_SAID if value == PREFER_NOT else value for question, value in said.items()}

    def refuse(self, refusal: AnswerNotOffered) -> None:
        """Say beside the question why its answer was not taken."""
        sentence = REFUSALS.get(refusal.reason, _("This answer cannot be taken."))
        self.add_error(refusal.question if refusal.question in self.fields else None, str(sentence))


def _field(question: Question, given: dict[str, str], languages: list[str | None]) -> forms.Field:
    label, language = in_language(question.text, *languages)
    field = _choice(question, given, languages) if question.kind == "choice" else _typed(question)
    field.label = label
    # For the template: the question may be in another language than the page.
    field.language = language  # type: ignore[attr-defined]
    return field


def _choice(question: Question, given: dict[str, str], languages: list[str | None]) -> forms.Field:
    options = [(option.key, in_language(option.text, *languages)[0]) for option in question.offered(given)]
    if not question.required:
        options.append((PREFER_NOT, str(_("I prefer not to say"))))
    errors = {"required": _("Please choose an answer."), "invalid_choice": _("Please choose one of the answers.")}
    if len(options) <= MOST_BUTTONS:
        return forms.ChoiceField(choices=options, widget=forms.RadioSelect, error_messages=errors)
    return forms.ChoiceField(choices=[("", _("Please choose")), *options], error_messages=errors)


def _typed(question: Question) -> forms.Field:
    attributes = {"inputmode": "numeric", "autocomplete": "off"} if question.kind == "number" else {"dir": "auto"}
    return forms.CharField(
        required=question.required,
        max_length=500,
        widget=forms.TextInput(attrs=attributes),
        help_text="" if question.required else _("Leave it empty if you prefer not to say."),
        error_messages={"required": _("This question needs an answer."), "max_length": REFUSALS["too-long"]},
    )
