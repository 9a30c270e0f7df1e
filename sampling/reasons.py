"""What the codes of checks and failures mean, in words for pages."""

from collections.abc import Iterable

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
    "not-drawn": _("An answer was fit, and others of a larger pool were drawn."),
    "refusal": _("An answer declines to answer."),
    "about-the-task": _("An answer talks about the task instead of doing it."),
    "too-short": _("An answer is shorter than the recipe allows."),
    "too-long": _("An answer is longer than the recipe allows."),
    "uneven": _("One answer is out of all proportion to the others in its length."),
    "moderated": _("An answer holds a word that is never shown, or the recipe's classifier stopped it."),
    # a set
    "too-few": _("There are fewer answers than the study wants."),
    "too-many": _("There are more answers than the study wants."),
    # a failure
    "unfit": _("The model wrote no complete set of answers that could be shown."),
    "refused": _("The model declined to answer, and the recipe gives such sets up."),
    "model-not-loadable": _("The model could not be loaded."),
    "prompt-too-long": _("The conversation is longer than the model can read."),
    "no-wording": _("The instruction for the model does not exist in this language."),
    "cannot-score": _("The model does not say how probable given answers are."),
    "too-slow": _("The model took longer than is allowed."),
    "endpoint-unknown": _("The endpoint, or this model on it, is not on the list that the administrator keeps."),
    "endpoint-without-key": _("The worker has no key for the endpoint; the administrator sets it in its environment."),
    "endpoint-refused": _("The endpoint refused the request; check the recipe's model, and the endpoint's key."),
    "endpoint-away": _("The endpoint could not be reached or is overloaded; ask again later."),
    "endpoint-nonsense": _("What the endpoint answered is no text; check its address on the administrator's list."),
    "endpoint-untrusted": _("What answers at the endpoint's address has no valid certificate for its name."),
    "address-forbidden": _("The endpoint's name leads to an address that the administrator has not listed."),
    "budget-spent": _("The endpoint's budget is used up; the administrator can raise it."),
    "disk-full": _("The disk of the worker or of the database is full; make room and ask again."),
    "not-storable": _("The database did not take what was written."),
    "generator-failed": _("Writing the answers failed."),
    "worker-lost": _("Several workers stopped while they wrote this set."),
    "erased": _("The texts were erased."),
}


def explain(code: str) -> Promise | str:
    """Return what a code means; an unknown one says itself."""
    return REASONS.get(code, code)


def explain_all(codes: Iterable[str]) -> str:
    """Return what several codes mean, one sentence after the other."""
    return " ".join(str(explain(code)) for code in codes)


def explain_detail(code: str, detail: str) -> str:
    """Return what else is known of a failure; of a set that never got fit that is a list of codes, put into words."""
    return explain_all(detail.split(", ")) if code == "unfit" and detail else detail
