"""How texts that are there already are shown to the model that is to write others. Knows no Django."""

from collections.abc import Iterable


def as_paragraphs(texts: Iterable[str]) -> str:
    """Return texts as paragraphs, each behind the sign that sets answers apart."""
    return "".join(f"### {text}\n\n" for text in texts)
