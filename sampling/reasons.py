"""What the codes of checks and failures mean, in words for pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    # one answer
    "empty": _("An answer is empty."),
    "cut-off": _("An answer is cut off."),
    "language": _("An answer is in another language than the task."),
    "alike": _("Two answers say the same in almost the same words."),
    "delimiter-left": _("The sign that separates answers was left in an answer."),
    "special-token-left": _("A control sign of the model was left in an answer."),
    "role-mark-left": _("An answer goes on to speak for somebody else in the conversation."),
    "label-left": _("The number or name of an answer was left in it."),
    "surplus": _("The model wrote more answers than were asked for."),
    # a set
    "too-few": _("There are fewer answers than the study wants."),
    "too-many": _("There are more answers than the study wants."),
    # a failure
    "unfit": _("The model wrote no complete set of answers that could be shown."),
    "model-not-loadable": _("The model could not be loaded."),
    "prompt-too-long": _("The conversation is longer than the model can read."),
    "no-wording": _("The instruction for the model does not exist in this language."),
    "cannot-score": _("The model does not say how probable given answers are."),
    "too-slow": _("The model took longer than is allowed."),
    "generator-failed": _("Writing the answers failed."),
    "worker-lost": _("Several workers stopped while they wrote this set."),
    "erased": _("The texts were erased."),
}


def explain(code: str) -> Promise | str:
    """Return what a code means; an unknown one says itself."""
    return REASONS.get(code, code)
