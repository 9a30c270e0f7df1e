"""Why a dry run failed, in words."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "nothing-ready": _("No prompt has its answers yet: have them written first."),
    "no-answer": _(
        "Nothing answers at {detail}: start the site (`make demo`, or see docs/running-on-servers.md), or name its "
        "address with --url or SITE_URL."
    ),
    "other-database": _(
        "The site at {detail} does not know this study: it works with another database than the program that looked "
        "(see DATABASE_URL and DATA_DIR)."
    ),
    "refused": _("The site answered an invitation with an error, {detail}: its log says more."),
    "stopped": _("It was stopped: {detail}."),
    "silent": _("The program that ran it was stopped. Start another one."),
}
"""By code; `detail` is what stands after the code."""


def sentence(failure: str) -> str:
    """Return a failure, a code and perhaps a detail after a space, in words."""
    code, _space, detail = failure.partition(" ")
    return str(SENTENCES[code]).format(detail=detail) if code in SENTENCES else failure
