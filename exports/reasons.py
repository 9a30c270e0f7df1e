"""Why a release was not written: codes, and what they mean in words."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "too-many-turns": _(
        "The community-alignment format holds at most four turns; this study has longer conversations."
    ),
    "not-four-candidates": _(
        "The community-alignment format holds four candidates per turn; this study shows another number."
    ),
    "cannot-weigh": _("Nobody can be weighed to the margins that the study names: a category has nobody in it."),
    "unknown-format": _("There is no such format."),
    "disk-full": _("The disk is full."),
    "storage": _("The files could not be written."),
    "still-writing": _("A change to the database goes on for minutes without an end, so no moment could be fixed."),
    "worker-lost": _("The workers that began to write it stopped again and again."),
    "unexpected": _("Something went wrong that nobody foresaw; the worker's log has the details."),
}


def sentence(code: str) -> str:
    """Return what a code means, in the language of the page."""
    return str(SENTENCES.get(code, SENTENCES["unexpected"])) if code else ""
