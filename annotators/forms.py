"""Forms of the way in: agreeing to a text, and answering questions about oneself."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from annotators.enrolment import AnswerNotOffered
from annotators.models import Annotator, ConsentText
from annotators.purposes import PURPOSES
from annotators.survey import NOT_SAID, Question, Steps, Texts

# Outside of what an option's key can be.
PREFER_NOT = "*"
# More options than this are a list to open, not buttons.
MOST_BUTTONS = 9

REFUSALS = {
    "not-offered": _("Please choose one of the answers."),
    "required": _("This question needs an answer."),
    "too-long": _("Please use at most 500 characters."),
    "not-a-number": _("Please give a whole number, such as 3."),
    "not-agreed": _("You have not agreed that such answers are kept."),
    "already-answered": _("You have answered this question before; your first answer stands."),
}


def in_language(texts: Texts, *languages: str | None) -> tuple[str, str]:
    """Return the text in the first of these languages that has it, else in English, else in any; and that language."""
    found = next((language for language in (*languages, "en") if language in texts), None) or min(texts)
    return texts[found], found


class ChoicesForm(forms.Form):
    """What a person may agree to beside taking part: a box each, none of them ticked beforehand."""

    use_required_attribute = False

    sensitive = forms.BooleanField(
        required=False,
        label=_("My answers to sensitive questions, such as politics, religion or origin, may be kept and used."),
    )
    publication = forms.BooleanField(required=False)
    verbatim = forms.BooleanField(
        required=False, label=_("The texts that I write may be published with them, word for word.")
    )
    training = forms.BooleanField(required=False, label=_("Language models may be trained with my answers."))

    def __init__(self, *args: Any, shown: ConsentText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown
        part = shown.panel.part
        sentence = _("My answers may be published in a dataset under the licence %(licence)s.")
        self.fields["publication"].label = sentence % {"licence": shown.licence or part.consent.licence}
        if not any(question.sensitive for question in part.questions()):
            del self.fields["sensitive"]

    def optional(self) -> list[forms.BoundField]:
        """Return the boxes that are the person's own choice."""
        return [self[purpose] for purpose in PURPOSES if purpose in self.fields]

    def purposes(self) -> list[str]:
        """Return what the person agreed to."""
        return [purpose for purpose in PURPOSES if self.cleaned_data.get(purpose)]


class ConsentForm(ChoicesForm):
    """An explicit yes to one text."""

    text = forms.IntegerField()
    agree = forms.BooleanField(
        label=_("I have read this, and I want to take part."),
        error_messages={
            "required": _("Tick the box if you want to take part. If not, you can simply close this page."),
        },
    )

    adult = forms.BooleanField(
        label=_("I am at least 18 years old."),
        error_messages={"required": _("Only people who are at least 18 years old can take part.")},
    )

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
    if question.steps:
        field = _scale(question.steps, question, languages)
    else:
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


def _scale(steps: Steps, question: Question, languages: list[str | None]) -> forms.Field:
    choices = [(value, value) for value in steps.values()]
    if not question.required:
        choices.append((PREFER_NOT, str(_("I prefer not to say"))))
    errors = {"required": _("Please choose an answer."), "invalid_choice": _("Please choose one of the answers.")}
    field = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, error_messages=errors)
    # For the template: the ends, and what they mean.
    ends = {"low": in_language(steps.low, *languages)[0], "high": in_language(steps.high, *languages)[0]}
    for name, said in {**ends, "lowest": str(steps.lowest), "highest": str(steps.highest)}.items():
        setattr(field, name, said)
    return field


def _typed(question: Question) -> forms.Field:
    attributes = {"inputmode": "numeric", "autocomplete": "off"} if question.kind == "number" else {"dir": "auto"}
    return forms.CharField(
        required=question.required,
        max_length=500,
        widget=forms.TextInput(attrs=attributes),
        help_text="" if question.required else _("Leave it empty if you prefer not to say."),
        error_messages={"required": _("This question needs an answer."), "max_length": REFUSALS["too-long"]},
    )
