"""The addresses of invitations, as they are handed on."""

from annotators.models import Panel


def with_parameters(link: str, panel: Panel) -> str:
    """Return an invitation's address, with what the panel's own site fills in where that is known."""
    source = panel.part.source
    added = source.link_parameters() if source and source.kind == "prolific" else ""
    return f"{link}?{added}" if added else link
